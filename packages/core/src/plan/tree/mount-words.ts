/** MOUNT_ATTR_* of linux/mount.h. */
export const attr = {
  readonly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  noatime: 0x10,
  strictatime: 0x20,
  nodiratime: 0x80,
  nosymfollow: 0x200000,
  idmap: 0x100000,
} as const;

/** The access-time attributes are one field: the kernel wants it cleared whole before any value is set. */
export const atimeField = 0x70;

/** Values of `propagation` in the op table. */
export const propagation = { keep: 0, private: 1, slave: 2, shared: 3, unbindable: 4, privateShared: 5 } as const;

/** What one word of the options does. */
export type Effect =
  | { readonly does: "attr"; readonly set: number; readonly clear: number; readonly undo: number }
  | { readonly does: "propagation"; readonly value: number }
  | { readonly does: "superblock"; readonly key: string; readonly binds: boolean }
  | { readonly does: "bind" | "idmap" | "copyup" | "nothing" }
  | { readonly does: "refuse"; readonly reason: string };

const put = (bit: number): Effect => ({ does: "attr", set: bit, clear: 0, undo: 0 });
const cut = (bit: number): Effect => ({ does: "attr", set: 0, clear: bit, undo: bit });
/** As the flags of mount(2): each word sets or undoes one, whatever its place. */
const atime = (set: number, undo = 0): Effect => ({ does: "attr", set, clear: atimeField, undo });
const spread = (value: number): Effect => ({ does: "propagation", value });
/** A flag of the file system, not of the mount. A bind has no file system of its own: only words that ask for the default pass there. */
const superblock = (key: string, binds = false): Effect => ({ does: "superblock", key, binds });

/** Attributes: each word, and with `r` before it the recursive one (mount_setattr(2), AT_RECURSIVE). */
const attributes: Readonly<Record<string, Effect>> = {
  ro: put(attr.readonly),
  rw: cut(attr.readonly),
  nosuid: put(attr.nosuid),
  suid: cut(attr.nosuid),
  nodev: put(attr.nodev),
  dev: cut(attr.nodev),
  noexec: put(attr.noexec),
  exec: cut(attr.noexec),
  nodiratime: put(attr.nodiratime),
  diratime: cut(attr.nodiratime),
  nosymfollow: put(attr.nosymfollow),
  symfollow: cut(attr.nosymfollow),
  noatime: atime(attr.noatime),
  strictatime: atime(attr.strictatime),
  // What is left without these two is what the kernel does by default, which is relatime.
  relatime: atime(0),
  norelatime: atime(0),
  atime: atime(0, attr.noatime),
  nostrictatime: atime(0, attr.strictatime),
};

const propagationWords: Readonly<Record<string, Effect>> = {
  private: spread(propagation.private),
  slave: spread(propagation.slave),
  shared: spread(propagation.shared),
  unbindable: spread(propagation.unbindable),
};

/** Every other word that mount(8) and runc(8) know. What is in no table is data of the file system. */
const words: Readonly<Record<string, Effect>> = {
  bind: { does: "bind" },
  rbind: { does: "bind" },
  idmap: { does: "idmap" },
  ridmap: { does: "idmap" },
  sync: superblock("sync"),
  async: superblock("async", true),
  dirsync: superblock("dirsync"),
  lazytime: superblock("lazytime"),
  nolazytime: superblock("nolazytime", true),
  mand: superblock("mand"),
  nomand: superblock("nomand", true),
  // Whether the kernel logs about the mount.
  silent: { does: "nothing" },
  loud: { does: "nothing" },
  defaults: { does: "nothing" },
  remount: { does: "refuse", reason: "a mount of the container is made once, there is nothing to remount" },
  tmpcopyup: { does: "copyup" },
};

/** A word that was found. */
export interface Found {
  readonly effect: Effect;
  readonly recursive: boolean;
}

const spreading = { ...attributes, ...propagationWords };

/** A word that is there as it is, such as `relatime`, is no recursive form of another one. */
const found: ReadonlyMap<string, Found> = new Map([
  ...Object.entries(spreading).map(([word, effect]) => [`r${word}`, { effect, recursive: true }] as const),
  ...Object.entries({ ...words, ...spreading }).map(
    ([word, effect]) => [word, { effect, recursive: word === "rbind" || word === "ridmap" }] as const,
  ),
]);

/** Looks a word up; undefined for data of the file system. */
export const findWord = (word: string): Found | undefined => found.get(word);

/** Words that `features` tells: all that are not data of a file system. */
export const mountOptionNames: readonly string[] = [
  ...Object.keys(spreading).flatMap((word) => [word, `r${word}`]),
  ...Object.entries(words)
    .filter(([, effect]) => effect.does !== "refuse")
    .map(([word]) => word),
].sort();
