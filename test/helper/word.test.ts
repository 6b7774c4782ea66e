// `--word-fd`: the launcher has a plan that may turn out to be no longer wanted. Until the caller's word it does nothing that others
// could notice. Without the word it takes everything back.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { OpName, PlanOp } from "../../packages/core/src/wire/op.ts";
import type { Bundle } from "../helpers/bundle.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { pause } from "../helpers/command.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { failed, succeeded } from "./expect.ts";
import type { Launching } from "./launch.ts";
import { startLaunch } from "./launch.ts";
import { createPlan } from "./plans.ts";

const EINTR = 4;
const EPROTO = 71;
const ECANCELED = 125;

const args = ["probe", "echo", "went on"];
/** Ops that nobody else notices. */
const early: readonly PlanOp[] = [
  { op: "open-root", phase: "host", out: "host-root" },
  { op: "close", phase: "host", slot: "host-root" },
];
/** The second makes a gate before init: a file of the state directory. */
const plans = { plain: createPlan({ args, host: early }), seen: createPlan({ args, gate: true }) };

/** Launches with standard input as the descriptor of the word. */
function start(bundle: Bundle, plan: keyof typeof plans): Launching {
  const input = ["--input", `rootfs=${bundle.rootfs}`, "--input", `state=${bundle.base}`];
  const words = ["launch", "--plan-fd", "3", "--report-fd", "4", "--word-fd", "0", ...input];
  return startLaunch(bundle, plans[plan], { words });
}

/** Long enough for a launch to its end. */
const settle = (): Promise<void> => pause(400);
const hasMade = ({ base }: Bundle): boolean => existsSync(join(base, "gate"));

test.serial("with the word the launch goes on", async (t) => {
  if (!(await needs(t, "root"))) return;
  const bundle = makeBundle(t);
  const launching = start(bundle, "plain");
  await settle();
  t.is(launching.output(), "");
  launching.write("\u0001");
  succeeded(t, await launching.done, "went on");
});

type Row = {
  readonly errno: number;
  readonly plan?: keyof typeof plans;
  readonly op?: OpName;
  readonly act: (launching: Launching) => void;
};

const rows: Readonly<Record<string, Row>> = {
  "the end of the caller's side": { errno: ECANCELED, act: ({ end }) => end() },
  "the end of the caller's side, and with an op that others would notice": {
    errno: ECANCELED,
    plan: "seen",
    op: "make-gate",
    act: ({ end }) => end(),
  },
  "another word": { errno: EPROTO, act: ({ write }) => write("\u0002") },
  "the letter of the word": { errno: EPROTO, act: ({ write }) => write("1") },
  TERM: { errno: EINTR, act: ({ pid }) => process.kill(pid, "SIGTERM") },
};

async function refused(t: ExecutionContext, { errno, plan = "plain", op = "release", act }: Row): Promise<void> {
  if (!(await needs(t, "root"))) return;
  const bundle = makeBundle(t);
  const before = snapshot(bundle);
  const launching = start(bundle, plan);
  await settle();
  t.false(hasMade(bundle));
  act(launching);
  const launched = await launching.done;
  failed(t, launched, { code: "call-failed", errno, op }, plans[plan]);
  t.is(launched.stdout, "");
  t.false(hasMade(bundle));
  await nothingLeft(t, bundle, before, "rootfs");
}

for (const [what, row] of Object.entries(rows))
  test.serial(`nothing begins with ${what}, and nothing is left`, refused, row);
