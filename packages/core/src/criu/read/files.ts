// Open files: most are the processes' own matter. Of some CRIU makes or removes files by path, before there is a container
// that the path would be resolved in.
import type { ImageFile, ImageRemap } from "./checkpoint.ts";
import { ImageError } from "./image-error.ts";
import type { Message } from "./protobuf.ts";
import {
  alarms,
  bytesOf,
  listOf,
  messageOf,
  readMessage,
  sint32Of,
  textOf,
  toText,
  uint32Of,
  uint32sOf,
} from "./protobuf.ts";

/** enum fd_types. */
export const fileTypes = { inet: 4, packet: 10, fanotify: 12, tun: 15, bpfMap: 19 } as const;

/** enum remap_type. */
const remapTypes = { linked: 0, ghost: 1, process: 2 } as const;

interface RegularFile {
  readonly path: string;
  readonly mount: number;
}

const nameField = 11;
/** SOCK_RAW of socket(2). */
export const rawSocket = 3;
/** IPPROTO_ICMP and IPPROTO_ICMPV6: their ports are ids of echo requests. */
const pings: ReadonlySet<number> = new Set([1, 58]);

/** Where a unix socket has its name; undefined where it has none, or an abstract one (unix(7)). */
function socketPath(socket: Message): string | undefined {
  const bytes = bytesOf(socket, nameField);
  if (bytes === undefined || bytes.length === 0 || bytes[0] === 0) return undefined;
  const name = toText(bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes, nameField);
  return name.startsWith("/") ? name : `${textOf(socket, 14) ?? ""}/${name}`;
}

/** The port that it has on the way to bind(2), which takes the low 16 bits; 0 where none is bound, as of raw and ping sockets. */
function portOf(socket: Message): number {
  const [type, protocol] = [uint32Of(socket, 4), uint32Of(socket, 5)];
  return type === rawSocket || pings.has(protocol) ? 0 : uint32Of(socket, 7) & 0xffff;
}

/** The handles of what inotify(7) and fanotify(7) watch. */
function handlesOf(entry: Message): readonly Message[] {
  const [files, mounts] = [messageOf(entry, 13), messageOf(entry, 14)];
  const within = (message: Message, field: number): readonly Message[] => {
    const found = messageOf(message, field);
    return found === undefined ? [] : [found];
  };
  const watches = files === undefined ? [] : listOf(files, 5).map(readMessage);
  const marks = mounts === undefined ? [] : listOf(mounts, 6).map(readMessage);
  const inodes = marks.flatMap((mark) => within(mark, 7));
  return [...watches.flatMap((watch) => within(watch, 7)), ...inodes.flatMap((inode) => within(inode, 2))];
}

/** Where the owner is in each entry of an open file: the field of the entry, and the field in it. */
const owners = [
  [3, 5],
  [4, 13],
  [6, 6],
  [7, 11],
  [8, 3],
  [9, 3],
  [10, 3],
  [12, 3],
  [13, 4],
  [14, 3],
  [15, 5],
  [16, 9],
  [18, 4],
  [19, 4],
  [20, 4],
  [21, 4],
] as const;

function signalsAs(entry: Message): readonly number[] {
  return owners.flatMap(([field, at]) => {
    const file = messageOf(entry, field);
    const owner = file === undefined ? undefined : messageOf(file, at);
    return owner === undefined || uint32Of(owner, 5) === 0 ? [] : [uint32Of(owner, 1), uint32Of(owner, 2)];
  });
}

/** Reads an open file. */
export function toFile(entry: Message): ImageFile {
  const [regular, inet, netlink, unix, timer] = [3, 4, 7, 16, 12].map((field) => messageOf(entry, field));
  const handles = handlesOf(entry).map((handle) => textOf(handle, 4));
  const options = inet === undefined ? undefined : messageOf(inet, 14);
  const listens = netlink !== undefined && uint32sOf(netlink, 8).some((groups) => groups !== 0);
  const named = [...(regular === undefined ? [] : [textOf(regular, 6) ?? ""]), ...handles];
  return {
    type: uint32Of(entry, 1),
    socketType: inet === undefined ? 0 : uint32Of(inet, 4),
    paths: named.filter((path) => path !== undefined),
    socket: unix === undefined ? undefined : socketPath(unix),
    isByHandle: handles.includes(undefined),
    listensTo: listens ? uint32Of(netlink, 3) : undefined,
    mark: options === undefined ? 0 : uint32Of(options, 10),
    priority: options === undefined ? 0 : uint32Of(options, 8),
    port: inet === undefined ? 0 : portOf(inet),
    signalsAs: signalsAs(entry),
    wakes: timer !== undefined && alarms.has(uint32Of(timer, 4)),
  };
}

function regularFiles(files: readonly Message[]): ReadonlyMap<number, RegularFile> {
  const all = new Map<number, RegularFile>();
  for (const entry of files) {
    const file = messageOf(entry, 3);
    if (file === undefined) continue;
    const id = uint32Of(file, 1);
    if (all.has(id)) throw new ImageError(`files.img has the file ${id} twice`);
    all.set(id, { path: textOf(file, 6) ?? "", mount: sint32Of(file, 7) });
  }
  return all;
}

/** dev_t as stat(2) has it: twelve bits of the major number, twenty of the minor. */
function deviceOf(device: number): { readonly major: number; readonly minor: number } {
  return { major: (device >>> 8) & 0xfff, minor: (device & 0xff) | ((device >>> 12) & 0xfff00) };
}

/**
 * Reads what CRIU makes or removes: a file that had no name any more (a ghost), and the name that the dump gave to one.
 *
 * @throws {ImageError}
 */
export function readRemaps(
  files: readonly Message[],
  remaps: readonly Message[],
  ghost: (id: number) => Message,
): readonly ImageRemap[] {
  const regular = regularFiles(files);
  const find = (id: number): RegularFile => {
    const file = regular.get(id);
    if (file === undefined) throw new ImageError(`remap-fpath.img is of the file ${id}, which there is not`);
    return file;
  };
  return remaps.flatMap((entry): readonly ImageRemap[] => {
    if (!entry.has(3)) throw new ImageError("remap-fpath.img is of an old version");
    const [file, type, id] = [find(uint32Of(entry, 1)), uint32Of(entry, 3), uint32Of(entry, 2)];
    if (type === remapTypes.process) return [];
    if (type === remapTypes.linked) return [{ path: find(id).path, mount: file.mount, mode: 0, major: 0, minor: 0 }];
    if (type !== remapTypes.ghost) throw new ImageError(`remap-fpath.img has the unknown type ${type}`);
    const made = ghost(id);
    return [{ ...file, mode: uint32Of(made, 3), ...deviceOf(uint32Of(made, 6)) }];
  });
}
