// What is put into plans: ops that go together, each of which would give the container more if nobody looked.
import { cloneFlags as flags } from "../../packages/core/src/plan/namespaces/namespaces.ts";
import type { PlanOp, SlotName } from "../../packages/core/src/wire/op.ts";
import type { Random } from "./random.ts";

/** Where a test works. */
export type Place = { readonly base: string };

const inside = "inside";
const host = "host";
const types = ["tmpfs", "proc", "sysfs", "mqueue", "devpts", "overlay", "cgroup2", "ramfs"] as const;
const masks = Object.values(flags);

/** Paths of the host: what may be seen, what may not, what leads elsewhere. */
export const hostPaths = ({ base }: Place): readonly string[] => [
  `${base}/canary`,
  `${base}/vol`,
  `${base}/data`,
  `${base}/link`,
  `${base}/rootfs`,
  "/",
  "/usr",
  "/etc",
  "/proc",
  "/dev",
];

/** Paths of the container. */
export const paths: readonly string[] = [
  "/",
  "/mnt",
  "/proc",
  "/proc/sys",
  "/proc/kcore",
  "/dev",
  "/dev/null",
  "/sys",
  "/tmp",
  "/etc",
  "/link",
  "/vol",
  "/data",
  "/new/one",
];

type Make = (random: Random, slot: (name: string) => SlotName, place: Place) => readonly PlanOp[];

const point = (random: Random, at: SlotName, out: SlotName, phase: "inside" | "rooted" = inside): PlanOp => {
  const path = random.pick(paths);
  return { op: "mount-point", phase, at, path, kind: random.below(3), mode: 0o755, resolve: random.pick([0, 2]), out };
};
const newFs = (random: Random, out: SlotName, phase: "host" | "inside" | "rooted"): PlanOp => {
  const type = random.pick(types);
  const options = type === "overlay" ? ["lowerdir=/usr"] : random.pick([undefined, undefined, ["mode=700"]]);
  return { op: "make-fs", phase, type, ...(options === undefined ? {} : { options }), attrs: random.below(16), out };
};
const clone = (random: Random, source: SlotName, out: SlotName, phase: "host" | "inside" | "rooted"): PlanOp => {
  const [recursive, propagation] = [random.below(2), 1 + random.below(2)];
  return { op: "clone-tree", phase, source, recursive, propagation, out };
};
const attributes = (random: Random, tree: SlotName, phase: "host" | "inside" | "rooted"): PlanOp => ({
  op: "set-mount",
  phase,
  tree,
  set: random.below(16),
  clear: random.pick([0, 0, 1, 15]),
  propagation: random.below(6),
  recursive: random.below(2),
});
const opened = (random: Random, place: Place, at: SlotName, out: SlotName, phase: "host" | "inside"): PlanOp => {
  const path = random.pick(hostPaths(place));
  const resolve = random.pick([0, 2]);
  const name = resolve === 2 ? path.slice(1) || "." : path;
  return random.below(2) === 0
    ? { op: "open-dir", phase, at, path: name, resolve, out }
    : { op: "open-object", phase, at, path: name, resolve, type: 0, major: 0, minor: 0, out };
};

