// Device nodes that CRIU would make, and files that it makes and removes by path.
import { quote } from "../../errors.ts";
import type { Checkpoint, ImageRemap } from "../read/index.ts";
import type { Expected } from "./expected.ts";
import { nodeName } from "./expected.ts";
import { isWithin } from "./mount-tree.ts";
import { tmpfs } from "./mounts.ts";
import type { Paths } from "./paths.ts";

const noDevices = 4;
const modes: Readonly<Partial<Record<string, number>>> = { "3": 0x2000, "4": 0x6000 };

/** Device nodes in the file systems that allow them. */
export function checkNodes({ mounts, archives }: Checkpoint, { nodes }: Expected): readonly string[] {
  const devices = mounts.filter(({ type, flags }) => type === tmpfs && (flags & noDevices) === 0);
  const entries = [...new Set(devices.map(({ device }) => device))].flatMap((device) => archives.get(device) ?? []);
  return entries.flatMap(({ name, type, major, minor }) => {
    const node = nodeName(modes[type] ?? 0, major, minor);
    return node === undefined || nodes.has(node)
      ? []
      : [`the device node ${quote(name)} (${node}), which is not in /linux/devices`];
  });
}

/**
 * Every archive is of a tmpfs, and every tmpfs has one: else CRIU looks for it under the name that it once had. The root
 * has none: CRIU is given its directory, which may lie on a tmpfs.
 */
export function checkArchives({ mounts, archives }: Checkpoint): readonly string[] {
  const root = mounts.find(({ point }) => point === "/")?.device;
  const own = mounts.filter(({ type, external }) => type === tmpfs && external === undefined);
  const devices = new Set(own.map(({ device }) => device).filter((device) => device !== root));
  return [
    ...[...archives.keys()]
      .filter((device) => !devices.has(device))
      .map((device) => `an archive of no mount (${device})`),
    ...[...devices]
      .filter((device) => !archives.has(device))
      .map((device) => `a tmpfs without its archive (${device})`),
  ];
}

function checkRemap(
  { path, mount, mode, major, minor }: ImageRemap,
  { mounts }: Checkpoint,
  paths: Paths,
  nodes: ReadonlySet<string>,
) {
  const file = `the file ${quote(path)} that CRIU would make`;
  const at = mounts.find(({ id }) => id === mount);
  if (at === undefined || !isWithin(path, at.point)) return `${file} in no mount`;
  const node = nodeName(mode, major, minor);
  if (node !== undefined && !nodes.has(node))
    return `${file} is a device node (${node}), which is not in /linux/devices`;
  const directory = path.slice(0, path.lastIndexOf("/")).slice(at.point === "/" ? 0 : at.point.length);
  if (directory !== "" && !paths.staysWithin(at, directory)) return `${file} would not be in the container`;
  return undefined;
}

/** Files that CRIU makes, or removes, where the host's root is. */
export function checkRemaps(checkpoint: Checkpoint, { nodes }: Expected, paths: Paths): readonly string[] {
  return checkpoint.remaps
    .map((remap) => checkRemap(remap, checkpoint, paths, nodes))
    .filter((found) => found !== undefined);
}
