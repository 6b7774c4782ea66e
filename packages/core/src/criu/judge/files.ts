// Open files that need a right to be opened: CRIU has all rights, and the process keeps the file.
import type { Config } from "@coffer/spec";
import type { Checkpoint, ImageFile } from "../read/index.ts";
import { fileTypes } from "../read/index.ts";
import type { Expected } from "./expected.ts";

const rawSocket = 3;
const maxType = 20;
const capability = { dacReadSearch: 2, netAdmin: 12, netRaw: 13, sysAdmin: 21, auditRead: 37, bpf: 39 } as const;
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

function needOfType({ type, socketType }: ImageFile): Need | undefined {
  if (type === fileTypes.packet || (type === fileTypes.inet && socketType === rawSocket))
    return { capabilities: [capability.netRaw], what: "a raw socket", isHosts: false };
  if (type === fileTypes.tun) return { capabilities: [capability.netAdmin], what: "a network device", isHosts: false };
  if (type === fileTypes.fanotify)
    return { capabilities: [capability.sysAdmin], what: "events of a whole file system", isHosts: true };
  if (type === fileTypes.bpfMap) return { capabilities: [capability.bpf], what: "a map of the kernel", isHosts: true };
  return undefined;
}

function needsOf(file: ImageFile): readonly Need[] {
  const { isByHandle, listensTo, mark } = file;
  const { dacReadSearch, netAdmin, netRaw, auditRead } = capability;
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
    ...(mark === 0 ? [] : [{ capabilities: [netAdmin, netRaw], what: "packets with a mark", isHosts: false }]),
  ];
}

/** Everything that is wrong with the open files. */
export function checkFiles({ files }: Checkpoint, config: Config, { bounding }: Expected): readonly string[] {
  const hasUser = (config.linux?.namespaces ?? []).some(({ type }) => type === "user");
  return files.flatMap((file) => {
    if (file.type === 0 || file.type > maxType) return [`an open file of the unknown type ${file.type}`];
    return needsOf(file).flatMap(({ capabilities, what, isHosts }) => {
      const has = capabilities.some((one) => (bounding & (1n << BigInt(one))) !== 0n);
      return has && !(isHosts && hasUser)
        ? []
        : [`/process/capabilities/bounding: an open file (${what}) needs a capability that is not in it`];
    });
  });
}
