import test from "ava";
import { needs } from "../helpers/needs.ts";
import type { Mode } from "./place.ts";
import { workAt } from "./place.ts";

/** Launches mutants, of which none may have more than was said. */
export const holds = test.macro({
  exec: async (t, mode: Mode, seed: number, count: number) => {
    if (!(await needs(t, "root", "userns"))) return;
    t.timeout(600_000);
    const told = await workAt(t, mode, seed, count);
    t.log(`${told.mutants} mutants, ${told.allowed} allowed, ${told.ran} ran`);
    t.deepEqual(told.escapes, []);
    t.true(told.ran > count / 10, "too few of them ran");
  },
  title: (_provided, mode: Mode, seed: number, count: number) =>
    `${count} mutants of plans have nothing that was not said: ${mode}, seed ${seed}`,
});
