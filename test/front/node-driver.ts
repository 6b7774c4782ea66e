// Runs many calls of `coffer` on Node in this process: standard input has the calls, standard output gets what each said.
import process from "node:process";
import { text } from "node:stream/consumers";
import { main } from "../../packages/cli/src/main.ts";
import type { Seen } from "./both.ts";

const calls: readonly (readonly string[])[] = JSON.parse(await text(process.stdin));
const seen: Seen[] = [];
const write = process.stdout.write.bind(process.stdout);

for (const words of calls) {
  let [stdout, stderr] = ["", ""];
  process.stdout.write = (piece: string | Uint8Array) => {
    stdout += piece;
    return true;
  };
  process.stderr.write = (piece: string | Uint8Array) => {
    stderr += piece;
    return true;
  };
  const status = await main(words, "coffer");
  seen.push({ status, stdout, stderr });
}
write(JSON.stringify(seen));
