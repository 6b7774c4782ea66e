// Any config is refused, or planned so that the verifier takes it. `npm run fuzz -- --configs 100000` for longer.
import test from "ava";
import fc from "fast-check";
import type { Fate } from "./configs.ts";
import { anyConfig, tryConfig } from "./configs.ts";

test("any config is refused with an error, or planned and verified", (t) => {
  const fates: Record<Fate, number> = { "not a config": 0, refused: 0, planned: 0 };
  fc.assert(
    fc.property(anyConfig, (one) => {
      fates[tryConfig(one)] += 1;
    }),
    { numRuns: 400 },
  );
  t.log(fates);
  for (const count of Object.values(fates)) t.true(count > 0);
});
