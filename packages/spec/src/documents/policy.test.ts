import test from "ava";
import { parsePolicy, parseSandboxProfile, SpecError } from "../index.ts";

const policy = (rules: object): string => JSON.stringify({ version: 1, ...rules });

test("the least limits are read, and less is refused", (t) => {
  const limits = { pids: 1, memory: 1 };
  t.deepEqual(parsePolicy(policy({ limits })).limits, limits);
  for (const name of ["pids", "memory"])
    t.throws(() => parsePolicy(policy({ limits: { ...limits, [name]: 0 } })), { instanceOf: SpecError });
});

test("each key that a strict document does not know is an issue with its own pointer", (t) => {
  const text = JSON.stringify({ writeable: true, limits: { mem: 1, "a/b": 2 } });
  const error = t.throws(() => parseSandboxProfile(text), { instanceOf: SpecError });
  t.deepEqual(error.issues, [
    { pointer: "/limits/mem", message: "is no known field" },
    { pointer: "/limits/a~1b", message: "is no known field" },
    { pointer: "/writeable", message: "is no known field" },
  ]);
});
