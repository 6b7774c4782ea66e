// RACER: two names are exchanged as fast as the kernel does it, while containers are made of them. For coffer the helper
// itself is launched again and again on one plan; runc and crun, as controls, run the same bundle fewer times.
import type { Patch } from "../helpers/json.ts";
import { bindAt, probes } from "./catalogue/words.ts";

/** How often coffer is launched in each race. */
export const launches = 2000;

/** How often a control runs, and for how many seconds at most. */
export const controlRuns = 25;
export const controlSeconds = 10;

/** A race. `$BASE` is the test's directory. */
export type Race = {
  readonly name: string;
  readonly patch: Patch;
  /** Makes the two names. */
  readonly before: string;
  /** The names that are exchanged. */
  readonly names: readonly [string, string];
  /** What the container may tell of what it has, with `$BASE` for the test's directory: each line must be one of these. */
  readonly right: RegExp;
  /** The number in this word is another in every launch of coffer. */
  readonly numbered?: string;
  /** The source is a descriptor that was opened before: only a plan can say so. */
  readonly byDescriptor?: true;
};

/** A small container: what is raced is the path, not the rest. */
const small: Patch = {
  "/mounts": [
    { destination: "/proc", type: "proc", source: "proc" },
    { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=65536k"] },
  ],
  "/linux/namespaces": ["pid", "ipc", "uts", "mount"].map((type) => ({ type })),
  "/linux/resources": undefined,
  "/linux/maskedPaths": [],
  "/linux/readonlyPaths": [],
  "/root/readonly": false,
};

const link = "ln -s $PWD/canary bundle/rootfs/b";

/** The races, by name. */
export const races: readonly Race[] = [
  {
    name: "the target of a mount",
    patch: { ...small, "/mounts/-": bindAt("/a/x", "$BASE/vol"), ...probes("look", "@vol", "/a/x") },
    before: `mkdir vol bundle/rootfs/a; echo inside > vol/inside; ${link}`,
    names: ["bundle/rootfs/a", "bundle/rootfs/b"],
    right: /^(@vol( (\/a|\/b|\$BASE\/canary)\/x)+|\/a\/x:( inside| errno 2|))$/,
  },
  {
    name: "the source of a mount behind the target of another",
    patch: {
      ...small,
      "/mounts/-": bindAt("/a/x", "$BASE/volumes/one"),
      "/mounts/3": bindAt("/t", "$BASE/volumes/two"),
      ...probes("look", "/t"),
    },
    before:
      "mkdir -p volumes/one volumes/two volumes/x bundle/rootfs/a; echo two > volumes/two/two; ln -s $PWD/canary volumes/one/two; ln -s $PWD/volumes bundle/rootfs/b",
    names: ["bundle/rootfs/a", "bundle/rootfs/b"],
    right: /^\/t: two$/,
  },
  {
    name: "the parent of a missing mount point",
    patch: {
      ...small,
      "/mounts/-": { destination: "/a/deep/new00000", type: "tmpfs", source: "tmpfs" },
      ...probes("look", "@new0"),
    },
    before: `mkdir bundle/rootfs/a; ${link}`,
    names: ["bundle/rootfs/a", "bundle/rootfs/b"],
    right: /^@new0( (\/a|\/b|\$BASE\/canary)\/deep\/new\d{5})+$/,
    numbered: "new00000",
  },
  {
    name: "the working directory",
    patch: { ...small, "/process/cwd": "/a/w", ...probes("look", ".", "./ptmx", "./file") },
    before: `mkdir -p bundle/rootfs/a/w canary/w; echo canary > canary/w/file; ${link}`,
    names: ["bundle/rootfs/a", "bundle/rootfs/b"],
    right: /^(cwd (\/a|\/b|\$BASE\/canary)\/w|\.\/(ptmx|file): errno 2)$/,
  },
  {
    name: "/dev",
    patch: { ...small, ...probes("look", "@- tmpfs tmpfs", "/dev/null", "/dev/ptmx") },
    before: "ln -s $PWD/canary bundle/rootfs/b",
    names: ["bundle/rootfs/dev", "bundle/rootfs/b"],
    right: /^(@- tmpfs tmpfs( \/(dev|b))+|\/dev\/null:( device 1:3| errno 2)|\/dev\/ptmx: errno (2|5|13))$/,
  },
  {
    name: "a masked path",
    patch: {
      ...small,
      "/linux/maskedPaths": ["/a/file"],
      "/linux/readonlyPaths": ["/a"],
      ...probes("look", "/a/file"),
    },
    before: `mkdir bundle/rootfs/a; echo secret > bundle/rootfs/a/file; ${link}`,
    names: ["bundle/rootfs/a", "bundle/rootfs/b"],
    // The link of the image, in whose place the directory is: then the mask is where the link pointed.
    right: /^\/a\/file:( ""| device 1:3| "secret"| errno 2)$/,
  },
  {
    name: "what a tmpfs begins with",
    patch: {
      ...small,
      "/mounts/-": { destination: "/t", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"] },
      ...probes("look", "/t/a"),
    },
    before: "mkdir -p bundle/rootfs/t/a; echo own > bundle/rootfs/t/a/inside; ln -s $PWD/canary bundle/rootfs/t/b",
    names: ["bundle/rootfs/t/a", "bundle/rootfs/t/b"],
    // The link is copied as a link, and leads nowhere in the container. Whoever lists a directory may miss what is exchanged.
    right: /^\/t\/a:( inside| errno 2)$/,
  },
  {
    name: "a source that is passed as a descriptor",
    patch: { ...small, "/mounts/-": bindAt("/t", "$BASE/vol/sub"), ...probes("look", "/t") },
    before: "mkdir -p vol/sub; echo sub > vol/sub/sub; ln -s $PWD/canary vol/other",
    names: ["vol/sub", "vol/other"],
    right: /^\/t: sub$/,
    byDescriptor: true,
  },
];
