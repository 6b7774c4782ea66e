// What a checkpoint may not give beyond its config: each row changes one thing of a checkpoint that is taken.
import { parseConfig } from "@coffer/spec";
import test from "ava";
import type { MemorySystem } from "../../system/memory.ts";
import { makeMemorySystem } from "../../system/memory.ts";
import type { Checkpoint, ImageCreds, ImageFile, ImageMount, ImageTask } from "../read/index.ts";
import { checkpoint, creds, expected, hostNamespaces, mounts, openFile, task } from "../testing/checkpoint.ts";
import type { Expected } from "./expected.ts";
import { judge, refuseFound } from "./index.ts";

const namespaces = ["pid", "network", "ipc", "uts", "mount", "cgroup"] as const;
const base: Readonly<Record<string, unknown>> = {
  ociVersion: "1.2.0",
  root: { path: "rootfs", readonly: true },
  process: { cwd: "/", args: ["/probe"] },
  mounts: [{ destination: "/srv", type: "bind", source: "/volume", options: ["bind", "ro"] }],
  linux: { namespaces: namespaces.map((type) => ({ type })) },
};

/** What is changed of the checkpoint, of the config and what it makes, and of the host. */
interface Case {
  readonly checkpoint?: Partial<Checkpoint>;
  readonly expected?: Partial<Expected>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly host?: (system: MemorySystem) => void;
  /** The label of --lsm-profile. */
  readonly lsmProfile?: string;
  /** A link of the host, and where it leads. */
  readonly link?: readonly [path: string, target: string];
}

function found({ checkpoint: change, expected: wanted, config, host, link, lsmProfile }: Case): readonly string[] {
  const system = makeMemorySystem();
  for (const path of ["/bundle/rootfs/srv", "/volume", "/proc/keys"]) system.put(path);
  host?.(system);
  if (link !== undefined) system.put(link[0], "", { kind: "link" });
  const readLink = (path: string): string => (path === link?.[0] ? link[1] : system.readLink(path));
  const bundle = {
    path: "/bundle",
    rootfs: "/bundle/rootfs",
    config: parseConfig(JSON.stringify({ ...base, ...config })),
  };
  return judge({ ...system, readLink }, { ...checkpoint, ...change }, bundle, { ...expected, ...wanted }, lsmProfile);
}

const at = (point: string): ImageMount => {
  const mount = mounts.find((one) => one.point === point);
  if (mount === undefined) throw new Error(`no mount on ${point}`);
  return mount;
};
const changed = (point: string, change: Partial<ImageMount>): Case => ({
  checkpoint: { mounts: mounts.map((one) => (one.point === point ? { ...one, ...change } : one)) },
});
const without = (point: string): Case => ({ checkpoint: { mounts: mounts.filter((one) => one.point !== point) } });
const more = (like: string, change: Partial<ImageMount>): Case => ({
  checkpoint: { mounts: [...mounts, { ...at(like), id: 99, ...change }] },
});
const tasked = (change: Partial<ImageTask>): Case => ({ checkpoint: { tasks: [{ ...task, ...change }] } });
const thread = (change: Partial<ImageCreds>): Case => tasked({ threads: [{ ...creds, ...change }] });
const inNamespace = (type: string, id: number): Case =>
  tasked({ namespaces: new Map([...task.namespaces, [type, id]]) });
const linked = (path: string) => (system: MemorySystem) => system.put(path, "", { kind: "link" });
const remapped = (change: Partial<Checkpoint["remaps"][number]>): Case => ({
  checkpoint: { remaps: [{ path: "/srv/a/b", mount: 16, mode: 0o100644, major: 0, minor: 0, ...change }] },
});
const archived = (device: number, ...entries: readonly (readonly [type: string, name: string])[]): Case => ({
  checkpoint: {
    archives: new Map([
      ...checkpoint.archives,
      [device, entries.map(([type, name]) => ({ type, name, major: 8, minor: 0 }))],
    ]),
  },
});
const withFile = (file: Partial<ImageFile>): Case => ({ checkpoint: { files: [{ ...openFile, ...file }] } });
const opened = (type: number, socketType = 0): Case => withFile({ type, socketType });
const openAt = (path: string): Case => withFile({ paths: [path] });
const bindAt = (socket: string, ...link: readonly [path: string, target: string] | readonly []): Case => ({
  ...withFile({ type: 5, socket }),
  ...(link.length === 0 ? {} : { link }),
});
const both = (one: Case, other: Case): Case => ({
  ...one,
  ...other,
  checkpoint: { ...one.checkpoint, ...other.checkpoint },
});
const user = { namespaces: [...namespaces, "user" as const].map((type) => ({ type })) };
const range = { containerID: 0, hostID: 1000, size: 1 };
const inUser: Case = both(inNamespace("user", 77), {
  config: { linux: { ...user, uidMappings: [range], gidMappings: [range] } },
});
const sysAdmin = { rights: expected.rights | (1n << 21n) };
const inUserTasks = (change: Partial<ImageTask>): readonly ImageTask[] => [
  { ...task, namespaces: new Map([...task.namespaces, ["user", 77]]), ...change },
];
const limited = (resource: number, hard: bigint): readonly bigint[] =>
  task.hardLimits.with(13, 0n).with(14, 0n).with(resource, hard);
