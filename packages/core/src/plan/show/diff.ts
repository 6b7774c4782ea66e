import type { Plan } from "../../wire/op.ts";
import { describeOp } from "./print.ts";

const maxLines = 4096;

function linesOf(plan: Plan): readonly string[] {
  const inputs = plan.inputs.map(({ name, type }) => `input ${name} (${type})`);
  return [`${plan.kind} plan`, ...inputs, ...plan.ops.map((op) => `${op.phase}: ${describeOp(op)}`)].slice(0, maxLines);
}

/** Tells what differs between two plans, op by op, as `-` and `+` lines; empty when nothing does. */
export function diffPlans(left: Plan, right: Plan): string {
  const a = linesOf(left);
  const b = linesOf(right);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const lines = diffLines(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return lines.map((line) => `${line}\n`).join("");
}

/** Longest common subsequence, after the common head and tail are gone. */
function diffLines(a: readonly string[], b: readonly string[]): readonly string[] {
  const width = b.length + 1;
  const best = new Uint16Array((a.length + 1) * width);
  const at = (row: number, column: number): number => best[row * width + column] ?? 0;
  for (let row = a.length - 1; row >= 0; row -= 1)
    for (let column = b.length - 1; column >= 0; column -= 1)
      best[row * width + column] =
        a[row] === b[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
  const out: string[] = [];
  let row = 0;
  let column = 0;
  while (row < a.length || column < b.length) {
    if (row < a.length && column < b.length && a[row] === b[column]) {
      row += 1;
      column += 1;
    } else if (column >= b.length || (row < a.length && at(row + 1, column) >= at(row, column + 1))) {
      out.push(`- ${a[row]}`);
      row += 1;
    } else {
      out.push(`+ ${b[column]}`);
      column += 1;
    }
  }
  return out;
}
