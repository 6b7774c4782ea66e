// Open files that need a right to be opened: CRIU has all rights, and the process keeps the file.
import type { Config } from "@coffer/spec";
import type { Checkpoint, ImageFile } from "../read/index.ts";
import { fileTypes } from "../read/index.ts";
import type { Expected } from "./expected.ts";

const rawSocket = 3;
const maxType = 20;
const capability = { netAdmin: 12, netRaw: 13, sysAdmin: 21, bpf: 39 } as const;

interface Need {
  readonly capability: number;
  readonly what: string;
  /** The right must be over the host: none of a user namespace is enough. */
  readonly isHosts: boolean;
}

function needOf({ type, socketType }: ImageFile): Need | undefined {
  if (type === fileTypes.packet || (type === fileTypes.inet && socketType === rawSocket))
    return { capability: capability.netRaw, what: "a raw socket", isHosts: false };
  if (type === fileTypes.tun) return { capability: capability.netAdmin, what: "a network device", isHosts: false };
  if (type === fileTypes.fanotify)
    return { capability: capability.sysAdmin, what: "events of a whole file system", isHosts: true };
  if (type === fileTypes.bpfMap) return { capability: capability.bpf, what: "a map of the kernel", isHosts: true };
  return undefined;
}

/** Everything that is wrong with the open files. */
export function checkFiles({ files }: Checkpoint, config: Config, { bounding }: Expected): readonly string[] {
  const hasUser = (config.linux?.namespaces ?? []).some(({ type }) => type === "user");
  return files.flatMap((file) => {
    if (file.type === 0 || file.type > maxType) return [`an open file of the unknown type ${file.type}`];
    const need = needOf(file);
    if (need === undefined) return [];
    const may = (bounding & (1n << BigInt(need.capability))) !== 0n && !(need.isHosts && hasUser);
    return may
      ? []
      : [`/process/capabilities/bounding: an open file (${need.what}) needs a capability that is not in it`];
  });
}
