// As mutants.test.ts, for a night: 10,000 of them, others each night. The title has the seed, and COFFER_DAY=N repeats them.
import test from "ava";
import { day } from "../helpers/runner/daily.ts";
import { holds } from "./holds.ts";

const seeds = 10;

for (let seed = day * seeds; seed < (day + 1) * seeds; seed += 1) {
  test.serial(holds, "user", seed, 500);
  test.serial(holds, "root", seed, 500);
}
