// A checkpoint of a small container, and what its config would make: each test changes one thing.

import type { Expected } from "../judge/expected.ts";
import type { Checkpoint, ImageCreds, ImageFile, ImageMount, ImageTask } from "../read/index.ts";

export const filter = Uint8Array.of(6, 0, 0, 0, 0, 0, 0xff, 0x7f);
const types = ["pid", "network", "ipc", "uts", "mount", "cgroup", "user", "time"] as const;
/** Ids of namespaces: the host's, the user namespace of all, and those of the container. */
export const hostNamespaces: ReadonlyMap<string, number> = new Map(types.map((type, index) => [type, index + 1]));
const own = types.map((type, index) => [type, type === "user" ? index + 1 : index + 11] as const);

export const creds: ImageCreds = {
  uids: [0, 0, 0, 0],
  gids: [0, 0, 0, 0],
  groups: [],
  capabilities: 0x21n,
  bounding: 0x21n,
  noNewPrivs: true,
  lsmProfile: undefined,
  socketLabel: undefined,
  seccompMode: 2,
  seccompFilter: 0,
  nice: 0,
  policy: 0,
  priority: 0,
};

export const task: ImageTask = {
  pid: 1,
  namespaces: new Map(own),
  threads: [creds],
  hardLimits: Array<bigint>(16).fill(1024n).with(13, 0n).with(14, 0n),
  oomScore: 0,
  loginUid: 0xffffffff,
  wakes: false,
};

/** An open file that needs nothing. */
export const openFile: ImageFile = {
  type: 1,
  socketType: 0,
  paths: [],
  socket: undefined,
  isByHandle: false,
  listensTo: undefined,
  mark: 0,
  priority: 0,
  port: 0,
  signalsAs: [],
  wakes: false,
};

const mount: ImageMount = {
  type: 5,
  id: 1,
  parent: 1,
  device: 1,
  flags: 0xe,
  root: "/",
  point: "/",
  options: "",
  shared: 0,
  master: 0,
  external: undefined,
  isForeign: false,
};

/** The root, /proc with a mask and a read-only path, /dev, /dev/shm, a bind. */
export const mounts: readonly ImageMount[] = [
  { ...mount, type: 0, id: 10, parent: 1, device: 254, flags: 1, root: "/bundle/rootfs" },
  { ...mount, type: 1, id: 11, parent: 10, device: 41, point: "/proc" },
  { ...mount, type: 5, id: 12, parent: 10, device: 42, flags: 2, point: "/dev", options: "size=65536k,mode=755" },
  { ...mount, type: 5, id: 13, parent: 12, device: 44, point: "/dev/shm", options: "size=65536k" },
  { ...mount, type: 5, id: 14, parent: 11, device: 46, flags: 0xf, root: "/file", point: "/proc/keys" },
  { ...mount, type: 1, id: 15, parent: 11, device: 41, flags: 0xf, root: "/sys", point: "/proc/sys" },
  { ...mount, type: 0, id: 16, parent: 10, device: 254, flags: 1, root: "/srv", point: "/srv", external: "/srv" },
];

const entry = { type: "5", major: 0, minor: 0 } as const;

export const checkpoint: Checkpoint = {
  hostNamespaces,
  lsm: 0,
  tasks: [task],
  mounts,
  filters: [{ program: filter, previous: undefined }],
  idmaps: [],
  files: [openFile],
  remaps: [],
  archives: new Map([
    [
      42,
      [
        { ...entry, name: "./" },
        { ...entry, name: "./null", type: "3", major: 1, minor: 3 },
        { ...entry, name: "./link", type: "2" },
      ],
    ],
    [44, [{ ...entry, name: "./" }]],
    [
      46,
      [
        { ...entry, name: "./" },
        { ...entry, name: "./file", type: "0" },
      ],
    ],
  ]),
};

const point = { options: [], isConsole: false, isPrivate: false } as const;

export const expected: Expected = {
  points: new Map([
    ["/proc", { ...point, type: "proc", from: "/mounts/0" }],
    ["/dev", { ...point, type: "tmpfs", options: ["mode=755", "size=65536k"], from: "/mounts/1" }],
    ["/dev/shm", { ...point, type: "tmpfs", options: ["size=65536k"], from: "/mounts/2" }],
    ["/srv", { ...point, type: "bind", source: "/volume", isPrivate: true, from: "/mounts/3" }],
  ]),
  flags: [
    { path: "/dev/shm", require: 0xe, from: "/mounts/2" },
    { path: "/srv", require: 0x1, from: "/mounts/3" },
  ],
  masked: [{ path: "/proc/keys", require: 1, from: "/linux/maskedPaths/0" }],
  readonly: [{ path: "/proc/sys", require: 1, from: "/linux/readonlyPaths/0" }],
  nodes: new Set(["c 1:3"]),
  bounding: 0x21n,
  rights: 0x21n,
  noNewPrivileges: true,
  uid: 0,
  gid: 0,
  groups: [],
  program: filter,
  hardLimits: new Map([[7, 1024n]]),
  labels: new Map(),
};
