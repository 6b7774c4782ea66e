import { readFileSync } from "node:fs";

/** What Node puts for bytes that are not UTF-8. */
const replacement = "\ufffd";

function isText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Refuses words whose bytes Node could not read: the program would be given others than were written. */
export function refuseOtherBytes(argv: readonly string[]): void {
  const word = argv.find((one) => one.includes(replacement));
  if (word === undefined || isText(readFileSync("/proc/self/cmdline"))) return;
  throw new Error(`the argument "${word}" is not UTF-8, and would not be passed on as it is`);
}
