// What the tests of the protocol do again and again: launch in a new bundle, and judge the reports.
import type { ExecutionContext } from "ava";
import type { OpName, Plan } from "../../packages/core/src/wire/op.ts";
import type { ReportCode } from "../../packages/core/src/wire/report/report.ts";
import { buildProgram } from "../helpers/build.ts";
import type { Bundle } from "../helpers/bundle.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import type { Launched, LaunchOptions } from "./launch.ts";
import { launch } from "./launch.ts";
import { createPlan } from "./plans.ts";

/** A container that says hello. */
export const hello: Plan = createPlan({ args: ["probe", "echo", "hello"] });
/** The tools of these tests. */
export const protocolTools = (): string => buildProgram("test/helper/tools");

/** Launches in a new bundle, and asserts that nothing is left of it. Undefined where the machine lacks something. */
export async function tryPlan(
  t: ExecutionContext,
  plan: Plan | Uint8Array,
  options: (bundle: Bundle) => LaunchOptions = () => ({}),
): Promise<Launched | undefined> {
  if (!(await needs(t, "root"))) return undefined;
  const bundle = makeBundle(t);
  const before = snapshot(bundle);
  const launched = await launch(bundle, plan, options(bundle));
  await nothingLeft(t, bundle, before);
  return launched;
}

/** Asserts that the container ran and ended well. */
export function succeeded(t: ExecutionContext, launched: Launched | undefined, stdout = "hello"): void {
  if (launched === undefined) return;
  t.is(launched.stderr, "");
  t.is(launched.stdout.trim(), stdout);
  t.deepEqual(
    launched.reports.map((report) => report.state),
    ["running", "exited"],
  );
  t.is(launched.exitCode, 0);
}

/** What a failed launch reports; the op by its name. */
export type Failure = { readonly code: ReportCode; readonly errno: number; readonly op?: OpName };

/** Asserts that the launch failed with one report. */
export function failed(t: ExecutionContext, launched: Launched | undefined, want: Failure, plan: Plan = hello): void {
  if (launched === undefined) return;
  const [report, ...more] = launched.reports;
  t.is(launched.exitCode, 125);
  t.deepEqual(more, []);
  t.is(report?.state, "failed");
  t.is(report?.code, want.code);
  t.is(report?.errno, want.errno);
  const op = report?.op === undefined ? undefined : plan.ops[report.op];
  t.is(op?.op, want.op);
  if (op !== undefined) t.is(report?.phase, op.phase);
}
