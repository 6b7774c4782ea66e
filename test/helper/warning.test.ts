// The warning of a hook that may fail.
import test from "ava";
import { tools } from "../helpers/build.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { launch } from "./launch.ts";
import { hostPlan } from "./plans.ts";

test.serial("the path of a hook cannot write to a terminal what it likes", async (t) => {
  const args = ["/none\u001b[31m\ncoffer-helper: all is well\u007f"];
  const common = {
    phase: "host",
    input: new Uint8Array([123, 125]),
    timeoutMs: 1000,
    pidAt: 0xffffffff,
    home: 0,
  } as const;
  const plan = hostPlan([], [{ op: "spawn", flags: ["go-on"], args, ...common }]);
  const { stderr, exitCode } = await launch(makeBundle(t), plan, { inputs: [] });
  t.is(stderr, "coffer-helper: the hook /none?[31m?coffer-helper: all is well? failed, errno 2\n");
  t.is(exitCode, 0);
});

test.serial("what the caller ignores is not ignored: not by a hook, nor the end of one", async (t) => {
  const args = ["/bin/sh", "sh", "-c", "grep SigIgn /proc/self/status >&2"];
  const common = {
    phase: "host",
    input: new Uint8Array([123, 125]),
    timeoutMs: 10_000,
    pidAt: 0xffffffff,
    home: 0,
  } as const;
  const prefix = [tools(), "ignore", "--"];
  const plan = hostPlan([], [{ op: "spawn", args, ...common }]);
  const { stderr, reports } = await launch(makeBundle(t), plan, { inputs: [], prefix });
  t.deepEqual(
    reports.map(({ state }) => state),
    ["done"],
  );
  t.is(stderr, "SigIgn:\t0000000000000000\n");
});
