// From a report record back to the plan: which field of the config asked for it, which op, which call, what to do.
import { CofferError, quote } from "../../../errors.ts";
import { describeErrno, nameErrno } from "../../../system/errno.ts";
import { ruleDoc, ruleName } from "../../../verify/index.ts";
import type { Plan, PlanOp } from "../../../wire/op.ts";
import type { Report } from "../../../wire/report/report.ts";
import { opTable } from "../../../wire/tables/op-table.ts";
import { findHint } from "./hints.ts";

const sigkill = 9;
const enoent = 2;
const enoexec = 8;
const eacces = 13;
const enotdir = 20;
const eisdir = 21;
const elibbad = 80;

const startFailure = "unable to start container process";

/** What has failed: verbs on a container that is there start nothing, but for `start`. */
function failureOf({ kind, ops }: Plan): string {
  return kind !== "host" || ops.some(({ op }) => op === "start-container") ? startFailure : "cannot carry out the plan";
}

function candidatesOf(plan: Plan): readonly string[] {
  return plan.ops.flatMap((op) => (op.op === "find-exec" ? op.candidates : []));
}

function programOf(plan: Plan): string {
  const exec = plan.ops.find((op) => op.op === "exec");
  return exec?.op === "exec" ? (exec.args[0] ?? "") : "";
}

/** A program that was not found, or that the kernel did not execute (`exec`), in runc's words: engines match on them. */
export function toProgramError(
  name: string,
  candidates: readonly string[],
  errno: number,
  at: "find" | "exec" = "find",
): CofferError {
  const details = { name, candidates };
  const told = `${startFailure}: exec: ${quote(name)}`;
  if (errno === enoent && at === "exec") {
    const hint = "the program is there, and its interpreter (#!) or its loader is missing in the container";
    return new CofferError("E_EXEC_NOT_FOUND", `${told}: ${describeErrno(errno)}`, details, { hint });
  }
  if (errno === enoent && !name.includes("/")) {
    return new CofferError("E_EXEC_NOT_FOUND", `${told}: executable file not found in $PATH`, details);
  }
  if (errno === enoent || errno === enotdir) {
    return new CofferError("E_EXEC_NOT_FOUND", `${told}: stat ${name}: ${describeErrno(errno)}`, details);
  }
  if (errno === eacces || errno === eisdir) {
    return new CofferError("E_EXEC_PERMISSION", `${told}: ${describeErrno(errno)}`, details);
  }
  const launch = { op: "exec", errno, errnoName: nameErrno(errno), call: opTable.exec.call };
  if (errno !== enoexec && errno !== elibbad)
    return new CofferError("E_LAUNCH_FAILED", `${told}: ${describeErrno(errno)}`, launch);
  const hint = "it is no program that this kernel runs: look at its format and its interpreter";
  return new CofferError("E_LAUNCH_FAILED", `${told}: ${describeErrno(errno)}`, { ...launch, hint }, { hint });
}

function refusedError({ detail, errno, op }: Report): CofferError {
  const rule = ruleName(Number(detail));
  if (detail === 0n) {
    // A small plan is beyond that limit alone.
    const hint = nameErrno(errno) === "EFBIG" ? { hint: "raise this process's limit for files: ulimit -f" } : {};
    const message = `the plan was refused before it was read: ${describeErrno(errno)} (${nameErrno(errno)})`;
    return new CofferError("E_PLAN_REFUSED", message, { rule: "" }, hint);
  }
  const at = op === undefined ? "" : ` at op ${op}`;
  const name = rule ?? `${detail}`;
  const message = `the plan was refused${at}: it breaks the rule \`${name}\`${rule === undefined ? "" : `: ${ruleDoc(rule)}`}`;
  return new CofferError("E_PLAN_REFUSED", message, op === undefined ? { rule: name } : { rule: name, op });
}

function inputError(plan: Plan, { detail, errno }: Report): CofferError {
  const input = plan.inputs[Number(detail)];
  const name = input?.name ?? `${detail}`;
  const why = nameErrno(errno) === "ENOKEY" ? "is missing" : `cannot be used: ${describeErrno(errno)}`;
  const hint = `give it with --input ${name}=PATH or --input ${name}=fd:N; it is a slot of type ${input?.type ?? "unknown"}`;
  return new CofferError("E_INPUT", `the input ${quote(name)} of the plan ${why}`, { name }, { hint });
}

