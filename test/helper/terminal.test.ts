// The relay of a terminal: no byte is lost, and nothing waits for what does not come.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { makeBundle } from "../helpers/bundle.ts";
import type { Outcome } from "../helpers/command.ts";
import { command } from "../helpers/command.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { protocolTools } from "./expect.ts";
import { helper, launch, storePlan } from "./launch.ts";
import { createPlan } from "./plans.ts";

/** Runs a shell line in which `run` launches a container with a terminal, and becomes the launcher. */
async function shell(t: ExecutionContext, args: readonly string[], line: string): Promise<Outcome | undefined> {
  if (!(await needs(t, "root"))) return undefined;
  const bundle = makeBundle(t);
  const before = snapshot(bundle);
  copyFileSync(protocolTools(), join(bundle.rootfs, "tools"));
  const candidates = [`/${args[0]}`];
  const plan = storePlan(bundle, createPlan({ args, candidates, terminal: true }));
  const run = `run() { exec "$0" launch --plan-fd 9 --input rootfs="$1" 9<"$2" </dev/null; }`;
  const argv = ["sh", "-c", `${run}; ${line}`, helper(), bundle.rootfs, plan];
  const outcome = await command(argv);
  await nothingLeft(t, bundle, before);
  return outcome;
}

test.serial("a reader that comes late gets every byte", async (t) => {
  const outcome = await shell(t, ["probe", "bytes", "300000"], 'run "$@" | (sleep 1; wc -c)');
  if (outcome !== undefined) t.true(Number(outcome.stdout) >= 300_000, outcome.stdout);
});

test.serial("a reader that goes does not stop the container", async (t) => {
  const outcome = await shell(t, ["probe", "bytes", "300000"], '((run "$@"); echo "status $?" >&2) | true');
  t.is(outcome?.stderr ?? "status 0\n", "status 0\n");
});

/** Waits until there is a file in the container's root, for a time. */
const awaits = (name: string, seconds: number): string =>
  `n=0; until [ -e "$1/${name}" ] || [ $n = ${seconds * 10} ]; do sleep 0.1; n=$((n + 1)); done`;

test.serial("a reader that does not read does not keep signals from the container", async (t) => {
  const passes = `${awaits("full", 20)}; kill -TERM $pid; ${awaits("got", 10)}; [ -e "$1/got" ] && echo passed >&2`;
  const ends = ': >"$1/seen"; wait $pid; echo "status $?" >&2';
  const line = `(run "$@" & pid=$!; ${passes}; ${ends}) | { ${awaits("seen", 50)}; }`;
  const outcome = await shell(t, ["tools", "flood"], line);
  t.is(outcome?.stderr ?? "passed\nstatus 9\n", "passed\nstatus 9\n");
});

test.serial("a terminal that is left and opened again goes on", async (t) => {
  if (!(await needs(t, "root"))) return;
  const bundle = makeBundle(t);
  const before = snapshot(bundle);
  copyFileSync(protocolTools(), join(bundle.rootfs, "tools"));
  const plan = createPlan({ args: ["tools", "reopen"], candidates: ["/tools"], terminal: true });
  const outcome = await launch(bundle, plan);
  t.is(outcome.stdout, "first\r\nsecond\r\n");
  t.is(outcome.exitCode, 0);
  await nothingLeft(t, bundle, before);
});
