import { escapeControl } from "@coffer/spec";
import { mainPlace } from "../../cgroup/files.ts";
import { listPids } from "../../cgroup/pids.ts";
import { CofferError, quote } from "../../errors.ts";
import { describeErrno } from "../../system/errno.ts";
import { optional, SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { noCgroup } from "../launch/no-cgroup.ts";
import type { Runtime } from "../runtime.ts";
import { isAlive } from "../store/identity.ts";
import { readIdentity, readRecord } from "../store/store.ts";

function linkOf(system: System, path: string): string | undefined {
  return optional(() => system.readLink(path));
}

/** The processes of a container without a cgroup: those in the pid namespace of its first one, if that is not the caller's. */
function listNamespace(runtime: Runtime, id: string): readonly number[] {
  const { system } = runtime;
  const first = readIdentity(runtime, id);
  if (first === undefined || !isAlive(system, first)) return [];
  const namespace = linkOf(system, `/proc/${first.pid}/ns/pid`);
  if (namespace === undefined || namespace === linkOf(system, "/proc/self/ns/pid"))
    throw noCgroup("list the processes of");
  const pids = system.listDir("/proc").filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => linkOf(system, `/proc/${pid}/ns/pid`) === namespace)
    .map(Number)
    .toSorted((a, b) => a - b);
}

/** The processes of a container, by their numbers on the host. */
export async function ps(runtime: Runtime, id: string): Promise<readonly number[]> {
  const { cgroups } = readRecord(runtime, id);
  if (mainPlace(cgroups) === undefined) return listNamespace(runtime, id);
  return listPids(runtime.system, cgroups);
}

function failed(message: string): CofferError {
  return new CofferError("E_IO", message, { path: "ps" });
}

async function runPs(system: System, args: readonly string[]): Promise<string> {
  try {
    const { status, output } = await system.capture("ps", args.length === 0 ? ["-ef"] : args);
    if (status === 0) return output;
    throw failed(`ps ended with status ${status}: ${output.trim()}`);
  } catch (error) {
    if (SystemError.is(error)) throw failed(`cannot run the host's ps: ${describeErrno(error.errno)}`);
    throw error;
  }
}

/** The lines of the host's ps(1) about a container, as with runc. */
export async function printProcesses(runtime: Runtime, id: string, args: readonly string[]): Promise<string> {
  const pids = new Set(await ps(runtime, id));
  const [title = "", ...lines] = (await runPs(runtime.system, args)).split("\n");
  const column = title.trim().split(/\s+/).indexOf("PID");
  if (column < 0) throw failed(`couldn't find PID field in ps output: ${quote(title)}`);
  const ours = lines.filter((line) => line !== "" && pids.has(Number(line.trim().split(/\s+/)[column])));
  return [title, ...ours].map(escapeControl).join("\n");
}
