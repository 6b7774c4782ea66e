import process from "node:process";
import { SystemError } from "../error.ts";
import { toText } from "./text.ts";

/** Reads standard input to its end. */
export async function readStdin(limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk);
    total += bytes.length;
    if (total > limit) throw new SystemError("read", "standard input", "EFBIG");
    chunks.push(bytes);
  }
  return toText(Buffer.concat(chunks));
}
