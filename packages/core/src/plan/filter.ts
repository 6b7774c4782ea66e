import type { LinuxSeccomp } from "@coffer/spec";
import { quote } from "../errors.ts";
import type { PlanOp } from "../wire/op.ts";
import { opTable } from "../wire/op-table.ts";
import type { Context } from "./draft.ts";
import { pointerTo } from "./paths.ts";
import type { SeccompFilter } from "./seccomp/index.ts";
import { compileSeccomp, refusedCalls, SeccompError } from "./seccomp/index.ts";

const pointer = "/linux/seccomp";
const notify = "SCMP_ACT_NOTIFY";

/** Compiles `/linux/seccomp`; undefined when the config has none or cannot be carried out. */
export function compileFilter(context: Context): SeccompFilter | undefined {
  const profile = context.config.linux?.seccomp;
  if (profile === undefined || !checkNotify(context, profile)) return undefined;
  try {
    return compileSeccomp(profile, { arch: context.facts.arch });
  } catch (error) {
    if (!(error instanceof SeccompError)) throw error;
    context.issues.invalid(error.pointer, error.shortMessage);
    return undefined;
  }
}

function checkNotify({ issues }: Context, profile: LinuxSeccomp): boolean {
  const reason = "handing system calls to an agent (seccomp notify) is not carried out";
  const found = [
    ...(profile.defaultAction === notify ? [`${pointer}/defaultAction`] : []),
    ...(profile.syscalls ?? []).flatMap(({ action }, index) =>
      action === notify ? [`${pointerTo(`${pointer}/syscalls`, index)}/action`] : [],
    ),
    ...(profile.flags ?? []).flatMap((flag, index) =>
      flag === "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" ? [pointerTo(`${pointer}/flags`, index)] : [],
    ),
    ...(profile.listenerPath !== undefined && profile.listenerPath !== "" ? [`${pointer}/listenerPath`] : []),
    ...(profile.listenerMetadata !== undefined && profile.listenerMetadata !== ""
      ? [`${pointer}/listenerMetadata`]
      : []),
  ];
  for (const at of found) issues.unsupported(at, reason);
  return found.length === 0;
}

/** Init needs these besides, as long as it still has ops to do and to tell about. */
const alwaysNeeded = ["close", "exit_group", "sendmsg"];

/** What a hook needs from init, and before its program is executed. */
const spawnCalls = [
  ...["memfd_create", "pwrite64", "getpid", "mmap", "clone", "ppoll", "wait4", "kill"],
  ...["dup3", "close_range", "chdir", "rt_sigprocmask", "execve"],
];

/** Refuses a filter that denies a call that init itself still has to make after it has loaded the filter. */
export function checkFilterCalls(context: Context, filter: SeccompFilter, after: readonly PlanOp[]): void {
  const own = after.flatMap(({ op }) => (op === "spawn" ? spawnCalls : opTable[op].call.split(", ")));
  const calls = new Set(after.length > 1 ? [...alwaysNeeded, ...own] : own);
  const refused = refusedCalls(filter.program, context.facts.arch, [...calls]);
  if (refused.length > 0)
    context.issues.invalid(
      pointer,
      `denies ${refused.map(quote).join(", ")}, which the container's start needs after the filter is loaded: allow them` +
        (refused.includes("execve") ? "" : " or set /process/noNewPrivileges"),
    );
}
