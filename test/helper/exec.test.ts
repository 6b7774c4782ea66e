// What is reported of a program that cannot be executed: the op, the errno.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { Failure } from "./expect.ts";
import { failed, tryPlan } from "./expect.ts";
import { createPlan } from "./plans.ts";

const EACCES = 13;
const ENOENT = 2;
const ENOEXEC = 8;

type ExecRow = readonly [what: string, candidate: string, make: (path: string) => void, failure: Failure];

const program = (bytes: string, mode: number) => (path: string) => writeFileSync(path, bytes, { mode });

const execRows: readonly ExecRow[] = [
  ["that is not there", "/none", () => {}, { code: "no-program", errno: ENOENT, op: "find-exec" }],
  ["that may not run", "/it", program("x", 0o644), { code: "no-program", errno: EACCES, op: "find-exec" }],
  ["that is no program", "/it", program("x", 0o755), { code: "call-failed", errno: ENOEXEC, op: "exec" }],
  [
    "that is a broken ELF",
    "/it",
    program("\x7fELF\x02\x01", 0o755),
    { code: "call-failed", errno: ENOEXEC, op: "exec" },
  ],
  ["without its interpreter", "/it", program("#!/none\n", 0o755), { code: "call-failed", errno: ENOENT, op: "exec" }],
];

for (const [what, candidate, make, failure] of execRows)
  test.serial(`a program ${what}`, async (t) => {
    const plan = createPlan({ args: ["it"], candidates: [candidate] });
    const launched = await tryPlan(t, plan, (bundle) => {
      make(join(bundle.rootfs, "it"));
      return {};
    });
    failed(t, launched, failure, plan);
  });
