import type { Checkpoint, ImageCreds, ImageIdmap, ImageTask } from "./checkpoint.ts";
import { ImageError } from "./image-error.ts";
import type { ReadImage } from "./image-file.ts";
import { only } from "./image-file.ts";
import type { Message } from "./protobuf.ts";
import {
  alarms,
  int32Of,
  listOf,
  messageOf,
  readMessage,
  sint32Of,
  textOf,
  uint32Of,
  uint32sOf,
  uint64Of,
} from "./protobuf.ts";

/** Fields of task_kobj_ids_entry. */
const namespaceFields = [
  ["pid", 5],
  ["network", 6],
  ["ipc", 7],
  ["uts", 8],
  ["mount", 9],
  ["user", 10],
  ["cgroup", 11],
  ["time", 12],
] as const;

/** Reads the namespaces of a process. */
export function namespacesOf(ids: Message): ReadonlyMap<string, number> {
  return new Map(namespaceFields.map(([type, field]) => [type, uint32Of(ids, field)]));
}

/** An id that is not set, as /proc/PID/loginuid says. */
export const unsetId = 0xffffffff;

/** The words of a capability set, lowest first. */
function capabilitySet(creds: Message, field: number): bigint {
  return uint32sOf(creds, field).reduce((sum, word, index) => sum | (BigInt(word) << BigInt(32 * index)), 0n);
}

function toCreds(core: Message): ImageCreds {
  const thread = messageOf(core, 5);
  const creds = thread === undefined ? undefined : messageOf(thread, 10);
  if (thread === undefined || creds === undefined) throw new ImageError("it has no credentials");
  const ids = (...fields: readonly number[]): readonly number[] => fields.map((field) => uint32Of(creds, field));
  return {
    uids: ids(1, 3, 5, 7),
    gids: ids(2, 4, 6, 8),
    groups: uint32sOf(creds, 14),
    capabilities: [9, 10, 11, 19].reduce((sum, field) => sum | capabilitySet(creds, field), 0n),
    bounding: capabilitySet(creds, 12),
    noNewPrivs: uint32Of(creds, 18) !== 0,
    lsmProfile: textOf(creds, 15),
    socketLabel: textOf(creds, 16),
    seccompMode: uint32Of(thread, 11),
    seccompFilter: thread.has(12) ? uint32Of(thread, 12) : undefined,
    nice: sint32Of(thread, 3),
    policy: uint32Of(thread, 4),
    priority: uint32Of(thread, 5),
  };
}

/** What a process has beside its threads. CRIU looks for limits in another image where they are missing here. */
function ofProcess(core: Message): Pick<ImageTask, "hardLimits" | "oomScore" | "loginUid" | "wakes"> {
  const task = messageOf(core, 3);
  const limits = task === undefined ? undefined : messageOf(task, 8);
  if (task === undefined || limits === undefined) throw new ImageError("it has no resource limits");
  const timers = messageOf(task, 7);
  const posix = timers === undefined ? [] : listOf(timers, 4).map(readMessage);
  return {
    hardLimits: listOf(limits, 1).map((entry) => uint64Of(readMessage(entry), 2)),
    oomScore: int32Of(task, 14),
    loginUid: task.has(13) ? uint32Of(task, 13) : unsetId,
    wakes: posix.some((timer) => alarms.has(uint32Of(timer, 2))),
  };
}

/** What older versions had for the whole process counts more for CRIU than what each thread has. */
function checkOld(core: Message): void {
  const task = messageOf(core, 3);
  if (task?.has(11) || task?.has(12)) throw new ImageError("it has its filter in the way of an old version");
}

/** Reads a process and its threads. */
export function toTask(read: ReadImage, entry: Message): ImageTask {
  const pid = uint32Of(entry, 1);
  const core = (id: number): Message => only(`core-${id}.img`, read(`core-${id}.img`));
  const leader = core(pid);
  const others = uint32sOf(entry, 5).filter((thread) => thread !== pid);
  const all = [leader, ...others.map(core)];
  for (const one of all) checkOld(one);
  return {
    pid,
    namespaces: namespacesOf(only(`ids-${pid}.img`, read(`ids-${pid}.img`))),
    threads: all.map(toCreds),
    ...ofProcess(leader),
  };
}

/** Reads the id maps of a user namespace. */
export function toIdmap(entry: Message): ImageIdmap {
  const ranges = (field: number): readonly (readonly number[])[] =>
    listOf(entry, field).map((bytes) => {
      const range = readMessage(bytes);
      return [1, 2, 3].map((number) => uint32Of(range, number));
    });
  return { uids: ranges(1), gids: ranges(2) };
}

/** Reads the filters of all processes. */
export function toFilters(entry: Message): Checkpoint["filters"] {
  return listOf(entry, 1).map((bytes) => {
    const filter = readMessage(bytes);
    const [program = new Uint8Array(0), ...more] = listOf(filter, 1);
    if (more.length > 0) throw new ImageError("a filter has several programs");
    return { program, previous: filter.has(2) ? uint32Of(filter, 2) : undefined };
  });
}