const ownLimits = [
  "Limit                     Soft Limit           Hard Limit           Units     ",
  "Max nice priority         0                    unlimited                      ",
  "Max realtime priority     0                    50                             ",
].join("\n");
const labelled = (
  lsm: number,
  change: Partial<ImageCreds>,
  labels: readonly (readonly [lsm: number, label: string])[] = [],
): Case => ({
  checkpoint: { lsm, tasks: [{ ...task, threads: [{ ...creds, ...change }] }] },
  expected: { labels: new Map(labels) },
});
const confined = (system: MemorySystem) => system.put("/proc/self/attr/current", "caller (enforce)\n");
const powerless: ImageCreds = { ...creds, capabilities: 0n };
const onHost = { linux: { namespaces: [{ type: "mount" }] } };
const joined = { linux: { namespaces: [{ type: "mount" }, { type: "network", path: "/ns" }] } };
const fifo = 1;

const hierarchy = (options: string): Case =>
  both(more("/dev/shm", { parent: 10, type: 12, device: 60, point: "/cg", options }), {
    expected: {
      points: new Map([
        ...expected.points,
        ["/cg", { type: "cgroup", options: ["none", "name=systemd"], isConsole: false, isPrivate: false, from: "" }],
      ]),
    },
  });

const taken: Readonly<Record<string, Case>> = {
  "a hierarchy of the config": hierarchy("xattr,name=systemd"),
  "the whole": {},
  "a masked path that the host has not": {
    ...without("/proc/keys"),
    host: (system) => system.entries.delete("/proc/keys"),
    ...both(without("/proc/keys"), {
      checkpoint: { archives: new Map([...checkpoint.archives].filter(([device]) => device !== 46)) },
    }),
  },
  "a mask of a directory": { ...changed("/proc/keys", { root: "/" }) },
  "a mask that is the null device": both(
    changed("/proc/keys", { type: 5, external: "/dev/null", root: "/null", device: 42 }),
    { checkpoint: { archives: new Map([...checkpoint.archives].filter(([device]) => device !== 46)) } },
  ),
  "a root on a tmpfs of the host, which has no archive": changed("/", { type: 5 }),
  "a read-only path of the root": both(more("/", { parent: 10, root: "/bundle/rootfs/etc", point: "/etc" }), {
    expected: { readonly: [...expected.readonly, { path: "/etc", require: 1, from: "" }] },
  }),
  "a terminal": both(
    more("/dev/shm", { parent: 12, type: 6, device: 50, root: "/0", point: "/dev/console", options: "" }),
    {
      expected: {
        points: new Map([
          ...expected.points,
          ["/dev/console", { type: "devpts", isConsole: true, options: [], isPrivate: false, from: "" }],
        ]),
      },
    },
  ),
  "a directory of a bind of all": both(more("/srv", { external: "/srv/a", point: "/srv/a", parent: 16 }), {
    config: { mounts: [{ destination: "/srv", type: "bind", source: "/volume", options: ["rbind"] }] },
  }),
  "a peer of its own": both(changed("/srv", { master: 7 }), {
    checkpoint: {
      mounts: mounts.map((one) =>
        one.point === "/srv" ? { ...one, master: 7 } : one.point === "/dev" ? { ...one, shared: 7 } : one,
      ),
    },
  }),
  "another time": inNamespace("time", 8),
  "a user namespace of the config": both(inUser, {
    checkpoint: { ...inUser.checkpoint, idmaps: [{ uids: [[0, 1000, 1]], gids: [[0, 1000, 1]] }] },
  }),
  "a filter that another was put on": {
    checkpoint: {
      tasks: [{ ...task, threads: [{ ...creds, seccompFilter: 1 }] }],
      filters: [...checkpoint.filters, { program: Uint8Array.of(1), previous: 0 }],
    },
  },
  "other ids with the right to change them": {
    ...thread({ uids: [0, 5, 5, 5], gids: [0, 5, 5, 5] }),
    expected: { rights: expected.rights | 0xc0n },
  },
  "other ids where programs may give them": {
    ...thread({ uids: [5, 5, 5, 5], noNewPrivs: false }),
    expected: { noNewPrivileges: false },
  },
  "ordinary scheduling": thread({ policy: 3 }),
  "real time with the right": { ...thread({ policy: fifo }), expected: { rights: expected.rights | (1n << 23n) } },
  "real time that the config gives": {
    ...thread({ policy: fifo }),
    config: { process: { cwd: "/", args: ["/probe"], scheduler: { policy: "SCHED_FIFO" } } },
  },
  "real time of no more than the config gives": {
    ...thread({ policy: fifo, priority: 5 }),
    config: { process: { cwd: "/", args: ["/probe"], scheduler: { policy: "SCHED_FIFO", priority: 5 } } },
  },
  "a lower nice value with the right": {
    ...thread({ nice: -5 }),
    expected: { rights: expected.rights | (1n << 23n) },
  },
  "a lower nice value that the config gives": {
    ...thread({ nice: -5 }),
    config: { process: { cwd: "/", args: ["/probe"], scheduler: { policy: "SCHED_OTHER", nice: -5 } } },
  },
  "a lower nice value that the limit gives": {
    expected: { hardLimits: new Map([[13, 25n]]) },
    checkpoint: {
      tasks: [{ ...task, hardLimits: Array(16).fill(25n).with(14, 0n), threads: [{ ...creds, nice: -5 }] }],
    },
  },
  "a lower nice value and score, which the caller has": {
    checkpoint: { tasks: [{ ...task, oomScore: -7, threads: [{ ...creds, nice: -5 }] }] },
    host: (system) => {
      system.put("/proc/self/stat", `1 (a) b) R ${"0 ".repeat(15)}-5 1 0\n`);
      system.put("/proc/self/oom_score_adj", "-7\n");
    },
  },
  "a lower score with the right": {
    ...tasked({ oomScore: -5 }),
    expected: { rights: expected.rights | (1n << 24n) },
  },
  "a lower score that the config gives": {
    ...tasked({ oomScore: -5 }),
    config: { process: { cwd: "/", args: ["/probe"], oomScoreAdj: -5 } },
  },
  "no login uid where the caller has one": {
    host: (system) => system.put("/proc/self/loginuid", "1000"),
  },
  "the login uid of the caller": {
    ...tasked({ loginUid: 1000 }),
    host: (system) => system.put("/proc/self/loginuid", "1000"),
  },
  "the login uid of the caller in a user namespace": {
    ...both(inUser, {
      checkpoint: {
        tasks: inUserTasks({ loginUid: 0 }),
        idmaps: [{ uids: [[0, 1000, 1]], gids: [[0, 1000, 1]] }],
      },
    }),
    host: (system) => system.put("/proc/self/loginuid", "1000"),
  },
  "another login uid with the right": {
    ...tasked({ loginUid: 777 }),
    expected: { rights: expected.rights | (1n << 30n) },
  },
  "limits of nice values and of real time, which the caller has": {
    checkpoint: { tasks: [{ ...task, hardLimits: limited(13, 1n << 63n).with(14, 50n) }] },
    host: (system) => system.put("/proc/self/limits", ownLimits),
  },
  "a limit of nice values with the right": {
    checkpoint: { tasks: [{ ...task, hardLimits: limited(13, 40n) }] },
    expected: { rights: expected.rights | (1n << 24n) },
  },
  "a watch by a handle with the right": {
    ...withFile({ isByHandle: true }),
    expected: { rights: expected.rights | (1n << 2n) },
  },
  "news of routes": withFile({ listensTo: 0 }),
  "news of filters with the right": {
    ...withFile({ listensTo: 12 }),
    expected: { rights: expected.rights | (1n << 12n) },
  },
  "a mark with the right": { ...withFile({ mark: 7 }), expected: { rights: expected.rights | (1n << 13n) } },
  "open files of every kind of mount": withFile({
    paths: [
      "/",
      "/a",
      "/srv",
      "/srv/a/b",
      "/dev/null",
      "/dev/shm/x",
      "/proc/1/status",
      "/proc/1/fd",
      "/proc/sys/kernel/x",
      "file[1f:a0]",
    ],
  }),
  "sockets with names as programs say them": bindAt("//run/./x/../socket"),
  "a socket behind a link of the root": bindAt("/var/run/socket", "/bundle/rootfs/var/run", "../run"),
  "a socket behind an absolute link of a bind": bindAt("/srv/run/socket", "/volume/run", "/run"),
  "a socket above everything": bindAt("/../../socket"),
  "the profile of the config": labelled(2, { lsmProfile: "own" }, [[104, "own"]]),
  "no profile where the config wants none": labelled(2, {}, [[104, "unconfined"]]),
  "the label of the config": labelled(1, { lsmProfile: "own", socketLabel: "own" }, [[101, "own"]]),
  "the label of the module of the checkpoint": labelled(1, { lsmProfile: "own" }, [
    [104, "other"],
    [101, "own"],
  ]),
  "the profile of the caller": { ...labelled(2, { lsmProfile: "caller" }), host: confined },
  "the label of the flag": { ...labelled(1, { lsmProfile: "old" }), lsmProfile: "selinux:a:b:c:s0" },
  "the label of the flag, which the config has too": {
    ...labelled(1, { lsmProfile: "old" }, [[101, "a:b:c:s0"]]),
    lsmProfile: "selinux:a:b:c:s0",
  },
  "timers that wake the host, with the right": {
    checkpoint: { tasks: [{ ...task, wakes: true }], files: [{ ...openFile, wakes: true }] },
    expected: { rights: expected.rights | (1n << 35n) },
  },
  "signals of another user in a pid namespace of its own": withFile({ signalsAs: [5, 5] }),
  "signals of its own user to the host's processes": { ...withFile({ signalsAs: [0, 0] }), config: onHost },
  "signals of another user to the host's processes, with the right": {
    ...withFile({ signalsAs: [5, 0] }),
    config: onHost,
    expected: { rights: 1n << 5n, bounding: 0x21n },
    checkpoint: { files: [{ ...openFile, signalsAs: [5, 0] }], tasks: [{ ...task, threads: [powerless] }] },
  },
  "a low port in a network of its own": withFile({ type: 4, port: 80 }),
  "a port of the host that needs no right": { ...withFile({ type: 4, port: 1024 }), config: onHost },
  "a low port of the host with the right": {
    ...withFile({ type: 4, port: 80 }),
    config: onHost,
    expected: { rights: expected.rights | (1n << 10n) },
  },
  "a low port of the host that everybody may have": {
    ...withFile({ type: 4, port: 80 }),
    config: onHost,
    host: (system) => system.put("/proc/sys/net/ipv4/ip_unprivileged_port_start", "80\n"),
  },
  "a low port of a network that is joined, with the right": {
    ...withFile({ type: 4, port: 80 }),
    config: joined,
    expected: { rights: expected.rights | (1n << 10n) },
  },
  "packets with a priority that all may have": withFile({ priority: 6 }),
  "packets with a priority and the right": {
    ...withFile({ priority: 7 }),
    expected: { rights: expected.rights | (1n << 12n) },
  },
  "no capability but those that are bounded": {
    ...thread({ capabilities: 0n }),
    expected: { rights: 0n },
  },
  "a packet socket with the right": { ...opened(10), expected: { rights: expected.rights | (1n << 13n) } },
  "a stream socket": opened(4, 1),
  "events of files with the right": { ...opened(12), expected: sysAdmin },
  "a file that is made": remapped({}),
  "a file that is made in a tmpfs": remapped({ path: "/dev/x", mount: 12 }),
  "a file that is made in the root": remapped({ path: "/x", mount: 10 }),
  "a file whose directory is gone": { ...remapped({ path: "/srv/gone/x" }), host: linked("/volume/other") },
  "a node that the config has": remapped({ mode: 0o20666, major: 1, minor: 3 }),
  "a node where there are no devices": archived(44, ["5", "./"], ["4", "./disk"]),
};

