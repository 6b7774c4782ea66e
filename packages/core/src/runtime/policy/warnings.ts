// What is odd in a config, process or resources: told in the log, by `plan` and by `audit`; an error with `strict`.
import type { ConfigIssue } from "../../errors.ts";
import { CofferError, configInvalid } from "../../errors.ts";
import type { Plan } from "../../wire/op.ts";
import type { Runtime } from "../runtime.ts";

/** So many warnings of one document are printed. */
const manyWarnings = 32;

/**
 * Refuses what is odd, where the caller asks for that. Nothing has been changed yet.
 *
 * @throws {CofferError} E_CONFIG_INVALID with every warning
 */
export function requireStrict({ strict }: Pick<Runtime, "strict">, { warnings = [] }: Plan, what: string): void {
  if (strict !== true || warnings.length === 0) return;
  throw configInvalid(what, warnings, { hint: "--strict makes each warning an error" });
}

/**
 * Tells what is odd in a document that a plan was made of.
 *
 * @throws {CofferError} E_CONFIG_INVALID with every warning, for a strict caller
 */
export function tellWarnings(runtime: Pick<Runtime, "strict" | "warn">, plan: Plan, what: string): void {
  requireStrict(runtime, plan, what);
  const { warnings = [] } = plan;
  const tell = (message: string, issues: readonly ConfigIssue[]): void =>
    runtime.warn?.(new CofferError("E_CONFIG_INVALID", `${what}: ${message}`, { issues }));
  for (const issue of warnings.slice(0, manyWarnings))
    tell(`${issue.pointer === "" ? "/" : issue.pointer}: ${issue.message}`, [issue]);
  const left = warnings.slice(manyWarnings);
  if (left.length > 0) tell(`and ${left.length} more warnings`, left);
}
