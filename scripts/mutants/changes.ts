// What is changed in a line of TypeScript: each match is a mutant.
import { createHash } from "node:crypto";

export interface Mutant {
  readonly folder: string;
  readonly file: string;
  readonly line: number;
  readonly what: string;
  /** Where the change begins, as an offset in the file. */
  readonly at: number;
  /** The whole file with the change. */
  readonly text: string;
  /** The place in the order in which samples are taken. */
  readonly key: string;
}

/** A pattern that begins with a lookbehind changes the middle of a line. Texts and comments are left alone. */
const changes: readonly (readonly [what: string, found: RegExp, instead: string])[] = [
  ["never", /\bif \(/, "if (false && "],
  ["always", /\bif \(/, "if (true || "],
  ["not thrown", /^(\s*)throw new /, "$1void new "],
  ["not spread", /\.\.\.check\w+\((?:[^()]|\([^()]*\))*\)/, ""],
  ["equal", / !== /, " === "],
  ["unequal", / === /, " !== "],
  ["or", / && /, " || "],
  ["and", / \|\| /, " && "],
  ["at most", / < /, " <= "],
  ["less", / <= /, " < "],
  ["at least", / > (?!\{)/, " >= "],
  ["more", / >= /, " > "],
  ["minus", / \+ (?=[\w(])/, " - "],
  ["plus", / - (?=[\w(])/, " + "],
  ["true", /\bfalse\b/, "true"],
  ["false", /\btrue\b/, "false"],
  ["not", /(?<=[(&|!?:=>] ?)!(?=[a-zA-Z(])/, ""],
  ["every", /\.some\(/, ".every("],
  ["some", /\.every\(/, ".some("],
  ["ends", /\.startsWith\(/, ".endsWith("],
  ["starts", /\.endsWith\(/, ".startsWith("],
  ["no filter", /\.filter\((?=[^()]*=>)/, ".filter(() => true || "],
  ["another number", /(?<=[ (,[-])(\d{1,3})(?=[ ),;\]])/, "($1 + 1)"],
];

const isLeft = (line: string): boolean =>
  /^\s*(?:\/\/|\/?\*|import |export type|type |interface |readonly |export \{|\| )/.test(line);

/** The line with a change; the same line where there is nothing to change outside of its texts. */
function changed(line: string, found: RegExp, instead: string): string {
  const match = found.exec(line);
  if (match === null) return line;
  const before = line.slice(0, match.index);
  const isInText = /["`]/.test(before.replaceAll(/"[^"]*"|`[^`]*`/g, ""));
  return isInText ? line : line.replace(found, instead);
}

/** All mutants of a file. */
export function mutantsOf(folder: string, file: string, source: string): readonly Mutant[] {
  const lines = source.split("\n");
  return lines.flatMap((line, index) =>
    changes.flatMap(([what, found, instead]): readonly Mutant[] => {
      const after = isLeft(line) ? line : changed(line, found, instead);
      if (after === line) return [];
      const text = [...lines.slice(0, index), after, ...lines.slice(index + 1)].join("\n");
      const before = lines.slice(0, index).reduce((sum, one) => sum + one.length + 1, 0);
      const at = before + [...line].findIndex((letter, place) => letter !== after[place]);
      const key = createHash("sha256").update(`${file}\0${index}\0${what}\0${line}`).digest("hex");
      return [{ folder, file, line: index + 1, what, at, text, key }];
    }),
  );
}
