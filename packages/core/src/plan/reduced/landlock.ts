// The rights of Landlock: what a kernel can handle, and what a rule allows (landlock(7)).
import type { HostFacts } from "../../host/facts.ts";
import { linklessPath } from "../../paths.ts";
import type { Context } from "../draft/draft.ts";
import type { LandlockPath } from "../draft/options.ts";

/** LANDLOCK_ACCESS_FS_*. */
export const landlockFs = {
  execute: 0x1,
  "write-file": 0x2,
  "read-file": 0x4,
  "read-dir": 0x8,
  "remove-dir": 0x10,
  "remove-file": 0x20,
  "make-char": 0x40,
  "make-dir": 0x80,
  "make-reg": 0x100,
  "make-sock": 0x200,
  "make-fifo": 0x400,
  "make-block": 0x800,
  "make-sym": 0x1000,
  refer: 0x2000,
  truncate: 0x4000,
  "ioctl-dev": 0x8000,
} as const;

/** LANDLOCK_SCOPE_*. */
export const landlockScope = { "abstract-unix-socket": 1, signal: 2 } as const;

type Right = keyof typeof landlockFs;

const sum = (rights: readonly Right[]): number => rights.reduce((mask, right) => mask | landlockFs[right], 0);

/** Rights that a rule for a file may have: the others are of directories. */
const ofFiles = sum(["execute", "write-file", "read-file", "truncate", "ioctl-dev"]);
const reading = sum(["execute", "read-file", "read-dir"]);
/** All but devices. */
const writing = 0xffff & ~sum(["make-char", "make-block"]);

/** What each kind of access allows. */
const allowed = {
  list: landlockFs["read-dir"],
  read: reading,
  write: writing,
  use: sum(["read-file", "write-file", "truncate", "ioctl-dev"]),
} as const satisfies Readonly<Record<LandlockPath["access"], number>>;

/** What the kernel can handle, by the version that began to (Documentation/userspace-api/landlock.rst). */
const versions = [
  { minor: 12, major: 6, fs: 0xffff, net: 3, scoped: 3 },
  { minor: 10, major: 6, fs: 0xffff, net: 3, scoped: 0 },
  { minor: 7, major: 6, fs: 0x7fff, net: 3, scoped: 0 },
  { minor: 2, major: 6, fs: 0x7fff, net: 0, scoped: 0 },
] as const;

/** The rights that a kernel handles; undefined for one that could not deny truncate(2) (before Linux 6.2). */
export function handledRights({ kernel }: Pick<HostFacts, "kernel">) {
  return versions.find(({ major, minor }) => kernel.major > major || (kernel.major === major && kernel.minor >= minor));
}

const directory = 0o040000;
/** Without following any link. */
const openHow = { resolve: 2, major: 0, minor: 0 } as const;

/** Makes the ruleset, with one rule for each path. A path is opened as the caller, without following any link. */
export function planRuleset({ draft, facts, issues }: Context, paths: readonly LandlockPath[]): void {
  const handled = handledRights(facts);
  if (handled === undefined) {
    issues.unsupported("", "without namespaces a sandbox needs Landlock of Linux 6.2 or newer");
    return;
  }
  const { fs, net, scoped } = handled;
  draft.add({
    op: "make-ruleset",
    phase: "inside",
    fs,
    net,
    scoped,
    out: "ruleset",
    why: "what no rule allows is denied",
  });
  draft.add({ op: "open-root", phase: "inside", out: "host-root" });
  paths.forEach(({ path, kind, access }, index) => {
    const out = `allowed-${index}`;
    const type = kind === "dir" ? directory : 0;
    const right = allowed[access] & fs & (kind === "dir" ? 0xffff : ofFiles);
    draft.add({ op: "open-object", phase: "inside", at: "host-root", path: linklessPath(path), ...openHow, type, out });
    draft.add({ op: "allow-path", phase: "inside", ruleset: "ruleset", object: out, access: right });
    draft.add({ op: "close", phase: "inside", slot: out });
  });
  draft.add({ op: "close", phase: "inside", slot: "host-root" });
}
