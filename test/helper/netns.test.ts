// `--netns`: the launcher makes a network namespace while the plan comes. The plan alone says who gets one.
import { readlinkSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { PlanOp } from "../../packages/core/src/wire/op.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { failed, hello, succeeded } from "./expect.ts";
import { launch } from "./launch.ts";
import type { Shape } from "./plans.ts";
import { createPlan } from "./plans.ts";

/** A hook that writes what a script says to standard error. In phase `parent` the script reads the pid of init. */
const hook = (phase: "host" | "parent", script: string): PlanOp => ({
  op: "spawn",
  phase,
  args: ["/bin/sh", "sh", "-c", `exec >&2; ${script}`],
  input: new TextEncoder().encode("          \n"),
  timeoutMs: 10_000,
  pidAt: phase === "parent" ? 0 : 0xffffffff,
  home: 0,
});

const look = 'readlink /proc/self/ns/net; read -r pid; readlink /proc/"$pid"/ns/net';
/** Fails unless the network namespace belongs to the user namespace of the container. */
const enter = 'nsenter --user=/proc/"$pid"/ns/user --net=/proc/"$pid"/ns/net echo entered';

type Row = { readonly shape: Partial<Shape>; readonly isNew: boolean };

const rows: Readonly<Record<string, Row>> = {
  "a plan with a network namespace": { shape: {}, isNew: true },
  "a plan with a user namespace as well": { shape: { userns: true }, isNew: true },
  "a plan without": { shape: { hostNet: true }, isNew: false },
};

async function seen(t: ExecutionContext, { shape, isNew }: Row): Promise<void> {
  if (!(await needs(t, "root"))) return;
  const bundle = makeBundle(t);
  const before = snapshot(bundle);
  const host = [hook("host", "readlink /proc/self/ns/net")];
  const after = shape.userns ? `${look}; ${enter}` : look;
  const plan = createPlan({ args: ["probe", "exit", "0"], ...shape, host, parent: [hook("parent", after)] });
  const words = ["launch", "--plan-fd", "3", "--report-fd", "4", "--netns", "1", "--input", `rootfs=${bundle.rootfs}`];
  const { stderr, exitCode } = await launch(bundle, plan, { words });
  const [early, late, inside, entered] = stderr.trim().split("\n");
  const ours = readlinkSync("/proc/self/ns/net");
  t.deepEqual({ early, late, exitCode }, { early: ours, late: ours, exitCode: 0 });
  t.is(entered, shape.userns && "entered");
  t.regex(inside ?? "", /^net:\[\d+\]$/);
  t.is(inside !== ours, isNew);
  await nothingLeft(t, bundle, before);
}

for (const [what, row] of Object.entries(rows))
  test.serial(`${what} gets what it says, and hooks stay where they were`, seen, row);

const EPERM = 1;
/** A call of the launcher that fails: its number among those of that name. */
const failing = (call: string): readonly string[] => {
  const inject = `inject=${call}:error=EPERM:when=1`;
  return ["strace", "-qq", "-o", "/dev/null", "-e", `trace=${call}`, "-e", inject];
};

async function tryFailing(t: ExecutionContext, call: string) {
  const bundle = makeBundle(t);
  const before = snapshot(bundle);
  const words = ["launch", "--plan-fd", "3", "--report-fd", "4", "--netns", "1", "--input", `rootfs=${bundle.rootfs}`];
  const launched = await launch(bundle, hello, { words, prefix: failing(call) });
  await nothingLeft(t, bundle, before);
  return launched;
}

for (const call of ["socket", "ioctl", "unshare"])
  test.serial(`where ${call} fails ahead of the plan, the clone makes the namespace`, async (t) => {
    if (await needs(t, "root", "strace")) succeeded(t, await tryFailing(t, call));
  });

test.serial("a launcher that does not come back to its own namespace goes no further", async (t) => {
  if (!(await needs(t, "root", "strace"))) return;
  const launched = await tryFailing(t, "setns");
  t.is(launched.stdout, "");
  failed(t, launched, { code: "call-failed", errno: EPERM });
});
