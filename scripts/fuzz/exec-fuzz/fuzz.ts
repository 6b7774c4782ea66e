import { rmSync } from "node:fs";
import { plan as planOf } from "@coffer/core";
import fc from "fast-check";
import { verifyPlan } from "../../../packages/core/src/verify/index.ts";
import { encodePlan } from "../../../packages/core/src/wire/encode.ts";
import { WireError } from "../../../packages/core/src/wire/error.ts";
import type { Plan } from "../../../packages/core/src/wire/op.ts";
import { launch } from "../../../test/helper/launch.ts";
import { createPlan } from "../../../test/helper/plans.ts";
import type { Bundle } from "../../../test/helpers/bundle.ts";
import { makeBundle } from "../../../test/helpers/bundle.ts";
import { rootlessPatch } from "../../../test/helpers/config.ts";
import { judge, outsideOf } from "./judge.ts";
import type { Change } from "./mutate.ts";
import { changed } from "./mutate.ts";

export type FuzzResult = {
  /** Plans that were made. */
  readonly changed: number;
  /** Those that the verifier takes: all of them are executed. */
  readonly accepted: number;
  /** Those whose program ran. */
  readonly ran: number;
  /** The first that breaks something, made as small as possible. */
  readonly failure: string | undefined;
};

const deadlineMs = 10_000;
const args = ["/probe", "facts"];

/** Plans that run as they are: one made by hand, and one of the planner. */
function goodPlans(bundle: Bundle, uid: number): readonly Plan[] {
  const byHand = createPlan({ args, userns: true, uids: `0 ${uid} 1\n` });
  const ops = byHand.ops.map((op) =>
    op.op === "write-idmap" ? { ...op, denySetgroups: 1 } : op.op === "set-ids" ? { ...op, setGroups: 0 } : op,
  );
  const { plan } = planOf({ bundle: bundle.path, args });
  return [{ ...byHand, ops }, plan];
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.nat({ max: 1 << 16 }),
  at: fc.nat({ max: 1 << 16 }),
  to: fc.nat({ max: 0x7fffffff }),
  value: fc.nat({ max: 1 << 16 }),
});

function tryEncode(plan: Plan): Uint8Array | undefined {
  try {
    const bytes = encodePlan(plan);
    return verifyPlan(bytes).ok ? bytes : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** Changes plans and executes them for a time. */
export async function execFuzz({
  seconds,
  seed,
}: {
  readonly seconds: number;
  readonly seed: number;
}): Promise<FuzzResult> {
  const uid = process.getuid?.() ?? 0;
  const downs: (() => unknown)[] = [];
  const bundle = makeBundle({ teardown: (down) => downs.push(down) }, rootlessPatch(uid, process.getgid?.() ?? 0));
  const plans = goodPlans(bundle, uid);
  const counts = { changed: 0, accepted: 0, ran: 0 };
  const before = outsideOf(bundle);
  const execute = async (base: number, changes: readonly Change[]): Promise<void> => {
    const [plan, donor] = base === 0 ? [plans[0], plans[1]] : [plans[1], plans[0]];
    if (plan === undefined || donor === undefined) throw new RangeError("no plan");
    const made = changed(plan, donor, changes);
    counts.changed += 1;
    const bytes = tryEncode(made);
    if (bytes === undefined) return;
    counts.accepted += 1;
    const launched = await launch(bundle, bytes, { timeoutMs: deadlineMs });
    rmSync(`${bundle.base}/plan-${counts.accepted}`, { force: true });
    const { ran, wrong } = judge(made, bundle, before, launched);
    if (ran) counts.ran += 1;
    if (wrong.length > 0)
      throw new Error(
        `${wrong.join("; ")}\n${JSON.stringify(made, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value))}`,
      );
  };
  await execute(0, []);
  await execute(1, []);
  if (counts.ran !== 2) throw new Error("the good plans do not run");
  const property = fc.asyncProperty(fc.nat({ max: 1 }), fc.array(change, { minLength: 1, maxLength: 4 }), execute);
  const limits = { numRuns: 10_000_000, interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false };
  const { failed, errorInstance, counterexample } = await fc.check(property, { ...limits, seed });
  for (const down of downs) await down();
  const failure = failed ? `${errorInstance}\n${JSON.stringify(counterexample)}` : undefined;
  return { ...counts, failure };
}
