// Open files that need a right to be opened: CRIU has all rights, and the process keeps the file.
import type { Config } from "@coffer/spec";
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import type { Checkpoint, ImageFile } from "../read/index.ts";
import { fileTypes, rawSocket } from "../read/index.ts";
import type { Expected } from "./expected.ts";

const maxType = 20;
/** As high as any process may set SO_PRIORITY (socket(7)). */
const maxPriority = 6;
const firstPort = 1024;
const capability = {
  dacReadSearch: 2,
  kill: 5,
  setuid: 7,
  netBind: 10,
  netAdmin: 12,
  netRaw: 13,
  sysAdmin: 21,
  wakeAlarm: 35,
  auditRead: 37,
  bpf: 39,
} as const;
const audit = 9;
/** Protocols of netlink(7) whose groups need no right: routes, between users, diagnosis of sockets, SELinux, devices, generic. */
const openGroups: ReadonlySet<number> = new Set([0, 2, 4, 7, 15, 16]);

interface Need {
  /** Any of these is enough. */
  readonly capabilities: readonly number[];
  readonly what: string;
  /** The right must be over the host: none of a user namespace is enough. */
  readonly isHosts: boolean;
}

function needOfType({ type, socketType, wakes }: ImageFile): Need | undefined {
  if (type === fileTypes.packet || (type === fileTypes.inet && socketType === rawSocket))
    return { capabilities: [capability.netRaw], what: "a raw socket", isHosts: false };
  if (type === fileTypes.tun) return { capabilities: [capability.netAdmin], what: "a network device", isHosts: false };
  if (type === fileTypes.fanotify)
    return { capabilities: [capability.sysAdmin], what: "events of a whole file system", isHosts: true };
  if (wakes) return { capabilities: [capability.wakeAlarm], what: "a timer that wakes the host", isHosts: true };
  if (type === fileTypes.bpfMap) return { capabilities: [capability.bpf], what: "a map of the kernel", isHosts: true };
  return undefined;
}

/** Whose network it is, and the ports below which a socket needs a right there; in a new one every port is free. */
interface Ports {
  readonly isHosts: boolean;
  readonly first: number;
}

function portsOf(system: System, { linux }: Config): Ports {
  const network = linux?.namespaces?.find(({ type }) => type === "network");
  if (network !== undefined) return { isHosts: false, first: network.path === undefined ? 0 : firstPort };
  const start = optional(() => system.readText("/proc/sys/net/ipv4/ip_unprivileged_port_start", 16));
  return { isHosts: true, first: Number(start ?? firstPort) };
}

function needsOf(file: ImageFile, { isHosts, first }: Ports): readonly Need[] {
  const { isByHandle, listensTo, mark, priority, port } = file;
  const { dacReadSearch, netBind, netAdmin, netRaw, auditRead } = capability;
  const ofType = needOfType(file);
  const listens = listensTo !== undefined && !openGroups.has(listensTo);
  const isAudit = listensTo === audit;
  return [
    ...(ofType === undefined ? [] : [ofType]),
    ...(isByHandle
      ? [{ capabilities: [dacReadSearch], what: "a watch of a file that has a handle and no path", isHosts: true }]
      : []),
    ...(listens
      ? [{ capabilities: [isAudit ? auditRead : netAdmin], what: "what the kernel tells", isHosts: isAudit }]
      : []),
    ...(mark === 0 && priority <= maxPriority
      ? []
      : [{ capabilities: [netAdmin, netRaw], what: "packets with a mark or a priority", isHosts: false }]),
    ...(port === 0 || port >= first ? [] : [{ capabilities: [netBind], what: `the port ${port}`, isHosts }]),
  ];
}

/** A signal that a file sends reaches processes of others, where they are in the same pid namespace. */
function signalNeeds({ files, tasks }: Checkpoint, { linux }: Config): readonly Need[] {
  const pids = linux?.namespaces?.find(({ type }) => type === "pid");
  if (pids !== undefined && pids.path === undefined) return [];
  const users = new Set(tasks.flatMap(({ threads }) => threads.flatMap(({ uids }) => uids)));
  const what = "signals of another user";
  return files.some(({ signalsAs }) => signalsAs.some((uid) => !users.has(uid)))
    ? [{ capabilities: [capability.kill, capability.setuid], what, isHosts: false }]
    : [];
}

/** Everything that is wrong with the open files. */
export function checkFiles(
  system: System,
  checkpoint: Checkpoint,
  config: Config,
  { rights }: Expected,
): readonly string[] {
  const { files } = checkpoint;
  const ports = portsOf(system, config);
  const hasUser = (config.linux?.namespaces ?? []).some(({ type }) => type === "user");
  const needs = [...signalNeeds(checkpoint, config), ...files.flatMap((file) => needsOf(file, ports))];
  const unknown = files.filter(({ type }) => type === 0 || type > maxType);
  return [
    ...unknown.map(({ type }) => `an open file of the unknown type ${type}`),
    ...needs.flatMap(({ capabilities, what, isHosts }) => {
      const has = capabilities.some((one) => (rights & (1n << BigInt(one))) !== 0n);
      return has && !(isHosts && hasUser)
        ? []
        : [`/process/capabilities: an open file (${what}) needs a capability that is not in it`];
    }),
  ];
}
