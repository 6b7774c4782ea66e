import { readSync } from "node:fs";

/** How much of an answer is read. */
const most = 64;

/** Asks on standard error, and reads a line of standard input. Anything but a yes is a no; so is the end of the input. */
export function ask(question: string): boolean {
  process.stderr.write(`${question} [y/N] `);
  const bytes = new Uint8Array(most);
  const count = readSync(0, bytes, 0, most, null);
  const answer = String.fromCharCode(...bytes.subarray(0, count));
  return /^\s*y(es)?\s*$/i.test(answer);
}
