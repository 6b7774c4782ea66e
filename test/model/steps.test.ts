// The steps of the model (lifecycle.pml) are those of the plans that the planner makes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";

const model = join(import.meta.dirname, "lifecycle.pml");

/** The ops that a process of the model makes, in its order. */
function stepsOf(process: string): readonly string[] {
  const text = readFileSync(model, "utf8");
  const body = new RegExp(`^(?:proctype|inline) ${process}\\([^]*?^}`, "m").exec(text)?.[0] ?? "";
  return [...body.matchAll(/\b(?:OP|MEET)\((\w+),/g)].map(([, name = ""]) => name.replaceAll("_", "-"));
}

interface GoldenOp {
  readonly op: string;
  readonly phase: string;
}

function opsOf(golden: string, phases: readonly string[]): readonly string[] {
  const file = join(import.meta.dirname, "..", "golden", `${golden}.json`);
  const plan: { readonly ops: readonly GoldenOp[] } = JSON.parse(readFileSync(file, "utf8"));
  return plan.ops.filter(({ phase }) => phases.includes(phase)).map(({ op }) => op);
}

/** The last occurrences of the steps, in order: of several meetings the model has the last. */
function orderIn(ops: readonly string[], steps: readonly string[]): readonly string[] {
  return steps.toSorted((a, b) => ops.lastIndexOf(a) - ops.lastIndexOf(b));
}

const ties = [
  { process: "Launcher", golden: "root-gate", phases: ["host", "parent"] },
  { process: "Init", golden: "root-gate", phases: ["inside", "rooted", "drop", "gate", "exec"] },
  { process: "Start", golden: "host-start", phases: ["host"] },
  { process: "destroy", golden: "host-delete", phases: ["host"] },
] as const;

for (const { process, golden, phases } of ties) {
  test(`${process} of the model makes the steps of the plan ${golden}, in its order`, (t) => {
    const steps = stepsOf(process);
    const ops = opsOf(golden, phases);
    t.true(steps.length > 1);
    t.deepEqual(
      steps.filter((step) => !ops.includes(step)),
      [],
    );
    t.deepEqual(orderIn(ops, steps), steps);
  });
}
