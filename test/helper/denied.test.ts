// A kernel without a call, or a filter that hides it: the launch fails, names the op, and falls back on nothing.
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { needs } from "../helpers/needs.ts";
import { failed, hello, tryPlan } from "./expect.ts";
import { launch } from "./launch.ts";
import { createPlan, hostPlan } from "./plans.ts";

const ENOSYS = 38;

// The call, and the first op that makes it; undefined: made before any op.
const rows = [
  ["openat2", "mount-point"],
  ["clone3", "clone"],
  ["execveat", "clone"],
  ["fsopen", "open-procfs"],
  ["open_tree", "clone-tree"],
  ["mount_setattr", "isolate-mounts"],
  ["move_mount", "attach-root"],
  ["pivot_root", "pivot"],
  ["keyctl", "new-keyring"],
  ["faccessat2", "find-exec"],
  ["capset", "set-ids"],
  ["close_range", undefined],
  ["memfd_create", undefined],
  ["statx", undefined],
] as const;

for (const [call, op] of rows)
  test.serial(`without ${call}`, async (t) => {
    const launched = await tryPlan(t, hello, () => ({ prefix: [tools(), "deny", call, "--"] }));
    const code = op === "find-exec" ? "no-program" : "call-failed";
    failed(t, launched, { code, errno: ENOSYS, ...(op === undefined ? {} : { op }) });
    t.is(launched?.stdout ?? "", "");
  });

/** Its process waits for the id maps before it executes init. */
const mapped = createPlan({ args: ["probe", "echo", "hello"], userns: true });

for (const call of ["recvfrom", "execveat"])
  test.serial(`in a user namespace without ${call}`, async (t) => {
    const launched = await tryPlan(t, mapped, () => ({ prefix: [tools(), "deny", call, "--"] }));
    failed(t, launched, { code: "call-failed", errno: ENOSYS, op: "clone" }, mapped);
    if (launched !== undefined) t.is(launched.reports[0]?.opName, "clone");
  });

test.serial("an init that cannot be executed is the clone's failure, and no record of it is left", async (t) => {
  if (!(await needs(t, "root"))) return;
  const bundle = makeBundle(t);
  const state = join(bundle.base, "state");
  mkdirSync(state, { mode: 0o700 });
  const plan = createPlan({ args: ["probe", "echo", "hello"], gate: true });
  const clone = plan.ops.findIndex(({ op }) => op === "clone");
  t.is(plan.ops[clone + 1]?.op, "record-process", "it is written down while init is executed");
  const prefix = [tools(), "deny", "execveat", "--"];
  const launched = await launch(bundle, plan, { prefix, inputs: [`rootfs=${bundle.rootfs}`, `state=${state}`] });
  failed(t, launched, { code: "call-failed", errno: ENOSYS, op: "clone" }, plan);
  t.is(launched.reports[0]?.opName, "clone");
  t.deepEqual(readdirSync(state), []);
});

test.serial("without pidfd_open no process is acted on", async (t) => {
  if (!(await needs(t, "root"))) return;
  const plan = hostPlan(
    [],
    [
      { op: "open-procfs", phase: "host", out: "proc" },
      { op: "open-process", phase: "host", proc: "proc", pid: process.pid, startTime: 1, inode: 0, out: "process" },
    ],
  );
  const prefix = [tools(), "deny", "pidfd_open", "--"];
  const launched = await launch(makeBundle(t), plan, { prefix, inputs: [] });
  failed(t, launched, { code: "call-failed", errno: ENOSYS, op: "open-process" }, plan);
});
