import { escapeControl } from "@coffer/spec";
import { mainPlace } from "../../cgroup/files.ts";
import { listPids } from "../../cgroup/pids.ts";
import { CofferError, quote } from "../../errors.ts";
import { describeErrno } from "../../system/errno.ts";
import { optional, SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { decodeText } from "../../wire/utf8.ts";
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

/** How much of what ps says goes into a message. */
const maxSaid = 300;
/** How long the lines about a container may be. Its processes choose their titles. */
const maxLength = 8 * 1024 * 1024;
/** How much of a line is read for its columns. */
const maxHead = 4096;

/** How many processes ps is asked for by their numbers: one word of a command has at most 128 KiB. */
const maxNamed = 10_000;

/** What ps is asked by default: as `-ef`, without reading what other containers call their processes. One that is there always ends well. */
function usualArgs({ caller }: System, pids: ReadonlySet<number>): readonly string[] {
  return pids.size > maxNamed ? ["-ef"] : ["-f", "-p", [caller.pid, ...pids].join(",")];
}

const wordsOf = (line: string): readonly string[] => line.trim().split(/\s+/);

/** Where the title has the numbers of processes; -1 if the line is no title, as when ps complains. */
const pidColumn = (title: string): number => wordsOf(title).indexOf("PID");

/**
 * Runs the host's ps(1), and gives its title and its lines about those processes. Other lines are dropped as they come: other
 * containers choose how many they are, and how long.
 */
async function runPs(system: System, args: readonly string[], pids: ReadonlySet<number>): Promise<string> {
  let column: number | undefined;
  let length = 0;
  const isWanted = (line: Uint8Array): boolean => {
    const head = decodeText(line.subarray(0, maxHead));
    const isOurs = column === undefined || column < 0 || pids.has(Number(wordsOf(head)[column]));
    column ??= pidColumn(head);
    if (isOurs) length += line.length;
    return isOurs && length <= maxLength;
  };
  try {
    const { status, output } = await system.capture("ps", args.length === 0 ? usualArgs(system, pids) : args, isWanted);
    if (status !== 0) throw failed(`ps ended with status ${status}: ${output.trim().slice(0, maxSaid)}`);
    if (length > maxLength) throw failed("ps printed more than 8 MiB about the container: use --format json");
    return output;
  } catch (error) {
    if (SystemError.is(error)) throw failed(`cannot run the host's ps: ${describeErrno(error.errno)}`);
    throw error;
  }
}

/** The lines of the host's ps(1) about a container, as with runc. */
export async function printProcesses(runtime: Runtime, id: string, args: readonly string[]): Promise<string> {
  const pids = new Set(await ps(runtime, id));
  const output = (await runPs(runtime.system, args, pids)).replace(/\n$/, "");
  const [title = "", ...lines] = output.split("\n");
  if (pidColumn(title) < 0) throw failed(`couldn't find PID field in ps output: ${quote(title.slice(0, maxSaid))}`);
  return [title, ...lines.filter((line) => line !== "")].map(escapeControl).join("\n");
}
