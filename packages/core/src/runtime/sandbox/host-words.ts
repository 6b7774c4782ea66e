// What a sandbox is told of the caller and the host, besides the facts of every plan. All of it is looked up, nothing is needed.
import type { Account } from "../../defaults/sandbox/etc.ts";
import { SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";

const fileLimit = 1 << 20;

function optional<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (SystemError.is(error)) return undefined;
    throw error;
  }
}

/** The fields of the line of passwd(5) or group(5) whose id, its third field, is that. */
function findLine({ readLines }: System, path: string, id: number): readonly string[] | undefined {
  return optional(() => {
    for (const line of readLines(path)) {
      const fields = line.split(":");
      if (fields[2] === `${id}`) return fields;
    }
    return undefined;
  });
}

const shells = ["/bin/bash", "/bin/sh"];

/** The caller's name, group and shell, as this host's own files say. */
export function callerAccount(system: System): Account {
  const { uid, gid, env } = system.caller;
  const user = findLine(system, "/etc/passwd", uid);
  const group = findLine(system, "/etc/group", gid);
  const name = user?.[0] ?? env.USER ?? "";
  const shell = user?.[6]?.startsWith("/usr/bin/") || user?.[6]?.startsWith("/bin/") ? user[6] : undefined;
  const found = shells.find((path) => optional(() => system.stat(path)) !== undefined) ?? "/bin/sh";
  return { name, group: group?.[0] ?? name, shell: shell ?? found };
}

/** How names are looked up on the host: for a sandbox that has its network. */
export function hostNames({ readText }: System) {
  const read = (path: string): string | undefined => optional(() => readText(path, fileLimit));
  return { hosts: read("/etc/hosts"), resolv: read("/etc/resolv.conf") };
}

/** File systems of which Linux maps the ids in a mount (mount_setattr(2)). The overlay's own mount is none of them. */
const mapping: ReadonlySet<string> = new Set([
  "bcachefs",
  "btrfs",
  "cephfs",
  "erofs",
  "exfat",
  "ext2",
  "ext3",
  "ext4",
  "f2fs",
  "fat",
  "ntfs3",
  "squashfs",
  "tmpfs",
  "vfat",
  "xfs",
  "zfs",
]);

/** The octal escapes of proc_pid_mountinfo(5). */
const unescapeOctal = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

const isBeneath = (path: string, dir: string): boolean => dir === "/" || path === dir || path.startsWith(`${dir}/`);

/** The type of the file system that a path is on, as the mounts of the caller say; undefined where that cannot be told. */
function typeOf({ readLines }: System, path: string): string | undefined {
  let found: { readonly at: string; readonly type: string } | undefined;
  for (const line of readLines("/proc/self/mountinfo")) {
    const [mount = "", rest = ""] = line.split(" - ");
    const at = unescapeOctal(mount.split(" ")[4] ?? "");
    const type = rest.split(" ")[0] ?? "";
    if (isBeneath(path, at) && at.length >= (found?.at.length ?? 0)) found = { at, type };
  }
  return found?.type;
}

/** Whether files of root in a directory can be the sandbox's own: where its file system maps the ids of mounts. */
export function mapsIds(system: System, path: string): boolean {
  const type = optional(() => typeOf(system, path));
  return type !== undefined && mapping.has(type);
}
