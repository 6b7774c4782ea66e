import { SystemError } from "../error.ts";
import { awaitReady } from "./loop.ts";
import { checkedNumber } from "./node/errno.ts";
import { Buffer } from "./node/globals.ts";
import { toText } from "./text.ts";

const chunkSize = 65536;
const eagain = -11;

/** Reads standard input to its end. */
export async function readStdin(limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  for (let total = 0; ; ) {
    const chunk = new Uint8Array(chunkSize);
    const count = host.read(0, chunk, 0, chunkSize);
    if (count === eagain) {
      await awaitReady([0]);
      continue;
    }
    if (checkedNumber(count, "read") === 0) return toText(Buffer.concat(chunks));
    total += count;
    if (total > limit) throw new SystemError("read", "standard input", "EFBIG");
    chunks.push(chunk.subarray(0, count));
  }
}
