// Configs of bytes at random through both fronts: `npm run fuzz -- --front N [--seed N]`.
import { makeRandom } from "../../packages/spec/src/testing/mutate.ts";
import { compareConfigs } from "../../test/front/fuzz.ts";

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

const total = option("--front", 100_000);
const seed = option("--seed", Date.now() & 0x7fffffff);
const random = makeRandom(seed);
/** As many bundles as are there at once. */
const batch = 500;
let planned = 0;
console.log(`${total} configs, --seed ${seed}`);
for (let left = total; left > 0; left -= batch) {
  const found = await compareConfigs(Math.min(left, batch), random);
  planned += found.planned;
  for (const { config, native, node } of found.differences) {
    console.error(`${JSON.stringify({ config: config.toString("base64"), native, node })}`);
    process.exitCode = 1;
  }
}
console.log(`${process.exitCode === 1 ? "the fronts differ" : "ok"}: ${planned} of ${total} were planned`);
