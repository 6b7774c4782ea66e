// One race under one runtime: the tool `race` runs it, and every kind of outcome is judged.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { decodePlan } from "../../../packages/core/src/wire/decode.ts";
import { encodePlan } from "../../../packages/core/src/wire/encode.ts";
import type { Plan, PlanOp } from "../../../packages/core/src/wire/op.ts";
import { tools } from "../../helpers/build.ts";
import type { Bundle } from "../../helpers/bundle.ts";
import { census, makeBundle } from "../../helpers/bundle.ts";
import { command } from "../../helpers/command.ts";
import { cgroupsOf, cleanUp, mountsFor, processesOf } from "../../helpers/leftovers.ts";
import { coffer, helperPath } from "../../helpers/peers/runtimes.ts";
import type { Race } from "../races.ts";
import { controlRuns, controlSeconds, launches } from "../races.ts";
import { placed } from "./stage.ts";
import type { RuntimeName, Verdict } from "./types.ts";

/** How a kind of run ended, and how many did. */
type RaceOutcome = { readonly status: number; readonly count: number; readonly text: string };
type Raced = { readonly runs: number; readonly exchanges: number; readonly outcomes: readonly RaceOutcome[] };

/** What a race has shown. */
export type Judged = { readonly verdict: Verdict; readonly note: string };

/**
 * The plan with its one bind source as an input, which the caller opens. The launcher clones it: what is opened in another
 * mount namespace cannot be cloned by init.
 */
function withInput(plan: Plan): Plan {
  const opened = plan.ops.find((op) => op.op === "open-object" && op.path.endsWith("/vol/sub"));
  const cloned = plan.ops.find(
    (op) => op.op === "clone-tree" && opened?.op === "open-object" && op.source === opened.out,
  );
  if (opened?.op !== "open-object" || cloned?.op !== "clone-tree") throw new Error("the plan binds no source");
  const ops = plan.ops.flatMap((op): readonly PlanOp[] => {
    if (op === opened || op === cloned) return [];
    return op.op === "clone" ? [{ ...cloned, phase: "host" }, op] : [op];
  });
  return { ...plan, inputs: [...plan.inputs, { name: opened.out, type: "object" }], ops };
}

/** The plan in a file of the test's, and what the launcher gets of its inputs. */
async function storePlan(t: ExecutionContext, bundle: Bundle, race: Race): Promise<readonly string[]> {
  const file = join(bundle.base, "plan");
  const outcome = await coffer(bundle, "plan", ["--raw", file, bundle.path]);
  t.is(outcome.exitCode, 0, outcome.stderr);
  const words = ["launch", "--plan-fd", "3", "--input", `rootfs=${bundle.rootfs}`];
  if (!race.byDescriptor) return words;
  const plan = withInput(decodePlan(readFileSync(file)));
  writeFileSync(file, encodePlan(plan));
  return [...words, "--input", `${plan.inputs.at(-1)?.name}=fd:9`];
}

/** Where the number stands in the plan, as the tool takes it. */
function numberedAt(bundle: Bundle, word: string): string {
  const file = join(bundle.base, "plan");
  const bytes = readFileSync(file);
  const places: number[] = [];
  for (let at = bytes.indexOf(word); at >= 0; at = bytes.indexOf(word, at + 1)) places.push(at + word.length - 5);
  return `${file}:${places.join(",")}`;
}

async function runRace(
  t: ExecutionContext,
  runtime: RuntimeName,
  bundle: Bundle,
  race: Race,
  helper: string,
  runs: number,
): Promise<Raced> {
  const names = race.names.map((name) => join(bundle.base, name));
  const isCoffer = runtime === "coffer";
  const amount = isCoffer ? [String(runs), "600"] : [String(controlRuns), String(controlSeconds)];
  const words = isCoffer
    ? ["sh", "-c", 'exec "$@" 3<"$0"', join(bundle.base, "plan"), helper, ...(await storePlan(t, bundle, race))]
    : [runtime, "--root", bundle.state, "run", "--bundle", bundle.path, bundle.tag];
  const env = race.numbered !== undefined && isCoffer ? { RACE_NUMBER: numberedAt(bundle, race.numbered) } : {};
  const opened = race.byDescriptor ? ["sh", "-c", 'exec "$@" 9<"$0"', names[0] ?? ""] : [];
  const argv = [...placed(runtime, ""), ...opened, tools(), "race", ...names, ...amount, "--", ...words];
  const outcome = await command(argv, { env: { ...env, COFFER_TEST_TAG: bundle.tag }, timeoutMs: 900_000 });
  t.is(outcome.exitCode, 0, outcome.stderr);
  return JSON.parse(outcome.stdout.replaceAll(bundle.base, "$BASE"));
}

/** A failed kernel call or a read-back that differed, told by op and errno; runtimes of others say it in their words. */
function isCleanError(runtime: RuntimeName, { status, text }: RaceOutcome): boolean {
  if (runtime === "coffer")
    return status === 125 && /^coffer-helper: the launch failed \(code [45], op \d+, errno \d+/.test(text);
  return status > 0 && status < 128 && text !== "";
}

const isRight = (race: Race, { status, text }: RaceOutcome): boolean =>
  status === 0 &&
  text
    .trimEnd()
    .split("\n")
    .every((line) => race.right.test(line));

function judge(runtime: RuntimeName, race: Race, { runs, exchanges, outcomes }: Raced): Judged {
  const right = outcomes.filter((outcome) => isRight(race, outcome));
  const clean = outcomes.filter((outcome) => isCleanError(runtime, outcome));
  const wrong = outcomes.filter((outcome) => !right.includes(outcome) && !clean.includes(outcome));
  const sum = (list: readonly RaceOutcome[]): number => list.reduce((total, { count }) => total + count, 0);
  const note = `${runs} runs, ${exchanges} exchanges: ${sum(right)} right, ${sum(clean)} clean errors`;
  const [first] = wrong;
  if (first === undefined) return { verdict: "held", note };
  const told = JSON.stringify(first.text.slice(0, 120));
  return { verdict: "fails", note: `${note}, ${sum(wrong)} wrong: status ${first.status}, ${told}` };
}

/** Runs a race under a runtime. `helper` and `runs` are for weakened builds of coffer. */
export async function raceUnder(
  t: ExecutionContext,
  runtime: RuntimeName,
  race: Race,
  helper: string = helperPath(),
  runs: number = launches,
): Promise<Judged> {
  const bundle = makeBundle(t, race.patch);
  t.teardown(() => cleanUp(bundle));
  execFileSync("sh", ["-ec", race.before], { cwd: bundle.base });
  const look = (): readonly string[] => [...census(bundle.canary), ...mountsFor(bundle)];
  const before = look();
  const raced = await runRace(t, runtime, bundle, race, helper, runs);
  if (runtime !== "coffer") cleanUp(bundle);
  const left = [...processesOf(bundle), ...cgroupsOf(bundle)];
  const changed = look().filter((row) => !before.includes(row));
  const judged = judge(runtime, race, raced);
  if (changed.length > 0)
    return {
      verdict: "fails",
      note: `${judged.note}; CANARY or mounts changed: ${changed[0]}`.replaceAll(bundle.base, "$BASE"),
    };
  if (left.length > 0) return { verdict: "fails", note: `${judged.note}; left: ${left[0]}` };
  return judged;
}
