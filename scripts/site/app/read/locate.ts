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

function skip(scan: Scan): string | undefined {
  for (; scan.at < scan.text.length; scan.at += 1) {
    const char = scan.text[scan.at];
    if (char === "\n") scan.line += 1;
    else if (char !== " " && char !== "\t" && char !== "\r") return char;
  }
  return undefined;
}

function scanString(scan: Scan): string {
  const start = scan.at;
  for (scan.at += 1; scan.at < scan.text.length && scan.text[scan.at] !== '"'; scan.at += 1)
    if (scan.text[scan.at] === "\\") scan.at += 1;
  scan.at += 1;
  const value: unknown = JSON.parse(scan.text.slice(start, scan.at));
  return String(value);
}

const isEnd = (char: string | undefined): boolean => char === undefined || /[,\]}\s]/.test(char);

function scanValue(scan: Scan, pointer: string, from: number): void {
  const char = skip(scan);
  if (char === "{" || char === "[") scanMembers(scan, pointer, char === "{" ? "}" : "]");
  else if (char === '"') scanString(scan);
  else while (!isEnd(scan.text[scan.at])) scan.at += 1;
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
      step = escapeStep(scanString(scan));
      skip(scan);
      scan.at += 1;
    }
    scanValue(scan, `${pointer}/${step}`, from);
    if (skip(scan) === ",") scan.at += 1;
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
