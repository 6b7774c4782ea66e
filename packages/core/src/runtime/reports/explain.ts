// The verb `explain`: what a bundle, a stored plan or a sandbox gives its container, in words. Nothing is launched.
import { stringifyJson } from "@coffer/spec";
import { CofferError, quote } from "../../errors.ts";
import type { Look } from "../../explain/index.ts";
import { explainPlan, opsOfCall, opsOfField, printExplanation, printOps, renderPlanPage } from "../../explain/index.ts";
import type { Subject } from "../../exposure/index.ts";
import { isKnownSyscall } from "../../seccomp/index.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import type { Plan } from "../../wire/op.ts";
import { writeUserFile } from "../policy/user-file.ts";
import type { Runtime } from "../runtime.ts";
import type { SandboxVerbOptions } from "../sandbox/plan.ts";
import type { AuditVerbOptions } from "./audit.ts";
import { subjectOf } from "./audit.ts";
import { sandboxSubject } from "./sandbox.ts";

/** What is asked of a plan. Default: one screen of words. */
export interface Question {
  /** The ops that this field of the config asks for, and those that what is in it asks for: a JSON pointer. */
  readonly field?: string | undefined;
  /** Everything about the op of that index. */
  readonly op?: number | undefined;
  /** The ops that make this system call. */
  readonly syscall?: string | undefined;
  /** Every op. */
  readonly ops?: boolean | undefined;
  /** Write a page to this file instead. */
  readonly html?: string | undefined;
  /** Default `text`. */
  readonly form?: "text" | "json" | undefined;
}

const noSuch = (argument: string, message: string, hint?: string): CofferError<"E_USAGE"> =>
  new CofferError("E_USAGE", message, { argument }, hint === undefined ? {} : { hint });

function askField(plan: Plan, pointer: string, look: Look): string {
  if (pointer !== "" && !pointer.startsWith("/"))
    throw noSuch("field", `${quote(pointer)} is not a JSON pointer`, "give one such as /mounts/3");
  const ops = opsOfField(plan, pointer);
  if (ops.length > 0) return printOps(plan, ops, look);
  const knows = plan.ops.some(({ from }) => from !== undefined);
  throw knows
    ? noSuch("field", `no op is there because of ${quote(pointer)}`)
    : noSuch("field", "a stored plan does not say which field asks for an op", "explain the bundle");
}

function askOp(plan: Plan, index: number, look: Look): string {
  const op = plan.ops[index];
  if (op === undefined) throw noSuch("op", `the plan has no op ${index}`, `the last one is ${plan.ops.length - 1}`);
  return printOps(plan, [{ index, op }], look, true);
}

function askCall(plan: Plan, name: string, look: Look): string {
  if (!isKnownSyscall(name)) throw noSuch("syscall", `${quote(name)} is not a system call`);
  const ops = opsOfCall(plan, name);
  return ops.length === 0 ? `no op of the plan calls ${quote(name)}` : printOps(plan, ops, look);
}

function answer(subject: Subject, asked: Question, look: Look): string {
  const { plan } = subject;
  if (asked.field !== undefined) return askField(plan, asked.field, look);
  if (asked.op !== undefined) return askOp(plan, asked.op, look);
  if (asked.syscall !== undefined) return askCall(plan, asked.syscall, look);
  const explanation = explainPlan(subject);
  if (asked.form === "json") return stringifyJson({ ...explanation }, "\t");
  const words = printExplanation(explanation, look);
  return asked.ops === true ? `${words}\n\n${printOps(plan, "all", look)}` : words;
}

/** Answers in text, or writes a page and answers nothing. */
function reply({ system }: Runtime, name: string, subject: Subject, asked: Question, look: Look): string {
  if (asked.html === undefined) return answer(subject, asked, look);
  const page = renderPlanPage(name, explainPlan(subject), subject.plan);
  writeUserFile(system, "the page", toAbsolute(system, asked.html), page);
  return "";
}

/**
 * Explains a bundle or a stored plan.
 *
 * @throws {CofferError} E_USAGE, E_IO, E_CONFIG_INVALID, E_UNSUPPORTED, E_PLAN_REFUSED
 */
export async function explain(
  runtime: Runtime,
  options: Omit<AuditVerbOptions, "failOn" | "form">,
  asked: Question,
  look: Look,
): Promise<string> {
  const name = options.plan ?? toAbsolute(runtime.system, options.bundle ?? ".");
  return reply(runtime, name, await subjectOf(runtime, options), asked, look);
}

/** Explains a sandbox. */
export function explainSandbox(
  runtime: Runtime,
  options: SandboxVerbOptions,
  asked: Question,
  look: Look,
): Promise<string> {
  return sandboxSubject(runtime, options, (subject) =>
    reply(runtime, `sandbox: ${options.args.join(" ")}`, subject, asked, look),
  );
}
