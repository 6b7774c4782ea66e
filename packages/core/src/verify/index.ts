// Verifies a plan image with the same C source that the launcher runs (helper-c/plan), compiled to WebAssembly.

import { CofferError } from "../errors.ts";
import type { RuleName } from "../wire/tables/rules-table.ts";
import { rulesTable } from "../wire/tables/rules-table.ts";
import type { Core } from "./wasm.ts";
import { theCore } from "./wasm.ts";

export type { RuleName };

/** What the verifier says of a plan. */
export type Verdict =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** The first rule that the plan breaks (docs/formats/verifier-rules.md). */
      readonly rule: RuleName;
      /** The index of the op at fault; absent where it is not one op's. */
      readonly op?: number;
      /** What was found there: a slot, a position, a number; it depends on the rule. */
      readonly detail: number;
    };

const noOp = 0xffffffff;
const maxImage = 16 << 20;

const names: ReadonlyMap<number, RuleName> = new Map(
  (Object.keys(rulesTable) as RuleName[]).map((name) => [rulesTable[name].code, name]),
);

/** The rule of that code, as a refused plan's report names it; undefined for a code that this build does not know. */
export function ruleName(code: number): RuleName | undefined {
  return names.get(code);
}

/** One line that says what a rule asks for. */
export function ruleDoc(rule: RuleName): string {
  return rulesTable[rule].doc;
}

/** Verifies a plan image in an instance of the verifier. */
export function verifyWith(core: Core, bytes: Uint8Array): Verdict {
  if (bytes.length > maxImage) return { ok: false, rule: "bad-size", detail: bytes.length };
  const at = core.buffer(bytes.length);
  if (at === 0) return { ok: false, rule: "bad-size", detail: bytes.length };
  new Uint8Array(core.memory.buffer, at, bytes.length).set(bytes);
  const code = core.verify(bytes.length);
  if (code === 0) return { ok: true };
  const rule = ruleName(code);
  if (rule === undefined) throw new Error(`the wasm verifier names the unknown rule ${code}: build it again`);
  const op = core.op() >>> 0;
  return { ok: false, rule, ...(op === noOp ? {} : { op }), detail: core.detail() >>> 0 };
}

/** Verifies a plan image. Bytes that are no plan break a rule too. */
export function verifyPlan(bytes: Uint8Array): Verdict {
  return verifyWith(theCore(), bytes);
}

/**
 * Verifies a plan image where a plan that is refused is an error.
 *
 * @throws {CofferError} E_PLAN_REFUSED
 */
export function requireVerified(bytes: Uint8Array): void {
  const verdict = verifyPlan(bytes);
  if (verdict.ok) return;
  const { rule, op } = verdict;
  const where = op === undefined ? "" : ` at op ${op}`;
  const message = `the plan was refused${where}: it breaks the rule \`${rule}\`: ${ruleDoc(rule)}`;
  throw new CofferError("E_PLAN_REFUSED", message, { rule, ...(op === undefined ? {} : { op }) });
}
