import test from "ava";
import { parsePolicy, SpecError } from "../index.ts";

const policy = (rules: object): string => JSON.stringify({ version: 1, ...rules });

test("the least limits are read, and less is refused", (t) => {
  const limits = { pids: 1, memory: 1 };
  t.deepEqual(parsePolicy(policy({ limits })).limits, limits);
  for (const name of ["pids", "memory"])
    t.throws(() => parsePolicy(policy({ limits: { ...limits, [name]: 0 } })), { instanceOf: SpecError });
});
