// Random configs through parser, planner, verifier and audit: `npm run fuzz -- --configs N [--seed N]`.
import fc from "fast-check";
import type { Fate } from "../../test/fuzz/configs.ts";
import { anyConfig, tryConfig } from "../../test/fuzz/configs.ts";

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

const runs = option("--configs", 100_000);
const seed = option("--seed", Date.now() & 0x7fffffff);
const fates: Record<Fate, number> = { "not a config": 0, refused: 0, planned: 0 };
const began = performance.now();
console.log(`${runs} configs, --seed ${seed}`);
fc.assert(
  fc.property(anyConfig, (one) => {
    fates[tryConfig(one)] += 1;
  }),
  { numRuns: runs, seed, endOnFailure: false },
);
const seconds = ((performance.now() - began) / 1000).toFixed(0);
console.log(
  `ok: ${Object.entries(fates)
    .map(([fate, count]) => `${count} ${fate}`)
    .join(", ")}; ${seconds} s`,
);
