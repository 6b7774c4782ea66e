// Paths that CRIU resolves where the host's root is: they must lead through no link, and not out of their mount.
import { optional, readOr, SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { pushText } from "../../wire/utf8.ts";
import type { Checkpoint, ImageMount } from "../read/index.ts";
import { isPlainPath } from "../read/index.ts";
import { rootOf } from "./mount-tree.ts";

const link = "2";

/** Every path above a path, and the path itself. */
function steps(path: string): readonly string[] {
  const parts = path.split("/").slice(1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
}

/** Whether a path beneath a directory of the host is, or leads through, a link. */
function hasHostLink(system: System, base: string, path: string): boolean {
  return readOr(
    false,
    () => steps(path).some((step) => system.stat(`${base}${step}`, { follow: false }).kind === "link"),
    "ENOENT",
    "ENOTDIR",
  );
}

/** As the names of an archive are: one character a byte. */
function toBytes(path: string): string {
  const bytes: number[] = [];
  pushText(bytes, path);
  return String.fromCharCode(...bytes);
}

/** Looks at what is in the mounts of a checkpoint. */
export interface Paths {
  /** Whether the path would be there to be masked. */
  exists(path: string): boolean;
  /** Where a link of the root or of a bind leads; undefined for what is no link there. */
  linkAt(mount: ImageMount, path: string): string | undefined;
  /** Whether a path beneath a directory of the host is a link, or leads through one. */
  hasLink(base: string, path: string): boolean;
  /** Whether CRIU that follows a path within a mount stays in that mount. */
  staysWithin(mount: ImageMount, path: string): boolean;
}

function exists(system: System, rootfs: string, path: string): boolean {
  const isKernels = path.startsWith("/proc/") || path.startsWith("/sys/");
  try {
    system.stat(isKernels ? path : `${rootfs}${path}`, { follow: false });
    return true;
  } catch (error) {
    if (SystemError.is(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

/** Of a mount of the host its source is looked at, of a tmpfs its archive; of others nothing is known. */
export function makePaths(
  system: System,
  { mounts, archives }: Checkpoint,
  rootfs: string,
  sourceOf: (mount: ImageMount) => string | undefined,
): Paths {
  const root = rootOf(mounts);
  const inArchive = (device: number, path: string): boolean => {
    const entries = archives.get(device);
    const links = new Set((entries ?? []).filter(({ type }) => type === link).map(({ name }) => name.slice(1)));
    return entries !== undefined && !steps(toBytes(path)).some((step) => links.has(step));
  };
  return {
    exists: (path) => exists(system, rootfs, path),
    linkAt: (mount, path) => {
      const base = mount === root ? rootfs : mount.external === undefined ? undefined : sourceOf(mount);
      const at = `${base}${path}`;
      const isLink = base !== undefined && optional(() => system.stat(at, { follow: false }).kind) === "link";
      return isLink ? system.readLink(at) : undefined;
    },
    hasLink: (base, path) => hasHostLink(system, base, path),
    staysWithin: (mount, path) => {
      if (!isPlainPath(path)) return false;
      if (mount === root) return !hasHostLink(system, rootfs, path);
      if (mount.external === undefined) return inArchive(mount.device, path);
      const source = sourceOf(mount);
      return source !== undefined && !hasHostLink(system, source, path);
    },
  };
}
