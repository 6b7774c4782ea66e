import type { LinuxSeccomp } from "@coffer/spec";
import { quote } from "../../errors.ts";
import { isForeignSyscall } from "../../seccomp/compiler/arch.ts";
import type { SeccompFilter } from "../../seccomp/index.ts";
import { compileOnce, heldCalls, refusedCalls, SeccompError } from "../../seccomp/index.ts";
import type { PlanOp } from "../../wire/op.ts";
import { firstCalls, opCalls } from "../../wire/tables/op-calls.ts";
import type { OpName } from "../../wire/tables/op-table.ts";
import { opTable } from "../../wire/tables/op-table.ts";
import type { Context } from "../draft/draft.ts";

const pointer = "/linux/seccomp";

/** Compiles `/linux/seccomp`; undefined when the config has none or cannot be carried out. */
export function compileFilter(context: Context): SeccompFilter | undefined {
  const profile = context.config.linux?.seccomp;
  if (profile === undefined) return undefined;
  try {
    const filter = compileOnce(profile, { arch: context.facts.arch });
    warnUnknownCalls(context, profile, filter);
    warnListener(context, profile, filter);
    return filter;
  } catch (error) {
    if (!(error instanceof SeccompError)) throw error;
    context.issues.invalid(error.pointer, error.shortMessage);
    return undefined;
  }
}

/** A name that is misspelled makes a rule that never matches: the call is then answered by the default action. */
function warnUnknownCalls({ issues }: Context, { syscalls = [] }: LinuxSeccomp, { unknown }: SeccompFilter): void {
  const misspelled = new Set(unknown.filter((name) => !isForeignSyscall(name)));
  if (misspelled.size === 0) return;
  syscalls.forEach(({ names }, row) => {
    names.forEach((name, index) => {
      if (misspelled.has(name))
        issues.warn(`${pointer}/syscalls/${row}/names/${index}`, `${quote(name)} is no system call of Linux: ignored`);
    });
  });
}

/** crun connects to a listener that will hear nothing, and runc does not, whether or not the socket exists. */
function warnListener(context: Context, profile: LinuxSeccomp, filter: SeccompFilter): void {
  if (listens(context, filter)) return;
  for (const field of ["listenerPath", "listenerMetadata"] as const)
    if ((profile[field] ?? "") !== "")
      context.issues.warn(`${pointer}/${field}`, "is ignored: no rule of the filter has SCMP_ACT_NOTIFY");
}

/** Whether a filter gets a listener: it hands calls on, or a socket for the listener is there. */
export function listens({ config, facts }: Context, filter: SeccompFilter): boolean {
  const { [config.linux?.seccomp?.listenerPath ?? ""]: kind = "missing" } = facts.paths;
  return filter.notifies || kind === "file";
}

/** Whether a filter hands on what init sends the listener with: somebody else must do that. */
export function handsSendingOn({ facts }: Context, { program }: SeccompFilter): boolean {
  return heldCalls(program, facts.arch, ["close", "sendmsg"]).length > 0;
}

/** Init needs these besides, as long as it still has ops to do and to tell about. */
const alwaysNeeded = ["close", "exit_group", "sendmsg"];

/** What a hook needs from init, and before its program is executed. */
const spawnCalls = [
  ...["memfd_create", "pwrite64", "getpid", "mmap", "clone", "ppoll", "wait4", "kill"],
  ...["dup3", "close_range", "rt_sigprocmask", "execve"],
];

const words = (text: string): readonly string[] => text.split(" ").filter((word) => word !== "");

/** What an op of init asks of the kernel where nothing fails. */
function callsOf(op: OpName): readonly string[] {
  if (op === "spawn") return spawnCalls;
  const { init = "", rare = {} } = opCalls[op];
  const left = new Set(typeof rare === "string" ? words(init) : Object.keys(rare).flatMap(words));
  return [...opTable[op].call.split(", "), ...words(init).filter((call) => !left.has(call))];
}

/** The same of the ops after a filter: what one asks may hang on its flags. */
function callsOfOp({ op, flags = [] }: PlanOp): readonly string[] {
  return [...callsOf(op), ...(flags.includes("init") ? words(firstCalls) : [])];
}

/** Whether a filter denies or hands on the calls with which init finds the working directory, the program and HOME. */
export function deniesLookup({ facts }: Context, filter: SeccompFilter): boolean {
  const calls = [opTable["change-dir"], opTable["find-exec"], opTable["find-home"]].flatMap(({ call }) =>
    call.split(", "),
  );
  return heldCalls(filter.program, facts.arch, calls).length > 0;
}

/** Whether a filter denies or hands on the calls with which init makes the process that goes on, and sets limits of that process. */
export function deniesFork({ facts }: Context, filter: SeccompFilter, setsLimits: boolean): boolean {
  const calls = [...alwaysNeeded, ...callsOf("fork"), ...(setsLimits ? callsOf("set-own-rlimit") : [])];
  return heldCalls(filter.program, facts.arch, calls).length > 0;
}

/**
 * Refuses a filter that denies a call that init itself still has to make after it has loaded the filter. A call that is handed
 * on is no denial: whoever the config names decides, and has the listener by then.
 */
export function checkFilterCalls(context: Context, filter: SeccompFilter, after: readonly PlanOp[]): void {
  const own = after.flatMap(callsOfOp);
  const calls = new Set(after.length > 1 || filter.notifies ? [...alwaysNeeded, ...own] : own);
  const refused = refusedCalls(filter.program, context.facts.arch, [...calls]);
  if (refused.length > 0)
    context.issues.invalid(
      pointer,
      `denies ${refused.map(quote).join(", ")}, which the container's start needs after the filter is loaded: allow them` +
        (refused.includes("execve") ? "" : " or set /process/noNewPrivileges"),
    );
}
