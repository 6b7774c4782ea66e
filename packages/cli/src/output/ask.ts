import { readSync } from "node:fs";

/** How much of an answer is read. */
const most = 64;

/** How long to wait before standard input is read again, in milliseconds. */
const pause = 50;

/** Reads what is there. A terminal that somebody has made non-blocking is read again until a line is there. */
function readLine(bytes: Uint8Array): number {
  for (;;)
    try {
      return readSync(0, bytes, 0, most, null);
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error) || error.code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    }
}

/** Asks on standard error, and reads a line of standard input, without the spaces around it. */
export function askWord(question: string): string {
  process.stderr.write(question);
  const bytes = new Uint8Array(most);
  const count = readLine(bytes);
  return String.fromCharCode(...bytes.subarray(0, count)).trim();
}

/** The same. Anything but a yes is a no; so is the end of the input. */
export const ask = (question: string): boolean => /^y(es)?$/i.test(askWord(`${question} [y/N] `));
