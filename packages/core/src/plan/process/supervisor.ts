// Names that do not exist and must not be made: Landlock refuses every name in their trees, and a supervisor makes the others
// (docs/decisions/0031-names-that-do-not-exist.md).
import type { HostFacts } from "../../host/facts.ts";
import { linklessPath } from "../../paths.ts";
import type { SeccompArg, SeccompSyscall } from "../../seccomp/index.ts";
import { compileSeccomp } from "../../seccomp/index.ts";
import type { SlotName } from "../../wire/op.ts";
import type { Context } from "../draft/draft.ts";
import type { Supervised } from "../draft/options.ts";
import { landlockFs } from "../reduced/landlock.ts";
import type { ProcessEntry } from "./process.ts";
import { watchedRules, watchedTable } from "./watched.ts";

const supervisorSlot = "supervisor";
/** The input that gets what the program asks for. */
export const watcherInput = "watcher";
const rulesetSlot = "fence-rules";

/** Whatever gives a file or a directory a name, but a socket: nothing reads one as a file. */
export const namingRights =
  landlockFs["make-char"] |
  landlockFs["make-dir"] |
  landlockFs["make-reg"] |
  landlockFs["make-fifo"] |
  landlockFs["make-block"] |
  landlockFs["make-sym"] |
  landlockFs.refer;

/** SECCOMP_FILTER_FLAG_SPEC_ALLOW, and _WAIT_KILLABLE_RECV: no signal interrupts what is carried out already. */
const filterFlags = 4 | 32;
const nowhere = 0xffffffff;

const creating = 0o100n;
const creates = (index: number): readonly SeccompArg[] => [
  { index, op: "SCMP_CMP_MASKED_EQ", value: creating, valueTwo: creating },
];
const notify = (names: readonly string[], args: readonly SeccompArg[] = []): SeccompSyscall => ({
  names,
  action: "SCMP_ACT_NOTIFY",
  args,
});

const handed: readonly SeccompSyscall[] = [
  notify(["creat", "mkdir", "mkdirat", "mknod", "mknodat", "symlink", "symlinkat"]),
  notify(["link", "linkat", "rename", "renameat", "renameat2"]),
  notify(["open"], creates(1)),
  notify(["openat"], creates(2)),
  // Its flags lie in memory, where a filter does not see them.
  notify(["openat2"]),
  // What the supervisor makes has the umask of its caller, and is nothing that the caller's own Landlock domain may forbid.
  notify(["umask", "landlock_restrict_self"]),
];
/** What it makes is in memory as well: libraries fall back to threads. */
const absent: SeccompSyscall = {
  names: ["io_uring_setup"],
  action: "SCMP_ACT_ERRNO",
  errnoRet: 38,
};

/** Programs of these run beside native ones. The supervisor lets their calls go on, to the fence. */
const architectures = {
  x86_64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  aarch64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
} as const;

/** What a supervisor is for. */
export interface Supervision {
  /** Names that it keeps from being made. */
  readonly supervised?: Supervised | undefined;
  /** It tells what the program asks for. */
  readonly watched?: boolean | undefined;
}

/** Whether there is a supervisor at all. */
export function isSupervised({ supervised, watched }: Supervision): boolean {
  return supervised !== undefined || watched === true;
}

/** The filter that hands on what may make a name, or what the watcher gets. */
export function supervisedFilter(arch: HostFacts["arch"], { supervised, watched }: Supervision): Uint8Array {
  const { program } = compileSeccomp(
    {
      defaultAction: "SCMP_ACT_ALLOW",
      architectures: architectures[arch],
      // Init sends the listener to the launcher's satellite: nobody connects to a path.
      listenerPath: "/",
      syscalls: [...(supervised === undefined ? [] : [...handed, absent]), ...(watched === true ? watchedRules : [])],
    },
    { arch },
  );
  return program;
}

/** The message of init that has the listener with it: `struct msg` of helper-c/sys/run.h, of kind MSG_FD. */
function listenerMessage(): Uint8Array {
  const message = new Uint8Array(40);
  const view = new DataView(message.buffer);
  view.setUint32(0, 0x4d465243, true);
  view.setUint32(4, 4, true);
  return message;
}

const directory = 0o040000;

/** Makes the rules of the fence: names may be made beneath these directories alone. Init is in the container's root by then. */
export function planFence({ draft }: Context, root: SlotName, { free }: Supervised): SlotName {
  const why = "no name is made where one is guarded, whatever call asks for it";
  draft.add({ op: "make-ruleset", phase: "rooted", fs: namingRights, net: 0, scoped: 0, out: rulesetSlot, why });
  free.forEach((path, index) => {
    const out = `free-${index}`;
    const how = { path: linklessPath(path), resolve: 2, type: directory, major: 0, minor: 0 };
    draft.add({ op: "open-object", phase: "rooted", at: root, ...how, out });
    draft.add({ op: "allow-path", phase: "rooted", ruleset: rulesetSlot, object: out, access: namingRights });
    draft.add({ op: "close", phase: "rooted", slot: out });
  });
  return rulesetSlot;
}

/** Starts the supervisor, which needs the launcher's procfs. */
export function startSupervisor({ draft }: Context, { supervised }: Supervision): void {
  if (!draft.has("proc"))
    draft.add({ op: "open-procfs", phase: "host", out: "proc", why: "where the supervisor finds its callers" });
  draft.add({
    op: "start-supervisor",
    phase: "host",
    out: supervisorSlot,
    why: supervised === undefined ? "tells what the program asks for" : "makes names for the program",
  });
}

/** Has the supervisor enter the container, whose tree is made. */
export function planSupervisor(
  { draft, facts }: Context,
  { supervised: { names, free } = { names: [], free: [] }, watched }: Supervision,
  process: SlotName,
  { uid, gid }: Pick<ProcessEntry, "uid" | "gid">,
): void {
  const slots = { supervisor: supervisorSlot, proc: "proc", process };
  const paths = { ...(names.length === 0 ? {} : { names }), ...(free.length === 0 ? {} : { free }) };
  if (watched === true) {
    const watcher = draft.input(watcherInput, "socket");
    const why = "a report of what is denied";
    draft.add({
      op: "watch",
      phase: "parent",
      supervisor: supervisorSlot,
      watcher,
      calls: watchedTable(facts.arch),
      why,
    });
  }
  draft.add({ op: "supervise", phase: "parent", ...slots, ...paths, uid, gid });
}

/** Loads the filter whose calls the supervisor answers. */
export function planSupervisedFilter(
  { draft, facts }: Context,
  phase: "drop" | "exec",
  supervision: Supervision,
): void {
  draft.add({
    op: "load-listener",
    phase,
    socket: supervisorSlot,
    program: supervisedFilter(facts.arch, supervision),
    message: listenerMessage(),
    filterFlags,
    pidAt: nowhere,
    statePidAt: nowhere,
    why: `calls ${supervision.watched === true ? "with a path" : "that make names"} go to the supervisor`,
  });
}
