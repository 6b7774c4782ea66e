// Open files: most are the processes' own matter. Of some CRIU makes or removes files by path, before there is a container
// that the path would be resolved in.
import type { ImageFile, ImageRemap } from "./checkpoint.ts";
import { ImageError } from "./image-error.ts";
import type { Message } from "./protobuf.ts";
import { messageOf, textOf, uint32Of } from "./protobuf.ts";

/** enum fd_types. */
export const fileTypes = { regular: 1, inet: 4, packet: 10, fanotify: 12, tun: 15, bpfMap: 19 } as const;

/** enum remap_type. */
const remapTypes = { linked: 0, ghost: 1, process: 2 } as const;

interface RegularFile {
  readonly path: string;
  readonly mount: number;
}

/** Reads an open file. */
export function toFile(entry: Message): ImageFile {
  const socket = messageOf(entry, 4);
  return { type: uint32Of(entry, 1), socketType: socket === undefined ? 0 : uint32Of(socket, 4) };
}

/** sint32: zigzag. */
function mountOf(file: Message): number {
  const value = uint32Of(file, 7);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function regularFiles(files: readonly Message[]): ReadonlyMap<number, RegularFile> {
  const all = new Map<number, RegularFile>();
  for (const entry of files) {
    const file = messageOf(entry, 3);
    if (file === undefined) continue;
    const id = uint32Of(file, 1);
    if (all.has(id)) throw new ImageError(`files.img has the file ${id} twice`);
    all.set(id, { path: textOf(file, 6) ?? "", mount: mountOf(file) });
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
