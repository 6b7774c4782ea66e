// Files of git-config(1), read as git's own reader does: a setting may follow its section on the same line, and a value may have
// quotes, escapes and further lines.

/** A setting: its section with a subsection and its name, and its value. Without a value it is true. */
export interface Setting {
  readonly key: string;
  readonly value: string;
}

/** What a file says, up to where git does not understand it. */
export interface ConfigText {
  readonly settings: readonly Setting[];
  /** Git takes all of it. */
  readonly isWhole: boolean;
}

/** Git ends with an error here. */
class BadLine extends Error {}

const isSpace = (letter: string): boolean => /^[ \t\n\r]$/.test(letter);
const escapes: Readonly<Record<string, string>> = { t: "\t", b: "\b", n: "\n", "\\": "\\", '"': '"', "\n": "" };

class Reader {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get isOver(): boolean {
    return this.at >= this.text.length;
  }

  /** The next letter: at the end, the end of a line. */
  next(): string {
    const letter = this.text[this.at];
    this.at += 1;
    if (letter === "\0") throw new BadLine();
    return letter ?? "\n";
  }

  /** All that fits. */
  take(wanted: RegExp): string {
    wanted.lastIndex = this.at;
    const found = wanted.exec(this.text)?.[0] ?? "";
    this.at += found.length;
    return found;
  }
}

/** A header behind its bracket: `section`, `section.sub`, `section "sub"`. */
function readHeader(reader: Reader): string {
  const section = reader.take(/[A-Za-z0-9.-]*/y).toLowerCase();
  let letter = reader.next();
  if (letter === "]") return section;
  while (letter === " " || letter === "\t" || letter === "\r") letter = reader.next();
  if (letter !== '"') throw new BadLine();
  let sub = "";
  for (letter = reader.next(); letter !== '"'; letter = reader.next()) {
    if (letter === "\\") letter = reader.next();
    if (letter === "\n") throw new BadLine();
    sub += letter;
  }
  if (reader.next() !== "]") throw new BadLine();
  return `${section}.${sub}`;
}

/** A value behind its `=`. */
function readValue(reader: Reader): string {
  let value = "";
  /** How much of it counts, should nothing but blanks follow. */
  let length = 0;
  let isQuoted = false;
  for (let letter = reader.next(); ; letter = reader.next()) {
    if (letter === "\n" && isQuoted) throw new BadLine();
    if (letter === "\n") return value.slice(0, length);
    if (isSpace(letter) && !isQuoted) {
      if (value !== "") value += letter;
      continue;
    }
    if (!isQuoted && (letter === "#" || letter === ";")) {
      reader.take(/[^\n]*/y);
      continue;
    }
    if (letter === "\\") {
      const escaped = escapes[reader.next()];
      if (escaped === undefined) throw new BadLine();
      value += escaped;
    } else if (letter === '"') isQuoted = !isQuoted;
    else value += letter;
    length = value.length;
  }
}

function readSetting(reader: Reader, section: string, first: string): Setting {
  const key = `${section}.${first}${reader.take(/[A-Za-z0-9-]*/y)}`;
  reader.take(/[ \t]*/y);
  const name = `${section}.${key.slice(section.length + 1).toLowerCase()}`;
  const letter = reader.next();
  if (letter === "\n") return { key: name, value: "true" };
  if (letter !== "=") throw new BadLine();
  return { key: name, value: readValue(reader) };
}

/** Reads a file of settings. */
export function readConfig(text: string): ConfigText {
  const reader = new Reader(text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n"));
  const settings: Setting[] = [];
  let section = "";
  try {
    while (!reader.isOver) {
      const letter = reader.next();
      if (isSpace(letter)) continue;
      if (letter === "#" || letter === ";") reader.take(/[^\n]*/y);
      else if (letter === "[") section = readHeader(reader);
      else if (/^[A-Za-z]$/.test(letter)) settings.push(readSetting(reader, section, letter));
      else throw new BadLine();
    }
  } catch (error) {
    if (!(error instanceof BadLine)) throw error;
    return { settings, isWhole: false };
  }
  return { settings, isWhole: true };
}
