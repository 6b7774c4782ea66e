// `hold`: the launcher keeps a container before its program until the caller's word comes, and nothing else lets it go on.
import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { PlanOp } from "../../packages/core/src/wire/op.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { pause, until } from "../helpers/command.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { failed, succeeded } from "./expect.ts";
import type { Launching, LaunchOptions } from "./launch.ts";
import { startLaunch } from "./launch.ts";
import { createPlan } from "./plans.ts";

const ECHILD = 10;
const EINTR = 4;
const EPROTO = 71;
const ENOTCONN = 107;
const ETIMEDOUT = 110;
const ECANCELED = 125;

const planOf = (ageMs: number) => {
  const hold: PlanOp = { op: "hold", phase: "parent", process: "init", ageMs };
  return createPlan({ args: ["probe", "echo", "went on"], parent: [hold] });
};

/** The launcher's only child. */
const initOf = ({ pid }: Launching): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);

async function whenHeld(launching: Launching): Promise<void> {
  await until("init waits", () => initOf(launching) > 0);
  await pause(200);
}

test.serial("the program begins with the caller's word, and the time of the reports too", async (t) => {
  if (!(await needs(t, "root"))) return;
  const bundle = makeBundle(t);
  const before = snapshot(bundle);
  const launching = startLaunch(bundle, planOf(60_000), { input: "" });
  await whenHeld(launching);
  await pause(1000);
  t.is(launching.output(), "");
  launching.report?.write(Uint8Array.of(1));
  const launched = await launching.done;
  succeeded(t, launched, "went on");
  const times = launched.reports.map(({ nanoseconds }) => Number(nanoseconds) / 1e6);
  t.true(
    times.every((ms) => ms < 900),
    `${times}`,
  );
  await nothingLeft(t, bundle, before);
});

type Row = {
  readonly errno: number;
  readonly code?: "init-ended";
  readonly ageMs?: number;
  readonly options?: LaunchOptions;
  readonly act: (launching: Launching) => void;
};

const rows: Readonly<Record<string, Row>> = {
  "another word": { errno: EPROTO, act: ({ report }) => report?.write(Uint8Array.of(2)) },
  "the letter of the word": { errno: EPROTO, act: ({ report }) => report?.write("1") },
  "the end of the caller's side": { errno: ECANCELED, act: ({ report }) => report?.end() },
  "no word": { errno: ETIMEDOUT, ageMs: 500, act: () => {} },
  TERM: { errno: EINTR, act: ({ pid }) => process.kill(pid, "SIGTERM") },
  "the end of init": {
    errno: ECHILD,
    code: "init-ended",
    act: (launching) => process.kill(initOf(launching), "SIGKILL"),
  },
};

async function held(t: ExecutionContext, { errno, code, ageMs = 60_000, options, act }: Row): Promise<void> {
  if (!(await needs(t, "root"))) return;
  const bundle = makeBundle(t);
  const before = snapshot(bundle);
  const plan = planOf(ageMs);
  const launching = startLaunch(bundle, plan, { input: "", ...options });
  await whenHeld(launching);
  act(launching);
  const launched = await launching.done;
  failed(t, launched, { code: code ?? "call-failed", errno, op: "hold" }, plan);
  t.is(launched.stdout, "");
  await nothingLeft(t, bundle, before, "rootfs");
}

for (const [what, row] of Object.entries(rows))
  test.serial(`the program does not begin with ${what}, and nothing is left`, held, row);

test.serial("a launcher whose reports nobody reads holds nothing", async (t) => {
  if (!(await needs(t, "root"))) return;
  const bundle = makeBundle(t);
  const before = snapshot(bundle);
  const words = ["launch", "--plan-fd", "3", "--input", `rootfs=${bundle.rootfs}`];
  const launched = await startLaunch(bundle, planOf(60_000), { input: "", words }).done;
  t.is(launched.exitCode, 125);
  t.regex(launched.stderr, new RegExp(`errno ${ENOTCONN}`));
  await nothingLeft(t, bundle, before, "rootfs");
});
