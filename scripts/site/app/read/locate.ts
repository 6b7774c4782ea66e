// Where in the text of a JSON document each value is, by its JSON pointer.

/** A value's place: lines count from 0, and both ends are of it. */
export interface Spot {
  readonly pointer: string;
  readonly first: number;
  readonly last: number;
}

const escapeStep = (step: string): string => step.replaceAll("~", "~0").replaceAll("/", "~1");

interface Scan {
  readonly text: string;
  at: number;
  line: number;
  readonly spots: Spot[];
}

const space = /[ \t\r\n]*/y;
const string = /"[^"\\]*(?:\\.[^"\\]*)*"?/sy;
const word = /[^,\]}\s]*/y;

/** What a pattern finds at the place of the scan, which goes on after it. */
function take(scan: Scan, pattern: RegExp): string {
  pattern.lastIndex = scan.at;
  const [found = ""] = pattern.exec(scan.text) ?? [];
  scan.at += found.length;
  return found;
}

/** Skips white space; the character after it. */
function skip(scan: Scan): string | undefined {
  const found = take(scan, space);
  for (let at = found.indexOf("\n"); at >= 0; at = found.indexOf("\n", at + 1)) scan.line += 1;
  return scan.text[scan.at];
}

function scanKey(scan: Scan): string {
  const value: unknown = JSON.parse(take(scan, string));
  return String(value);
}

function scanValue(scan: Scan, pointer: string, from: number): void {
  const char = skip(scan);
  if (char === "{" || char === "[") scanMembers(scan, pointer, char === "{" ? "}" : "]");
  else take(scan, char === '"' ? string : word);
  scan.spots.push({ pointer, first: from, last: scan.line });
}

function scanMembers(scan: Scan, pointer: string, end: string): void {
  scan.at += 1;
  for (let index = 0; ; index += 1) {
    const char = skip(scan);
    if (char === undefined || char === end) break;
    const from = scan.line;
    let step = String(index);
    if (end === "}") {
      step = escapeStep(scanKey(scan));
      skip(scan);
      scan.at += 1;
    }
    const before = scan.at;
    scanValue(scan, `${pointer}/${step}`, from);
    const after = skip(scan);
    if (after === ",") scan.at += 1;
    // Text that is no JSON: the reader says where.
    else if (scan.at === before) break;
  }
  scan.at += 1;
}

/** The places of all values of a document, the innermost first. Of text that is no JSON: those before the mistake. */
export function locate(text: string): readonly Spot[] {
  const scan: Scan = { text, at: 0, line: 0, spots: [] };
  try {
    scanValue(scan, "", 0);
  } catch {
    // The reader says what is wrong with it.
  }
  return scan.spots;
}

/** The value that each line is about: of those on it, the innermost that begins there, else the innermost around it. */
export function pointersOf(spots: readonly Spot[], lines: number): readonly string[] {
  const out = Array.from({ length: lines }, () => "");
  const size = ({ first, last }: Spot): number => last - first;
  // The largest first, so that what is in them comes on top; of those in one line the outer is what the line is about.
  const sorted = spots.toSorted((a, b) => size(b) - size(a) || b.pointer.length - a.pointer.length);
  for (const { pointer, first, last } of sorted) out.fill(pointer, first, Math.min(last + 1, lines));
  return out;
}