/** Each is put at a place of its phase, in one piece. */
export const snippets: Readonly<Record<string, Make>> = {
  "a file system": (random, slot) => [
    newFs(random, slot("fs"), inside),
    point(random, "root", slot("at")),
    { op: "attach", phase: inside, tree: slot("fs"), target: slot("at") },
  ],
  "a file system, in the end": (random, slot) => [
    newFs(random, slot("fs"), "rooted"),
    point(random, "root", slot("at"), "rooted"),
    { op: "attach", phase: "rooted", tree: slot("fs"), target: slot("at") },
  ],
  "a bind": (random, slot, place) => [
    { op: "open-root", phase: inside, out: slot("root") },
    opened(random, place, slot("root"), slot("source"), inside),
    clone(random, slot("source"), slot("tree"), inside),
    ...random.pick([[], [attributes(random, slot("tree"), inside)]]),
    point(random, "root", slot("at")),
    { op: "attach", phase: inside, tree: slot("tree"), target: slot("at") },
    { op: "close", phase: inside, slot: slot("root") },
  ],
  "a copy of the container": (random, slot) => [
    {
      op: "clone-tree",
      phase: inside,
      flags: ["keep"],
      source: "root",
      recursive: 1,
      propagation: 1,
      out: slot("tree"),
    },
    point(random, "root", slot("at")),
    { op: "attach", phase: inside, tree: slot("tree"), target: slot("at") },
  ],
  "a mount on the host's tree": (random, slot, place) => [
    newFs(random, slot("fs"), inside),
    { op: "open-root", phase: inside, out: slot("root") },
    ...random.pick([
      [{ op: "attach", phase: inside, tree: slot("fs"), target: slot("root") } as const],
      [
        opened(random, place, slot("root"), slot("at"), inside),
        { op: "attach", phase: inside, tree: slot("fs"), target: slot("at") } as const,
        { op: "close", phase: inside, slot: slot("root") } as const,
      ],
    ]),
  ],
  attributes: (random) => [attributes(random, "root", random.pick([inside, "rooted"]))],
  "a namespace of the host": (random, slot) => {
    const name = random.pick(["net", "uts", "ipc", "cgroup"] as const);
    const type = { net: flags.network, uts: flags.uts, ipc: flags.ipc, cgroup: flags.cgroup }[name];
    const path = random.pick([`/proc/self/ns/${name}`, `/proc/1/ns/${name}`, `/proc/thread-self/ns/${name}`]);
    return [
      { op: "open-namespace", phase: host, at: "host-root", path, type, out: slot("ns") },
      { op: "join-namespaces", phase: inside, ns: slot("ns"), types: type },
      { op: "close", phase: inside, slot: slot("ns") },
    ];
  },
  "a namespace made anew": (random) => [
    { op: "unshare", phase: random.pick([host, inside]), namespaces: random.pick([0x2000000, 0x8000000, 0x80]) },
  ],
  "a mask": (random, slot) => [
    { op: "make-masks", phase: "rooted", out: slot("masks") },
    { op: "mask", phase: "rooted", flags: ["absent-ok"], root: "root", masks: slot("masks"), path: random.pick(paths) },
    { op: "close", phase: "rooted", slot: slot("masks") },
  ],
  "a read-only path": (random) => [
    { op: "readonly-path", phase: "rooted", flags: ["absent-ok"], root: "root", path: random.pick(paths) },
  ],
  "a link": (random) => [
    { op: "make-link", phase: inside, at: "root", path: `${random.pick(paths)}/x`, target: random.pick(paths) },
  ],
  "a node": (random) => [
    {
      op: "make-node",
      phase: random.pick([inside, "rooted"]),
      at: "root",
      path: `${random.pick(paths)}/y`,
      mode: random.pick([0o20666, 0o100644, 0o40755, 0o104755]),
      major: 1,
      minor: 3,
      uid: 0,
      gid: 0,
    },
  ],
  "a copy of files": (random, slot) => [
    point(random, "root", slot("at")),
    { op: "make-fs", phase: inside, type: "tmpfs", attrs: 0, out: slot("fs") },
    { op: "copy-up", phase: inside, source: slot("at"), tree: slot("fs") },
    { op: "attach", phase: inside, tree: slot("fs"), target: slot("at") },
  ],
  "another directory": (random) => [{ op: "change-dir", phase: "drop", root: "root", path: random.pick(paths) }],
  "a limit": (random) => [
    {
      op: "write-cgroup",
      phase: random.pick([host, "parent"]),
      ...random.pick([{}, { flags: ["absent-ok"] } as const]),
      cgroup: random.pick(["cgroup", "cgroup-v1-0", "cgroup-v1-1", "cgroup-v1-2", "cgroup-v1-3"]),
      file: random.pick(["pids.max", "memory.limit_in_bytes"]),
      value: random.pick(["max", "-1", "1000000000"]),
    },
  ],
  "another cgroup": (random, slot) => [
    {
      op: "make-cgroup",
      phase: host,
      parent: random.pick(["cgroup", "cgroup-v1-0", "cgroup-v1-1", "cgroup-v1-2", "cgroup-v1-0-root"]),
      path: "x",
      exist: random.below(2),
      out: slot("cgroup"),
    },
    { op: "join-cgroup", phase: "parent", cgroup: slot("cgroup"), process: "init" },
  ],
  "an object of the host as a working directory": (random, slot) => [
    { ...newFs(random, slot("fs"), host), op: "make-fs", phase: host, type: "proc", attrs: 0, out: slot("fs") },
    { op: "change-dir", phase: "drop", root: slot("fs"), path: random.pick(["/", "/1", "/self"]) },
  ],
  "no new privileges": () => [{ op: "set-no-new-privs", phase: "drop" }],
};

/** Flags of namespaces, in some combination. */
export const someNamespaces = (random: Random): number =>
  masks.reduce((sum, flag) => (random.below(2) === 0 ? sum : sum + flag), 0);
