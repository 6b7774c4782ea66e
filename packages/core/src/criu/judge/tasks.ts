// The processes of a checkpoint against the config: no namespace of the host's, no right that the config does not give.
import type { Config, LinuxIdMapping } from "@coffer/spec";
import type { Checkpoint, ImageCreds, ImageTask } from "../read/index.ts";
import type { Expected } from "./expected.ts";

const seccompFilterMode = 2;
const setgid = 1n << 6n;
const setuid = 1n << 7n;

function checkNamespaces(task: ImageTask, checkpoint: Checkpoint, config: Config): readonly string[] {
  const [first] = checkpoint.tasks;
  const wanted = config.linux?.namespaces ?? [];
  const shared = wanted.flatMap(({ type }, index) => {
    const id = task.namespaces.get(type) ?? 0;
    const isHosts = id === 0 || id === checkpoint.hostNamespaces.get(type);
    // CRIU restores into a time namespace of its own accord.
    return type !== "time" && isHosts
      ? [`/linux/namespaces/${index}: process ${task.pid} is in the host's ${type} namespace`]
      : [];
  });
  const same = (type: string): boolean => task.namespaces.get(type) === first?.namespaces.get(type);
  const nested = ["mount", "user"]
    .filter((type) => !same(type))
    .map((type) => `process ${task.pid} is in a ${type} namespace of its own`);
  const hasUser = wanted.some(({ type }) => type === "user");
  const isNew = task.namespaces.get("user") !== checkpoint.hostNamespaces.get("user");
  const user =
    !hasUser && isNew ? [`process ${task.pid} is in a user namespace, which is not in /linux/namespaces`] : [];
  return [...shared, ...nested, ...user];
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Whether one of the filters that hold a thread is the config's. */
function isFiltered({ filters }: Checkpoint, creds: ImageCreds, program: Uint8Array): boolean {
  if (creds.seccompMode !== seccompFilterMode) return false;
  let index = creds.seccompFilter;
  for (let steps = 0; index !== undefined && steps <= filters.length; steps += 1) {
    const filter = filters[index];
    if (filter === undefined) return false;
    if (isEqual(filter.program, program)) return true;
    index = filter.previous;
  }
  return false;
}

/** Without the right to change ids, and without programs that would, they are those of the config. */
function checkIds(creds: ImageCreds, expected: Expected, who: string): readonly string[] {
  if (!expected.noNewPrivileges) return [];
  const { uid, gid, groups, rights } = expected;
  const hasUid = (rights & setuid) !== 0n || creds.uids.every((id) => id === uid);
  const known = new Set([gid, ...groups]);
  const hasGid = (rights & setgid) !== 0n || [...creds.gids, ...creds.groups].every((id) => known.has(id));
  return hasUid && hasGid ? [] : [`/process/user: ${who} is another user`];
}

function checkSet(name: string, more: bigint, who: string): readonly string[] {
  return more === 0n
    ? []
    : [`/process/capabilities/${name}: ${who} has capabilities that are not in it (0x${more.toString(16)})`];
}

function checkCreds(creds: ImageCreds, checkpoint: Checkpoint, expected: Expected, who: string): readonly string[] {
  return [
    ...checkSet("bounding", (creds.capabilities | creds.bounding) & ~expected.bounding, who),
    ...checkSet("permitted", creds.capabilities & expected.bounding & ~expected.rights, who),
    ...(expected.noNewPrivileges && !creds.noNewPrivs ? [`/process/noNewPrivileges: ${who} has it not`] : []),
    ...(expected.program !== undefined && !isFiltered(checkpoint, creds, expected.program)
      ? [`/linux/seccomp: ${who} is not held by the filter`]
      : []),
    ...checkIds(creds, expected, who),
  ];
}

function checkLimits({ pid, hardLimits }: ImageTask, expected: Expected): readonly string[] {
  return [...expected.hardLimits].flatMap(([resource, hard]) => {
    const limit = hardLimits[resource];
    return limit === undefined || limit > BigInt.asUintN(64, hard)
      ? [`/process/rlimits: process ${pid} has a higher limit of resource ${resource}`]
      : [];
  });
}

function sameMap(ranges: readonly (readonly number[])[], mappings: readonly LinuxIdMapping[]): boolean {
  const have = ranges.map((range) => range.join(" ")).toSorted();
  const want = mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}`).toSorted();
  return have.length === want.length && have.every((range, index) => range === want[index]);
}

/** The id maps of the user namespace are the config's. */
function checkIdmaps({ idmaps }: Checkpoint, { linux }: Config): readonly string[] {
  return idmaps.flatMap(({ uids, gids }) => [
    ...(sameMap(uids, linux?.uidMappings ?? []) ? [] : ["/linux/uidMappings: the checkpoint has others"]),
    ...(sameMap(gids, linux?.gidMappings ?? []) ? [] : ["/linux/gidMappings: the checkpoint has others"]),
  ]);
}

/** Everything that is wrong with the processes. */
export function checkTasks(checkpoint: Checkpoint, config: Config, expected: Expected): readonly string[] {
  const { tasks } = checkpoint;
  if (tasks.length === 0) return ["there is no process in it"];
  return [
    ...checkIdmaps(checkpoint, config),
    ...tasks.flatMap((task) => [
      ...checkNamespaces(task, checkpoint, config),
      ...checkLimits(task, expected),
      ...task.threads.flatMap((creds) => checkCreds(creds, checkpoint, expected, `process ${task.pid}`)),
    ]),
  ];
}
