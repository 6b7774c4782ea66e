// What came of a fault, and whether that is right.
import { CofferError } from "@coffer/core";
import type { Plan, PlanOp } from "../../packages/core/src/wire/op.ts";
import type { Injected } from "../helpers/trace/injected.ts";
import type { Column } from "./columns.ts";
import { EndedOtherwise } from "./ended.ts";
import { goesOn } from "./goes-on.ts";

const ESRCH = 3;

/**
 * - `named`: the error names the op, and the errno where there was one
 * - `ended`: the error says that init has ended, and at which op the launcher waited for it
 * - `killed`: the error says that the launcher was killed, which nobody can tell the op of
 * - `silent`: it was the report that could not be written; the error says that it is missing
 * - `goes on`: the verb succeeded
 * - `no call`: the op makes no kernel call
 * - `no init`: there is no init yet, or no longer
 */
export type Outcome = "named" | "ended" | "killed" | "silent" | "goes on" | "no call" | "no init";

export type Run = {
  readonly plan: Plan;
  readonly op: PlanOp;
  readonly index: number;
  readonly column: Column;
  /** Undefined: it succeeded. */
  readonly error: unknown;
  readonly injected: Injected | undefined;
  readonly seconds: number;
  /** How long it may take. */
  readonly limit: number;
  readonly leaks: readonly string[];
};

/** The end of init: found by the launcher at an op that waits for it, or told as that of the container. */
function isEnd(error: CofferError): boolean {
  if (/init ended before its program ran at .*op \d+/.test(error.message)) return true;
  // Or by an op that acts on it: a broken pipe, or a value that a process which is gone does not have.
  return CofferError.is(error, "E_LAUNCH_FAILED") && error.details.phase === "parent";
}

function namesOp({ op, index, column }: Run, error: CofferError): boolean {
  const isProgram = op.op === "find-exec" || op.op === "exec";
  if (CofferError.is(error, "E_EXEC_NOT_FOUND") || CofferError.is(error, "E_EXEC_PERMISSION")) return isProgram;
  if (!CofferError.is(error, "E_LAUNCH_FAILED")) return false;
  const { details } = error;
  if (isProgram && details.op === "exec") return details.errno === column.errno;
  if (details.op !== op.op) return false;
  if (details.index !== undefined && details.index !== index) return false;
  if (error.message.includes("read back")) return true;
  return details.errno === undefined || column.errno === undefined || details.errno === column.errno;
}

/** Nobody is there whom init could tell: `start` finds it gone, or its connection reset. */
const isGate = ({ op, injected }: Run): boolean => op.phase === "gate" && injected?.hit === true;

/**
 * Init cannot say that it has come to a meeting, and ends. The launcher may not have come yet: it finds init gone at an op of its own
 * before the meeting, and names that op.
 */
const isMissed = ({ op, injected }: Run, error: CofferError): boolean =>
  op.op === "sync" &&
  op.phase !== "parent" &&
  injected?.hit === true &&
  CofferError.is(error, "E_LAUNCH_FAILED") &&
  error.details.phase === "parent" &&
  error.details.errno === ESRCH;

/** What CRIU has logged tells more than the launcher, whose word is the cause then. */
const causeOf = (error: unknown): unknown => (CofferError.is(error, "E_CRIU_FAILED") ? error.cause : error);

function ofError(run: Run): Outcome | undefined {
  const { column } = run;
  const error = causeOf(run.error);
  if (error instanceof EndedOtherwise) return column.kind === "kill-init" && error.status === 137 ? "ended" : undefined;
  if (!(error instanceof CofferError)) return undefined;
  if (column.kind === "kill-launcher" && error.message.includes("ended with SIGKILL")) return "killed";
  if (column.kind === "kill-init" && isEnd(error)) return "ended";
  if (isGate(run) && error.message.includes("start-container")) return "ended";
  if (isMissed(run, error)) return "ended";
  if (run.op.op === "report" && error.message.includes("without a report")) return "silent";
  return namesOp(run, error) ? "named" : undefined;
}

/** The outcome of a run; undefined when it is none of those. */
export function outcomeOf(run: Run): Outcome | undefined {
  if (run.error !== undefined) return ofError(run);
  return run.injected?.hit ? "goes on" : "no call";
}

/** What is wrong with a run: nothing, or sentences. */
export function wrongs(run: Run): readonly string[] {
  const outcome = outcomeOf(run);
  const error = run.error instanceof Error ? run.error.message : run.error;
  const found: string[] = run.leaks.map((leak) => `left: ${leak}`);
  if (run.seconds > run.limit) found.push(`took ${run.seconds.toFixed(1)} s, at most ${run.limit.toFixed(1)}`);
  if (outcome === undefined) found.push(`tells something else: ${error}`);
  if (run.column.mustGoOn && outcome !== "goes on" && outcome !== "no call") found.push(`does not go on: ${error}`);
  if (!run.column.mustGoOn && outcome === "goes on" && goesOn(run) === undefined)
    found.push("goes on, as if nothing had been");
  const call = run.injected?.hit ? ` at kernel call number ${run.injected.call}` : "";
  return found.map((what) => `op ${run.index} ${run.op.op}, ${run.column.name}${call}: ${what}`);
}
