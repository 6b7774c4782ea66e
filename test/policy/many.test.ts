// As mutants.test.ts, for a night: 20,000 of them.
import test from "ava";
import { holds } from "./holds.ts";

for (let seed = 2; seed < 22; seed += 1) {
  test.serial(holds, "user", seed, 500);
  test.serial(holds, "root", seed, 500);
}