function describeOp(op: PlanOp, index: number): string {
  const path = "path" in op && typeof op.path === "string" ? ` ${quote(op.path)}` : "";
  const pointer = op.from === undefined || op.from === "" ? "" : `${op.from}: `;
  return `${pointer}op ${index} ${op.op}${path}`;
}

/** The op of the plan that failed; undefined where it is of another plan: `start` tells of that of the container. */
function findOp(plan: Plan, { op, phase }: Report): PlanOp | undefined {
  if (op === undefined) return undefined;
  return plan.kind === "host" && phase !== "host" ? undefined : plan.ops[op];
}

/** A failure before the first op, or at an op of a container's own plan, which is not at hand. */
function foreignError({ op: index, opName, phase, errno, code }: Report, failure: string): CofferError {
  const details = { phase, errno, errnoName: nameErrno(errno) };
  if (index === undefined || opName === undefined)
    return new CofferError("E_LAUNCH_FAILED", `cannot launch (${code}): ${failure}`, details);
  const { call } = opTable[opName];
  const message = `${startFailure}: op ${index} ${opName} of the container's plan: ${call}: ${failure}`;
  return new CofferError("E_LAUNCH_FAILED", message, { ...details, op: opName, index, call });
}

/** What was read back instead. Of a text only its size is reported. */
function describeFound(op: PlanOp | undefined, { told, detail }: Report): string {
  if (op !== undefined && "expect" in op && op.expect !== undefined)
    return `what was read back is not ${quote(op.expect)}`;
  return `read back ${told === undefined ? detail : quote(told)}, which differs from the plan`;
}

/** What a satellite did instead of its op. */
const satelliteFailures: Readonly<Partial<Record<string, string>>> = {
  ECHILD: "the satellite that does it has ended",
  ETIMEDOUT: "the satellite that does it does not answer",
};

function describeFailure(op: PlanOp | undefined, report: Report): string {
  const { code, errno, told } = report;
  if (code === "read-back") return describeFound(op, report);
  if (code === "satellite-failed")
    return satelliteFailures[nameErrno(errno)] ?? `the satellite that does it has failed: ${describeErrno(errno)}`;
  return told ?? describeErrno(errno);
}

function callError(plan: Plan, report: Report): CofferError {
  const { errno } = report;
  const index = report.op;
  const op = findOp(plan, report);
  const errnoName = nameErrno(errno);
  const failure = describeFailure(op, report);
  if (op === undefined || index === undefined) return foreignError(report, `${failure} (${errnoName})`);
  const { call } = opTable[op.op];
  const hint = findHint(op.op, errnoName, op.from) ?? op.why;
  const message = `${failureOf(plan)}: ${describeOp(op, index)}: ${call}: ${failure} (${errnoName})`;
  const pointer = op.from === undefined ? {} : { pointer: op.from };
  const details = { op: op.op, index, phase: op.phase, errno, errnoName, call, ...pointer };
  if (hint === undefined) return new CofferError("E_LAUNCH_FAILED", message, details);
  return new CofferError("E_LAUNCH_FAILED", message, { ...details, hint }, { hint });
}

const memoryLimit = "/linux/resources/memory/limit";

/** Whether a process was ended by a signal, with the signal's number; else its exit status (docs/formats/protocol.md). */
function readEnd(detail: bigint): { readonly isSignal: boolean; readonly number: number } {
  const status = Number(detail & 0xffn);
  const isSignal = ((detail >> 31n) & 1n) === 1n;
  return { isSignal, number: isSignal ? status - 128 : status };
}

/** Why init ended, as far as its end tells. The kernel ends who wants more memory than there is with SIGKILL. */
function whyEnded(plan: Plan, detail: bigint): string {
  const { isSignal, number } = readEnd(detail);
  if (detail !== 0n && !isSignal) return `init ended by itself, with status ${number}`;
  const isKill = detail === 0n || number === sigkill;
  if (isKill && plan.ops.some(({ from }) => from === memoryLimit))
    return `init was killed, most likely for want of memory: raise ${memoryLimit}`;
  if (detail === 0n) return "init was killed, perhaps for want of memory";
  return `init was ended by signal ${number}${isKill ? ", perhaps for want of memory" : ""}`;
}

