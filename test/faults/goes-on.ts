// Where a verb succeeds although something went wrong, and why that is right.
import type { OpName } from "../../packages/core/src/wire/tables/op-table.ts";
import type { Run } from "./outcome.ts";

/** The reason, or undefined where the verb should have failed. */
export function goesOn({ op, index, column, plan, injected }: Run): string | undefined {
  if (op.op === "sync" && plan.ops[index + 1]?.phase === "gate")
    return "init has said that it stands at the gate: it ends there, and is found stopped";
  if (column.kind === "errno") {
    if (op.flags?.includes("go-on")) return "its failure is told and passed over (flag go-on)";
    if (injected?.call === closing) return harmless.close;
    if (injected?.call === masking) return "umask(2) has no failure, its result is not looked at";
    if (op.op === "confine" && column.errno === ENOSYS)
      return "a kernel without Landlock or without seccomp is passed over: it is the second line of defence";
    if (op.op === "open-procfs" && column.errno === EPERM)
      return "who may not mount one takes the ambient procfs, and checks it";
    if (op.op === "report" && plan.ops.some(({ op }) => op === "move-netdev"))
      return "its first call closes the socket over which the interface would come back";
    if (op.op === "adopt" && plan.kind === "restore")
      return "its only call closes a descriptor: CRIU's process has been opened before";
    if (op.op === "await-exec" && plan.ops.some(({ op }) => op === "adopt"))
      return "its first call waits for the end of the process that made the adopted one, which is ended already";
    if (injected?.call === reading && readsSignals.has(op.op)) return "the signal that could not be read is read again";
    return column.errno === EINTR && op.op in retried ? retried[op.op] : harmless[op.op];
  }
  if (op.phase === "gate") return "the container waits there by itself: it is ended, and found stopped";
  if (op.op === "report" && column.kind === "kill-init") return "init is on its own already: it is found stopped";
  if ((op.op === "wait" || op.op === "confine") && column.kind === "kill-init")
    return "the program may have ended by itself before";
  if (plan.kind === "create" && op.phase === "exec") return "after `exec now` its end is that of the container";
  return afterReport[op.op];
}

const EPERM = 1;
const EINTR = 4;
const ENOSYS = 38;
/** The number of close(2). */
const closing = process.arch === "arm64" ? 57 : 3;
/** The number of umask(2). */
const masking = process.arch === "arm64" ? 166 : 95;

/** The number of read(2), and ops that read no more by it than signals while they wait. */
const reading = process.arch === "arm64" ? 63 : 0;
const readsSignals: ReadonlySet<OpName> = new Set<OpName>(["adopt", "await-exec", "call-bus", "sync", "take-slot"]);

/** An interrupted call that is made again. */
const retried: Partial<Record<OpName, string>> = {
  dial: "the wait is begun again",
  "await-end": "ppoll(2) is called again",
  "await-exec": "ppoll(2) is called again",
  adopt: "ppoll(2) is called again",
  "ask-criu": "ppoll(2) is called again",
  "call-bus": "sendto(2) is called again",
  "spawn-idmap": "ppoll(2) is called again",
  gate: "accept4(2) is called again",
  sync: "recvmsg(2) is called again",
  "take-slot": "ppoll(2) is called again",
  wait: "ppoll(2) is called again",
};

const harmless: Partial<Record<OpName, string>> = {
  gate: "the first call sets the signal mask, which is set again, and checked, before exec",
  confine: "ppoll(2) is only to wait a moment: without that the rights are given up at once",
  close: "a descriptor that cannot be closed ends with the process: none survives exec",
  report: "ppoll(2) asks whether the caller reads: the report is written all the same",
  "record-process": "fstatfs(2) of the pidfd: without an inode the start time tells the process",
  "find-home": "a passwd that cannot be read leaves the default: nobody is kept from starting",
  "take-slot": "ioctl(2) gives the terminal its size, and is called again when the launcher begins to wait",
  wait: "the terminal stays as it is, and the container is waited for all the same",
};

/** The container's end has been reported: what the launcher was to do after that, the front does. */
const afterReport: Partial<Record<OpName, string>> = {
  "kill-cgroup": "the end was reported: the front removes what is left",
  "remove-cgroup": "the end was reported: the front removes what is left",
};
