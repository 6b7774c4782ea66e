// Runs many calls of `coffer` on Node in this process: standard input has the calls, standard output gets what each said.
import { readFileSync } from "node:fs";
import process from "node:process";
import { main } from "../../packages/cli/src/main.ts";
import type { Seen } from "./both.ts";

const calls: readonly (readonly string[])[] = JSON.parse(readFileSync(0, "utf8"));
const seen: Seen[] = [];
const write = process.stdout.write.bind(process.stdout);

for (const words of calls) {
  let [stdout, stderr] = ["", ""];
  process.stdout.write = (text: string | Uint8Array) => {
    stdout += text;
    return true;
  };
  process.stderr.write = (text: string | Uint8Array) => {
    stderr += text;
    return true;
  };
  const status = await main(words, "coffer");
  seen.push({ status, stdout, stderr });
}
write(JSON.stringify(seen));