function endedError(plan: Plan, report: Report): CofferError {
  const hint = whyEnded(plan, report.detail);
  const op = report.op === undefined ? undefined : plan.ops[report.op];
  const at = op === undefined ? "" : ` at ${describeOp(op, report.op ?? 0)}`;
  const details = { phase: report.phase, hint };
  return new CofferError("E_LAUNCH_FAILED", `${startFailure}: init ended before its program ran${at}`, details, {
    hint,
  });
}

/** CRIU has said no. Its log says why. */
function criuError(index: number | undefined, { errno, phase }: Report): CofferError {
  const why = errno === 0 ? "" : `: ${describeErrno(errno)}`;
  const details = {
    op: "ask-criu",
    phase,
    ...(index === undefined ? {} : { index }),
    errno,
    errnoName: nameErrno(errno),
  };
  return new CofferError("E_LAUNCH_FAILED", `criu refused${why}`, details);
}

/** The program of a user-mode network has ended: before the sandbox runs, of which it says why, or while it does. */
function networkError(errno: number, said: string): CofferError {
  const isLate = nameErrno(errno) === "ENETDOWN";
  const found = isLate ? "it has ended" : said;
  const message = isLate
    ? "the network is gone: pasta has ended"
    : `a user-mode network cannot be made: pasta: ${found}`;
  const start = found.includes("/dev/net/tun")
    ? "make the device as systemd does: chmod 666 /dev/net/tun"
    : "look at what pasta(1) says";
  const hint = isLate ? "a signal ended it, or the lack of memory" : start;
  return new CofferError("E_HOST_UNSUPPORTED", message, { needs: "a pasta(1) that goes on", found }, { hint });
}

/** A hook that failed, in runc's words. */
function programError(op: PlanOp | undefined, { detail, phase }: Report): CofferError {
  const [, point = "startContainer", index] = /^\/hooks\/(\w+)\/(\d+)$/.exec(op?.from ?? "") ?? [];
  const { isSignal, number } = readEnd(detail);
  const how = isSignal ? `signal ${number}` : `exit status ${number}`;
  const which = index === undefined ? `${point} hook` : `${point} hook #${index}`;
  const told = `${point === "poststop" ? "" : `${startFailure}: `}error running ${which}: ${how}`;
  const hint = "what it has to say is on standard error";
  const pointer = op?.from === undefined ? {} : { pointer: op.from };
  const details = { op: "spawn", phase, ...pointer, hint };
  return new CofferError("E_LAUNCH_FAILED", told, details, { hint });
}

/** The error that a failure record tells of. */
export function toLaunchError(plan: Plan, report: Report): CofferError {
  const op = findOp(plan, report);
  switch (report.code) {
    case "no-program":
      return toProgramError(programOf(plan), candidatesOf(plan), report.errno);
    case "plan-refused":
      return refusedError(report);
    case "bad-input":
      return inputError(plan, report);
    case "program-failed":
      return op?.op === "ask-criu" ? criuError(report.op, report) : programError(op, report);
    case "init-ended":
      return endedError(plan, report);
    default:
      if (op?.op === "start-network" && ["ECHILD", "ENETDOWN"].includes(nameErrno(report.errno)))
        return networkError(report.errno, report.told?.trim() ?? "");
      return op?.op === "exec"
        ? toProgramError(programOf(plan), candidatesOf(plan), report.errno, "exec")
        : callError(plan, report);
  }
}

/** Tells whether a launch failed since the process that it was about has ended. */
export function isGone(error: unknown): boolean {
  return CofferError.is(error, "E_LAUNCH_FAILED") && error.details.errnoName === "ESRCH";
}

/** Tells whether a launch failed since what it waited for did not happen in time. */
export function isTimedOut(error: unknown): boolean {
  return CofferError.is(error, "E_LAUNCH_FAILED") && error.details.errnoName === "ETIMEDOUT";
}
