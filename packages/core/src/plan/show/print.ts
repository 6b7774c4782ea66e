import { escapeControl } from "@coffer/spec";
import type { Plan, PlanOp } from "../../wire/op.ts";
import type { OpRow } from "../../wire/tables/op-table.ts";
import { opTable } from "../../wire/tables/op-table.ts";
import { addressWords, flagWords } from "./words.ts";

const rows: Readonly<Record<string, OpRow>> = opTable;
const maxList = 6;
const maxText = 96;

/** How a plan is printed. */
export interface PrintOptions {
  /** Flags of the kernel are words, and a sentence that was printed before is left out. */
  readonly brief?: boolean;
  /** Gives words their colour. */
  readonly paint?: (kind: "title" | "faint", words: string) => string;
}

/** Prints a plan for people: every op in order, with its phase, slots, arguments, the field that it comes from, and why. */
export function printPlan(plan: Plan, { brief = false, paint = (_, words) => words }: PrintOptions = {}): string {
  const inputs = plan.inputs.map(({ name, type }) => `${name} (${type})`).join(", ");
  const head = [`${plan.kind} plan, ${plan.ops.length} ops`, `inputs: ${inputs === "" ? "none" : inputs}`];
  const said = new Set<string>();
  const lines = plan.ops.flatMap((op, index) => {
    const title = op.phase === plan.ops[index - 1]?.phase ? [] : ["", paint("title", `${op.phase}:`)];
    const why = op.why ?? rows[op.op]?.doc ?? "";
    const reason = brief && said.has(why) ? [] : [paint("faint", `      # ${escapeControl(why)}`)];
    said.add(why);
    const from = op.from === undefined || op.from === "" ? "" : paint("faint", `  [${escapeControl(op.from)}]`);
    return [...title, `${String(index).padStart(4)}  ${describeOp(op, brief)}${from}`, ...reason];
  });
  const odd = (plan.warnings ?? []).map(({ pointer, message }) => escapeControl(`warning: ${pointer}: ${message}`));
  return `${[...odd, ...head, ...lines].join("\n")}\n`;
}

/** One op as one line: what it defines, its tag, slots, arguments and flags, which may be words. */
export function describeOp(op: PlanOp, inWords = false): string {
  const row = rows[op.op];
  const values = new Map<string, unknown>(Object.entries(op));
  const slots = Object.keys(row?.slots ?? {}).flatMap((name) =>
    values.has(name) ? [`${name}=${text(values.get(name))}`] : [],
  );
  const fields = [...Object.keys(row?.data ?? {}), ...Object.keys(row?.nums ?? {})].flatMap((name) =>
    values.has(name) ? [`${name}=${argument(op, name, values.get(name), inWords)}`] : [],
  );
  const out = "out" in op ? `${op.out} = ` : "";
  const flags = op.flags === undefined ? "" : ` ${op.flags.map((flag) => `+${flag}`).join(" ")}`;
  return escapeControl(`${out}${[op.op, ...slots, ...fields].join(" ")}${flags}`);
}

const octal = new Set(["mode", "mask"]);
const hexadecimal = new Set([
  "attrs",
  "set",
  "clear",
  "namespaces",
  "types",
  "require",
  "magic",
  "keep",
  "effective",
  "permitted",
  "inheritable",
  "ambient",
  "filterFlags",
]);

function argument(op: PlanOp, name: string, value: unknown, inWords: boolean): string {
  if (typeof value === "number" || typeof value === "bigint") {
    const words = inWords ? flagWords(name, value) : undefined;
    if (words !== undefined) return words;
    if (octal.has(name)) return `0${value.toString(8)}`;
    return hexadecimal.has(name) || (op.op === "open-namespace" && name === "type")
      ? `0x${value.toString(16)}`
      : String(value);
  }
  return text(name === "rules" && value instanceof Uint8Array ? addressWords(value) : value);
}

function text(value: unknown): string {
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (Array.isArray(value)) {
    const more = value.length > maxList ? [`… ${value.length - maxList} more`] : [];
    return `[${[...value.slice(0, maxList).map(text), ...more].join(", ")}]`;
  }
  const plain = String(value).replaceAll("\n", ";");
  return plain.length > maxText ? `${plain.slice(0, maxText)}…` : plain;
}