for (const [what, change] of Object.entries(taken))
  test(`a checkpoint is taken: ${what}`, (t) => {
    t.deepEqual(found(change), []);
  });

const refused: Readonly<Record<string, readonly [change: Case, ...errors: readonly RegExp[]]>> = {
  "no process": [{ checkpoint: { tasks: [] } }, /^there is no process/],
  ...Object.fromEntries(
    namespaces.map(
      (type) =>
        [
          `the host's ${type} namespace`,
          [inNamespace(type, hostNamespaces.get(type) ?? 0), new RegExp(`in the host's ${type} namespace`)],
        ] as const,
    ),
  ),
  "no namespace at all": [inNamespace("pid", 0), /in the host's pid namespace/],
  "the host's network for one that is joined": [
    {
      ...inNamespace("network", hostNamespaces.get("network") ?? 0),
      config: { linux: { namespaces: [{ type: "network", path: "/ns" }] } },
    },
    /in the host's network namespace/,
  ],
  "mounts of a process's own": [
    { checkpoint: { tasks: [task, { ...task, pid: 2, namespaces: new Map([...task.namespaces, ["mount", 88]]) }] } },
    /process 2 is in a mount namespace of its own/,
  ],
  "a user namespace of a process's own": [
    { checkpoint: { tasks: [task, { ...task, pid: 2, namespaces: new Map([...task.namespaces, ["user", 88]]) }] } },
    /process 2 is in a user namespace of its own/,
    /process 2 is in a user namespace, which is not/,
  ],
  "a user namespace": [inNamespace("user", 77), /in a user namespace, which is not in/],
  "another uid": [thread({ uids: [0, 0, 5, 0] }), /process 1 is another user/],
  "another gid": [thread({ gids: [0, 0, 0, 5] }), /process 1 is another user/],
  "another group": [thread({ groups: [5] }), /process 1 is another user/],
  "another uid with the right to change groups": [
    { ...thread({ uids: [5, 5, 5, 5] }), expected: { rights: 0x61n } },
    /process 1 is another user/,
  ],
  "another gid with the right to change users": [
    { ...thread({ gids: [5, 5, 5, 5] }), expected: { rights: 0xa1n } },
    /process 1 is another user/,
  ],
  "a capability": [thread({ capabilities: 0x200021n }), /capabilities that are not in it \(0x200000\)/],
  "a capability that is only bounded": [
    { expected: { rights: 0x1n } },
    /capabilities\/permitted: process 1 has capabilities that are not in it \(0x20\)/,
  ],
  "a larger bounding set": [thread({ bounding: 0x61n }), /capabilities\/bounding: .* not in it \(0x40\)/],
  "no no_new_privs": [thread({ noNewPrivs: false }), /noNewPrivileges: process 1 has it not/],
  "no filter": [thread({ seccompMode: 0 }), /not held by the filter/],
  "a filter of the strict kind": [thread({ seccompMode: 1 }), /not held by the filter/],
  "no filter that it says": [thread({ seccompFilter: undefined }), /not held by the filter/],
  "a filter that is not there": [thread({ seccompFilter: 9 }), /not held by the filter/],
  "another filter": [
    { checkpoint: { filters: [{ program: Uint8Array.of(6), previous: undefined }] } },
    /not held by the filter/,
  ],
  "a longer filter": [
    {
      checkpoint: {
        filters: [{ program: Uint8Array.from([...(checkpoint.filters[0]?.program ?? []), 0]), previous: undefined }],
      },
    },
    /not held by the filter/,
  ],
  "filters in a circle": [
    { checkpoint: { filters: [{ program: Uint8Array.of(6), previous: 0 }] } },
    /not held by the filter/,
  ],
  "another label": [labelled(2, { lsmProfile: "other" }, [[104, "own"]]), /another label/],
  "no label": [labelled(2, {}, [[104, "own"]]), /another label/],
  "no label in words of another module": [labelled(1, {}, [[104, "own"]]), /another label/],
  "no label of any module": [labelled(0, {}, [[101, "own"]]), /another label/],
  "a label in words of another module": [labelled(1, { lsmProfile: "own" }, [[104, "own"]]), /another label/],
  "the label of the other module": [
    labelled(1, { lsmProfile: "unconfined" }, [
      [104, "unconfined"],
      [101, "own"],
    ]),
    /another label/,
  ],
  "a label that nobody gives": [labelled(2, { lsmProfile: "other" }), /another label/],
  "a label that the caller has not": [
    { ...labelled(2, { lsmProfile: "other" }), host: confined },
    /process 1 has another label/,
  ],
  "no profile where the caller has one": [
    { ...labelled(2, { lsmProfile: "unconfined" }), host: confined },
    /another label/,
  ],
  "a label of sockets": [labelled(1, { lsmProfile: "own", socketLabel: "other" }, [[101, "own"]]), /another label/],
  "a label of sockets that nobody gives": [labelled(1, { socketLabel: "other" }), /another label/],
  "another label by the flag": [
    { ...labelled(2, { lsmProfile: "own" }, [[104, "own"]]), lsmProfile: "apparmor:other" },
    /another label/,
  ],
  "no label for the one of the flag": [
    { ...labelled(2, {}, [[104, "own"]]), lsmProfile: "apparmor:own" },
    /another label/,
  ],
  ...Object.fromEntries(
    [[5, 0] as const, [0, 5] as const].flatMap((signalsAs) =>
      [onHost, { linux: { namespaces: [{ type: "pid", path: "/ns" }] } }].map((config, at) => [
        `signals of the users ${signalsAs.join()} to other processes (${at})`,
        [
          {
            expected: { rights: 1n },
            checkpoint: { files: [{ ...openFile, signalsAs }], tasks: [{ ...task, threads: [powerless] }] },
            config,
          },
          /signals of another user/,
        ] as const,
      ]),
    ),
  ),
  "a timer that wakes the host": [tasked({ wakes: true }), /process 1 has a timer that wakes the host/],
  "an open timer that wakes the host": [withFile({ wakes: true }), /a timer that wakes the host/],
  "real time": [thread({ policy: fifo }), /comes before the processes of the host/],
  "turns of real time": [thread({ policy: 2 }), /comes before the processes of the host/],
  deadlines: [thread({ policy: 6 }), /comes before the processes of the host/],
  "real time that children do not have": [thread({ policy: 0x40000001 }), /comes before the processes of the host/],
  "real time with a right of a user namespace": [
    both(both(inUser, { checkpoint: { idmaps: [] } }), {
      checkpoint: { tasks: inUserTasks({ threads: [{ ...creds, policy: fifo }] }) },
      expected: { rights: expected.rights | (1n << 23n) },
    }),
    /comes before the processes of the host/,
  ],
  "real time before that of the config": [
    {
      ...thread({ policy: fifo, priority: 6 }),
      config: { process: { cwd: "/", args: ["/probe"], scheduler: { policy: "SCHED_FIFO", priority: 5 } } },
    },
    /comes before the processes of the host/,
  ],
  "real time where the config gives another policy": [
    {
      ...thread({ policy: fifo }),
      config: { process: { cwd: "/", args: ["/probe"], scheduler: { policy: "SCHED_BATCH" } } },
    },
    /comes before the processes of the host/,
  ],
  "a lower nice value": [thread({ nice: -1 }), /process 1 has the nice value -1/],
  "a lower nice value than the limit gives": [
    {
      checkpoint: {
        tasks: [{ ...task, hardLimits: Array(16).fill(25n).with(14, 0n), threads: [{ ...creds, nice: -6 }] }],
      },
      expected: { hardLimits: new Map([[13, 25n]]) },
    },
    /process 1 has the nice value -6/,
  ],
  "a lower score": [tasked({ oomScore: -1 }), /oomScoreAdj: process 1 has -1/],
  "a login uid": [tasked({ loginUid: 777 }), /process 1 has the login uid 777/],
  "root's login uid": [tasked({ loginUid: 0 }), /process 1 has the login uid 0/],
  "another login uid than the caller's": [
    { ...tasked({ loginUid: 777 }), host: (system) => system.put("/proc/self/loginuid", "1000") },
    /process 1 has the login uid 777/,
  ],
  "the number of the caller's login uid in a user namespace": [
    {
      ...both(inUser, {
        checkpoint: {
          tasks: inUserTasks({ loginUid: 0 }),
          idmaps: [{ uids: [[0, 1000, 1]], gids: [[0, 1000, 1]] }],
        },
      }),
      expected: { rights: expected.rights | (1n << 30n) },
      host: (system) => system.put("/proc/self/loginuid", "0"),
    },
    /process 1 has the login uid 0/,
  ],
  "a higher limit": [tasked({ hardLimits: task.hardLimits.with(7, 1025n) }), /a higher limit of resource 7/],
  "a limit of nice values that the caller has not": [
    { checkpoint: { tasks: [{ ...task, hardLimits: limited(13, 40n) }] } },
    /a higher limit of resource 13 than the caller/,
  ],
  "a higher limit of real time than the caller has": [
    {
      checkpoint: { tasks: [{ ...task, hardLimits: limited(14, 99n) }] },
      host: (system) => system.put("/proc/self/limits", ownLimits),
    },
    /a higher limit of resource 14 than the caller/,
  ],
  "no limit": [tasked({ hardLimits: [] }), /a higher limit of resource 7/],
  "other id maps": [
    both(inUser, { checkpoint: { ...inUser.checkpoint, idmaps: [{ uids: [[0, 0, 1]], gids: [[0, 1000, 2]] }] } }),
    /uidMappings: the checkpoint has others/,
    /gidMappings: the checkpoint has others/,
  ],
  "more id maps": [
    both(inUser, {
      checkpoint: {
        ...inUser.checkpoint,
        idmaps: [
          {
            uids: [
              [0, 1000, 1],
              [1, 0, 1],
            ],
            gids: [[0, 1000, 1]],
          },
        ],
      },
    }),
    /uidMappings: the checkpoint has others/,
  ],

  "an open file of no type": [opened(0), /unknown type 0/],
  "an open file of another type": [opened(21), /unknown type 21/],
  "a packet socket": [opened(10), /a raw socket/],
  "a raw socket": [opened(4, 3), /a raw socket/],
  "a network device": [opened(15), /a network device/],
  "events of files": [opened(12), /events of a whole file system/],
  "events of files in a user namespace": [
    both(both(inUser, { checkpoint: { ...inUser.checkpoint, idmaps: [] } }), { ...opened(12), expected: sysAdmin }),
    /events of a whole file system/,
  ],
  "a watch by a handle": [withFile({ isByHandle: true }), /a file that has a handle and no path/],
  "a watch by a handle in a user namespace": [
    both(both(inUser, { checkpoint: { ...inUser.checkpoint, idmaps: [] } }), {
      ...withFile({ isByHandle: true }),
      expected: { rights: expected.rights | (1n << 2n) },
    }),
    /a file that has a handle and no path/,
  ],
  "news of filters": [withFile({ listensTo: 12 }), /what the kernel tells/],
  "news of the audit with another right": [
    { ...withFile({ listensTo: 9 }), expected: { rights: expected.rights | (1n << 12n) } },
    /what the kernel tells/,
  ],
  "a mark": [withFile({ mark: 1 }), /packets with a mark/],
  "a priority": [withFile({ priority: 7 }), /packets with a mark or a priority/],
  "a low port of the host": [{ ...withFile({ type: 4, port: 1023 }), config: onHost }, /\(the port 1023\)/],
  "a low port of the host which fewer may have": [
    {
      ...withFile({ type: 4, port: 2000 }),
      config: onHost,
      host: (system) => system.put("/proc/sys/net/ipv4/ip_unprivileged_port_start", "3000\n"),
    },
    /\(the port 2000\)/,
  ],
  "a low port of the host with a right of a user namespace": [
    {
      ...withFile({ type: 4, port: 80 }),
      config: { linux: { namespaces: [{ type: "user" }] } },
      expected: { rights: expected.rights | (1n << 10n) },
    },
    /\(the port 80\)/,
  ],
  "a low port of a network that is joined": [{ ...withFile({ type: 4, port: 80 }), config: joined }, /\(the port 80\)/],
  ...Object.fromEntries(
    [
      "",
      "a",
      "/a/../b",
      "/proc/self/fd/126",
      "/proc/1/fd/126/../../etc/shadow",
      "/proc/1/fd/3",
      "/proc/thread-self/root",
      "/proc/1/cwd/x",
      "/proc/1/task/1/root",
      "/proc/1/exe",
      "/proc/1/ns/net",
      "/proc/1/map_files/1-2",
      "/dev/link",
      "/dev/link/x",
      "a",
      "../etc/shadow",
      "file[1:2]/../../etc/shadow",
    ].map(
      (path) =>
        [`an open file at ${path}`, [openAt(path), /the open file ".*" would not be in the container/]] as const,
    ),
  ),
  ...Object.fromEntries(
    [
      "/proc/self/fd/126/socket",
      "/proc/self/fd/126/../../../etc/socket",
      "/dev/../proc/1/cwd/../socket",
      "/dev/link/socket",
      "/dev/link/../socket",
    ].map(
      (path) => [`a socket at ${path}`, [bindAt(path), /the open file ".*" would not be in the container/]] as const,
    ),
  ),
  "a socket behind a link that leads to CRIU": [
    bindAt("/run/socket", "/bundle/rootfs/run", "/proc/self/fd/126/../../../etc"),
    /the open file "\/run\/socket" would not be in the container/,
  ],
  "a socket behind a link that leads to itself": [
    bindAt("/run/socket", "/bundle/rootfs/run", "/run"),
    /the open file "\/run\/socket" would not be in the container/,
  ],
  "a stream in whose place a link of the root would be opened": [
    { ...openAt("file[1f:a0]"), host: linked("/bundle/rootfs/ile[1f:a0]") },
    /the open file "file\[1f:a0\]" would not be in the container/,
  ],
  "an open file behind a link of the root": [
    { ...openAt("/etc/x"), host: linked("/bundle/rootfs/etc") },
    /the open file "\/etc\/x" would not be in the container/,
  ],
  "an open file that is a link of a bind": [
    { ...openAt("/srv/x"), host: linked("/volume/x") },
    /the open file "\/srv\/x" would not be in the container/,
  ],
  "a bind beneath one of all, behind a link": [
    both(more("/srv", { external: "/srv/a/b", point: "/srv/a/b", parent: 16 }), {
      config: { mounts: [{ destination: "/srv", type: "bind", source: "/volume", options: ["rbind"] }] },
      host: linked("/volume/a"),
    }),
    /a mount on "\/srv\/a\/b" behind a link in what is bound there/,
  ],
  "a map of the kernel": [opened(19), /a map of the kernel/],

  "no root": [without("/"), /^0 mounts on "\/"/, /on no other/, /./, /./, /./, /./, /./, /./, /./],
  "two roots": [more("/", { parent: 10 }), /^2 mounts on "\/"/],
  "two mounts of one id": [changed("/dev/shm", { id: 11, parent: 12 }), /two mounts with one id/],
  "two mounts in one place": [more("/dev/shm", {}), /two mounts in one place/],
  "a mount on none": [changed("/dev/shm", { parent: 77 }), /on no other/, /there is no mount on "\/dev\/shm"/],
  "a root by a plugin": [changed("/", { isForeign: true }), /the root is a mount of something else/],
  "a root of something else": [changed("/", { external: "/" }), /the root is a mount of something else/],
  "a root that is not read-only": [changed("/", { flags: 0 }), /root\/readonly: the mount on "\/" has not the flags/],
  "a mount by a plugin": [changed("/dev/shm", { isForeign: true }), /that a plugin of CRIU would make/],
  "a bind that is not in the config": [
    more("/srv", { point: "/mnt", parent: 10, external: "/mnt" }),
    /of something of the host \("\/mnt"\)/,
  ],
  "a bind of something else": [changed("/srv", { external: "/dev" }), /of something of the host \("\/dev"\)/],
  "a bind in the place of a file system": [
    changed("/dev/shm", { external: "/dev/shm" }),
    /of something of the host/,
    /an archive of no mount/,
  ],
  "the null device in another place": [
    changed("/dev/shm", { external: "/dev/null" }),
    /of something of the host/,
    /an archive of no mount/,
  ],
  "another file system": [
    changed("/proc", { type: 2 }),
    /on "\/proc" \(file system type 2 of CRIU\)/,
    /on "\/proc\/sys" \(file system type 1/,
  ],
  "a file system in another place": [
    more("/dev/shm", { point: "/mnt", parent: 10 }),
    /on "\/mnt" \(file system type 5/,
  ],
  "a part of a file system": [changed("/dev/shm", { root: "/a" }), /on "\/dev\/shm" that shows "\/a"/],
  "a terminal that is all": [
    both(more("/dev/shm", { parent: 12, type: 6, device: 50, point: "/dev/console" }), {
      expected: {
        points: new Map([
          ...expected.points,
          ["/dev/console", { type: "devpts", isConsole: true, options: [], isPrivate: false, from: "" }],
        ]),
      },
    }),
    /on "\/dev\/console" that shows "\/"/,
  ],
  "the file system of the root": [changed("/dev/shm", { device: 254 }), /of the file system of another/, /archive/],
  "a larger file system": [changed("/dev/shm", { options: "size=2g" }), /on "\/dev\/shm" with other options/],
  "no limit of a file system": [changed("/dev/shm", { options: "" }), /with other options/],
  "a limit of nothing": [changed("/dev/shm", { options: "size=0" }), /with other options/],
  "a proc that hides nothing": [
    {
      expected: {
        points: new Map([
          ...expected.points,
          ["/proc", { type: "proc", options: ["hidepid=2"], isConsole: false, isPrivate: false, from: "" }],
        ]),
      },
    },
    /on "\/proc" with other options/,
  ],
  "a proc of another group": [changed("/proc", { options: "gid=5" }), /on "\/proc" with other options/],
  "a mask that is none": [
    changed("/proc/keys", { type: 1, root: "/keys", device: 41 }),
    /on "\/proc\/keys"/,
    /is no mask/,
    /archive/,
  ],
  "a mask that is a link": [archived(46, ["5", "./"], ["2", "./file"]), /on "\/proc\/keys"/, /is no mask/],
  "a mask of no archive": [
    { checkpoint: { archives: new Map([...checkpoint.archives].filter(([device]) => device !== 46)) } },
    /on "\/proc\/keys"/,
    /is no mask/,
    /a tmpfs without its archive \(46\)/,
  ],
  "a mask that can be written to": [
    changed("/proc/keys", { flags: 0xe }),
    /maskedPaths\/0: the mount on "\/proc\/keys" has not the flags/,
  ],
  "no mask": [without("/proc/keys"), /maskedPaths\/0: there is no mount on "\/proc\/keys"/, /an archive of no mount/],
  "a mask under another proc": [
    more("/proc", { parent: 11 }),
    /maskedPaths\/0: there is no mount/,
    /readonlyPaths\/0: there is no mount/,
  ],
  "a mount over a mask": [
    more("/proc/keys", { parent: 14, type: 1, root: "/keys", device: 41 }),
    /on "\/proc\/keys"/,
    /is no mask/,
  ],
  "a read-only path that is not": [
    changed("/proc/sys", { flags: 0xe }),
    /readonlyPaths\/0: the mount on "\/proc\/sys" has not the flags/,
  ],
  "a read-only path that shows something else": [
    changed("/proc/sys", { root: "/1/root" }),
    /on "\/proc\/sys" that shows|type 1 of CRIU/,
  ],
  "a read-only path of another file system": [changed("/proc/sys", { device: 40 }), /on "\/proc\/sys"/],
  "a read-only path of another type": [
    changed("/proc/sys", { type: 5 }),
    /on "\/proc\/sys"/,
    /a tmpfs without its archive/,
  ],
  "a read-only path of the root that is a link": [
    {
      ...both(more("/", { parent: 10, root: "/bundle/rootfs/etc", point: "/etc" }), {
        expected: { readonly: [...expected.readonly, { path: "/etc", require: 1, from: "" }] },
      }),
      host: linked("/bundle/rootfs/etc"),
    },
    /on "\/etc"/,
  ],
  "another hierarchy": [hierarchy("devices"), /on "\/cg" with other options/],
  "a hierarchy with a program of the host": [
    hierarchy("name=systemd,release_agent=/x"),
    /on "\/cg" with other options/,
  ],
  "a directory of a bind that is not of all": [
    more("/srv", { external: "/srv/a", point: "/srv/a", parent: 16 }),
    /of something of the host/,
  ],
  "a path on itself that is not in the config": [
    more("/proc/sys", { point: "/proc/bus", root: "/bus" }),
    /on "\/proc\/bus"/,
  ],
  "a read-only path on nothing": [without("/proc"), /on "\/proc\/sys"/],
  "a file system without its flags": [
    changed("/dev/shm", { flags: 0xa }),
    /\/mounts\/2: the mount on "\/dev\/shm" has not the flags/,
  ],
  "a bind without its flags": [changed("/srv", { flags: 0 }), /\/mounts\/3: the mount on "\/srv" has not the flags/],
  "a bind that is not there": [without("/srv"), /\/mounts\/3: there is no mount on "\/srv"/],
  "a bind that shows what is mounted later": [changed("/srv", { master: 7 }), /on "\/srv" that is not private/],
  "a mount in a bind that shows it": [
    both(more("/srv", { external: "/srv/a", point: "/srv/a", parent: 16, master: 7 }), {
      config: { mounts: [{ destination: "/srv", type: "bind", source: "/volume", options: ["rbind"] }] },
    }),
    /on "\/srv\/a" that is not private/,
  ],

  "a device node": [archived(42, ["5", "./"], ["4", "./disk"]), /the device node "\.\/disk" \(b 8:0\)/],
  "a character device": [archived(42, ["5", "./"], ["3", "./disk"]), /the device node "\.\/disk" \(c 8:0\)/],
  "an archive of no mount": [archived(77), /an archive of no mount \(77\)/],
  "a tmpfs without its archive": [
    { checkpoint: { archives: new Map([...checkpoint.archives].filter(([device]) => device !== 44)) } },
    /a tmpfs without its archive \(44\)/,
  ],
  "a file in no mount": [remapped({ mount: 77 }), /in no mount/],
  "a file in another mount": [remapped({ path: "/dev/x" }), /in no mount/],
  "a node without a name": [remapped({ mode: 0o60644, major: 8 }), /is a device node \(b 8:0\)/],
  "a file that leads up": [remapped({ path: "/srv/../../etc/x" }), /would not be in the container/],
  "a file behind a link of the volume": [
    { ...remapped({}), host: linked("/volume/a") },
    /would not be in the container/,
  ],
  "a file behind a link of the root": [
    { ...remapped({ path: "/a/b", mount: 10 }), host: linked("/bundle/rootfs/a") },
    /would not be in the container/,
  ],
  "a file behind a link of a tmpfs": [remapped({ path: "/dev/link/x", mount: 12 }), /would not be in the container/],
  "a file in proc": [remapped({ path: "/proc/self/x", mount: 11 }), /would not be in the container/],
};

for (const [what, [change, ...errors]] of Object.entries(refused))
  test(`a checkpoint is refused: ${what}`, (t) => {
    const all = found(change);
    t.true(all.length > 0);
    for (const error of errors)
      t.true(
        all.some((one) => error.test(one)),
        `${error}: ${all.join("; ")}`,
      );
  });

test("everything that was found is told, up to sixteen", (t) => {
  t.notThrows(() => refuseFound("/images", []));
  t.throws(() => refuseFound("/images", ["a", "b"]), { message: /config gives: a; b:/, code: "E_CHECKPOINT_REFUSED" });
  t.throws(() => refuseFound("/images", Array(16).fill("a")), { message: /a; a: restore it/ });
  t.throws(() => refuseFound("/images", Array(18).fill("a")), { message: /; and 2 more/ });
});
