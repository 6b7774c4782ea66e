// Fields that meet: what one asks for is where another looks
import { firstId } from "../../helpers/config.ts";
import type { Json, Patch } from "../../helpers/json.ts";
import type { Row } from "./row.ts";
import { allCaps, bind, tmpfs, userns, writable } from "./row.ts";

const row = (title: string, patch: Patch, more: Omit<Partial<Row>, "patch"> = {}): Row => ({ title, ...more, patch });

/** The default namespaces, some of them by paths in the test's directory. */
const joining = (...names: readonly string[]): Json =>
  ["pid", "network", "ipc", "uts", "mount", "cgroup"].map((type) =>
    names.includes(type) ? { type, path: `$BASE/${type}` } : { type },
  );
const makeThree = "touch network ipc uts; unshare --net=network --ipc=ipc --uts=uts hostname joined";

const masked = (title: string, paths: readonly string[], before: string, facts: readonly string[]): Row =>
  row(`masked: ${title}`, { ...writable, "/linux/maskedPaths": paths }, { before, facts });

const readonly_ = (title: string, paths: readonly string[], before: string, patch: Patch = {}): Row =>
  row(`read-only: ${title}`, { ...writable, "/linux/readonlyPaths": paths, ...patch }, { before });

/** The probe sets its umask to 0777, and back. */
const filtered = (title: string, ...args: readonly Json[]): Row =>
  row(`a filter of umask by ${title}`, {
    "/linux/seccomp": {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["umask"], action: "SCMP_ACT_ERRNO", errnoRet: 5, args }],
    },
  });
const compare = (op: string, value: number | bigint, valueTwo = 0): Row =>
  filtered(`${op} ${value} ${valueTwo}`, { index: 0, value, valueTwo, op: `SCMP_CMP_${op}` });

const logging = (word: string): Json => ({
  path: "/bin/sh",
  args: ["sh", "-c", `echo "${word} $A $0" $(grep -oE '"status": ?"[a-z]*"' | tr -d ' ') >> $BASE/log`, "zero"],
  env: ["A=one", "A=two", "PATH=/usr/bin:/bin"],
  timeout: 20,
});

const namespaces: readonly Row[] = [
  row(
    "three namespaces by path, with a copy of what a tmpfs covers and a read-only link",
    {
      ...writable,
      "/linux/namespaces": joining("network", "ipc", "uts"),
      "/hostname": undefined,
      "/mounts/-": tmpfs("/etc", "tmpcopyup", "mode=755"),
      "/linux/readonlyPaths": ["/l", "/proc/sys"],
      "/linux/sysctl": { "net.ipv4.ip_forward": "1", "kernel.shmmni": "77" },
    },
    {
      before: `${makeThree}; ln -s home bundle/rootfs/l`,
      facts: ["+dir", "/etc", "+file", "/proc/sys/net/ipv4/ip_forward", "+file", "/proc/sys/kernel/shmmni"],
    },
  ),
  row(
    "a domain name and a host name in a joined uts namespace",
    { "/linux/namespaces": joining("uts"), "/hostname": "mine", "/domainname": "mine.net" },
    { before: "touch uts; unshare --uts=uts hostname joined" },
  ),
  row(
    "a cgroup namespace by path",
    { "/linux/namespaces": joining("cgroup") },
    { before: "touch cgroup; unshare --cgroup=cgroup true" },
  ),
  row(
    "the same file for two namespaces' links",
    { "/linux/namespaces": joining("ipc", "uts"), "/hostname": undefined },
    { before: "touch i u; unshare --ipc=i --uts=u true; ln -s i ipc; ln -s ./u uts" },
  ),
  row("a user namespace with holes, and groups in them", {
    ...userns,
    "/linux/uidMappings": [
      { containerID: 0, hostID: firstId, size: 1 },
      { containerID: 1000, hostID: firstId + 5, size: 3 },
    ],
    "/process/user": { uid: 1001, gid: 7, umask: 0o27, additionalGids: [9, 3] },
    "/process/capabilities": {
      bounding: allCaps,
      permitted: allCaps,
      inheritable: allCaps,
      effective: allCaps,
      ambient: ["CAP_NET_ADMIN"],
    },
  }),
  row(
    "a user namespace on a terminal of its own size, as a user with a umask",
    {
      ...userns,
      "/process/terminal": true,
      "/process/user": { uid: 5, gid: 5, umask: 0o77, additionalGids: [6] },
      "/process/consoleSize": { height: 7, width: 200 },
      "/linux/sysctl": { "kernel.shmmni": "78" },
    },
    { terminal: "24x80" },
  ),
  ...["shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable"].map((word) =>
    row(
      `a root that is ${word}, with a bind of each kind`,
      {
        "/linux/rootfsPropagation": word,
        "/mounts/-": bind("/mnt", "rbind", "rslave"),
        "/mounts/7": bind("/home", "rprivate"),
        "/mounts/8": bind("/tmp", "rshared"),
      },
      { before: "mount --bind canary canary; mount --make-shared canary" },
    ),
  ),
];

const covers: readonly Row[] = [
  masked(
    "a fifo, a device and a link to nothing",
    ["/f", "/dev/full", "/gone"],
    "mkfifo bundle/rootfs/f; ln -s /no bundle/rootfs/gone",
    ["+stat", "/f", "+stat", "/dev/full", "+dir", "/"],
  ),
  masked("a socket", ["/s"], "python3 -c 'import socket; socket.socket(1).bind(\"bundle/rootfs/s\")'", ["+stat", "/s"]),
  masked("a link to the host's directory", ["/l"], "ln -s $PWD/canary bundle/rootfs/l", ["+dir", "/"]),
  masked("a link that climbs", ["/l"], "ln -s ../../../etc bundle/rootfs/l", ["+dir", "/etc"]),
  masked(
    "a directory and what is in it",
    ["/d", "/d/e", "/d/f"],
    "mkdir -p bundle/rootfs/d/e; touch bundle/rootfs/d/f",
    ["+dir", "/d"],
  ),
  masked("what is in a directory, and that", ["/d/e", "/d"], "mkdir -p bundle/rootfs/d/e", ["+dir", "/d"]),
  masked("a directory without rights", ["/d"], "mkdir -m 0 bundle/rootfs/d; touch bundle/rootfs/d/f", [
    "+dir",
    "/d",
    "+stat",
    "/d",
  ]),
  masked("with slashes and dots", ["//etc/./motd", "/etc//"], ":", ["+dir", "/etc"]),
  masked("parts of /proc and /sys", ["/proc/self/status", "/proc/sys/kernel", "/sys/kernel", "/proc/1/environ"], ":", [
    "+dir",
    "/sys/kernel",
    "+dir",
    "/proc/sys/kernel",
  ]),
  row(
    "masked: a tmpfs of the config, and a bind",
    {
      ...writable,
      "/mounts/-": tmpfs("/mnt", "mode=700"),
      "/mounts/7": bind("/home"),
      "/linux/maskedPaths": ["/mnt", "/home/file"],
      "/linux/readonlyPaths": ["/home", "/mnt"],
    },
    { facts: ["+dir", "/home", "+dir", "/mnt", "+file", "/home/file"] },
  ),
  row(
    "masked: for a user in a user namespace",
    {
      ...userns,
      "/process/user": { uid: 7, gid: 7 },
      "/linux/maskedPaths": ["/etc", "/proc/kcore", "/proc/timer_list"],
      "/linux/readonlyPaths": ["/proc/sys", "/home"],
    },
    { facts: ["+dir", "/etc", "+file", "/proc/timer_list"] },
  ),
  readonly_("a directory and what is in it", ["/d", "/d/e"], "mkdir -p bundle/rootfs/d/e"),
  readonly_("a link to the host's directory", ["/l"], "ln -s $PWD/canary bundle/rootfs/l"),
  readonly_("a fifo and a device", ["/f", "/dev/full"], "mkfifo bundle/rootfs/f"),
  readonly_("twice, by a link", ["/home", "/l", "/home/"], "ln -s home bundle/rootfs/l"),
  readonly_("a mount with flags", ["/mnt"], ":", {
    "/mounts/-": tmpfs("/mnt", "noexec", "nosuid", "nodev", "noatime", "mode=755"),
  }),
  readonly_("a bind with a tree beneath", ["/mnt"], "mkdir canary/sub; mount -t tmpfs t canary/sub", {
    "/mounts/-": bind("/mnt", "rbind", "nosuid"),
  }),
  readonly_("a shared bind", ["/mnt"], "mount --bind canary canary; mount --make-shared canary", {
    "/mounts/-": bind("/mnt", "rshared"),
    "/linux/rootfsPropagation": "shared",
  }),
];

const trees: readonly Row[] = [
  row(
    "a mount through a link that another mount brings",
    {
      ...writable,
      "/mounts/-": { destination: "/mnt", type: "bind", source: "$BASE/brings", options: ["bind"] },
      "/mounts/7": tmpfs("/mnt/l", "mode=711"),
    },
    { before: "mkdir -p brings; ln -s ../home brings/l", facts: ["+stat", "/home"] },
  ),
  row(
    "a mount through an absolute link that another mount brings, on what is missing",
    {
      ...writable,
      "/mounts/-": { destination: "/mnt", type: "bind", source: "$BASE/brings", options: ["bind"] },
      "/mounts/7": tmpfs("/mnt/l/new/x", "mode=711"),
    },
    { before: "mkdir -p brings; ln -s /home brings/l", facts: ["+dir", "/home", "+stat", "/home/new"] },
  ),
  row(
    "a file bind in a read-only bind, where the file is there",
    {
      "/mounts/-": { destination: "/mnt", type: "bind", source: "$BASE/own", options: ["rbind", "ro"] },
      "/mounts/7": bind("/mnt/d", "ro", "noexec"),
    },
    { before: "mkdir -p own/d", facts: ["+dir", "/mnt/d"] },
  ),
  row(
    "a tmpfs on the parent of an earlier mount",
    { "/mounts/-": bind("/mnt/"), "/mounts/7": tmpfs("/mnt/..//mnt", "mode=755") },
    { facts: ["+dir", "/mnt"] },
  ),
  row(
    "an overlay of two layers",
    {
      "/mounts/-": {
        destination: "/mnt",
        type: "overlay",
        source: "overlay",
        options: ["lowerdir=$BASE/two:$BASE/one"],
      },
    },
    {
      before: "mkdir one two; echo 1 > one/a; echo 2 > two/a; echo 3 > two/b",
      facts: ["+dir", "/mnt", "+file", "/mnt/a"],
    },
  ),
  row(
    "an overlay that is written to, with words",
    {
      "/mounts/-": {
        destination: "/mnt",
        type: "overlay",
        source: "overlay",
        options: ["lowerdir=$BASE/one", "upperdir=$BASE/up", "workdir=$BASE/work", "nosuid", "noatime", "index=off"],
      },
    },
    { before: "mkdir one up work; echo 1 > one/a", facts: ["+dir", "/mnt"] },
  ),
  row(
    "mounts of a user namespace: mqueue, cgroup, devpts of a group, a tmpfs of ids",
    {
      ...userns,
      "/mounts/-": tmpfs("/mnt", "uid=9", "gid=10", "mode=2750"),
      "/mounts/7": { destination: "/home", type: "mqueue", source: "mqueue", options: ["nosuid", "ro"] },
      "/mounts/8": { destination: "/tmp", type: "proc", source: "proc", options: ["ro"] },
    },
    { facts: ["+stat", "/mnt"] },
  ),
  row(
    "a copy of what is covered, with owners, links, modes and a read-only word",
    {
      "/mounts/-": tmpfs("/d", "tmpcopyup", "ro", "nosuid", "mode=711"),
    },
    {
      before:
        "mkdir -p bundle/rootfs/d/e; cd bundle/rootfs/d; echo x > f; chmod 4711 f; chown 5:6 f; ln -s f l; ln f h; chmod 1777 e; cd ../../..",
      facts: ["+dir", "/d", "+stat", "/d", "+stat", "/d/f", "+stat", "/d/l", "+stat", "/d/h", "+stat", "/d/e"],
    },
  ),
  row(
    "a copy of what is covered, through a link and in a user namespace",
    {
      ...userns,
      "/mounts/-": tmpfs("/l", "tmpcopyup", "mode=700", "uid=3"),
    },
    { before: "ln -s etc bundle/rootfs/l", facts: ["+dir", "/etc", "+stat", "/etc"] },
  ),
  row(
    "devices with odd modes beneath a mount, for a user",
    {
      ...writable,
      "/process/user": { uid: 1000, gid: 1000, umask: 0o777 },
      "/mounts/6": tmpfs("/dev/d", "mode=755"),
      "/linux/devices": [
        { path: "/dev/d/a", type: "c", major: 1, minor: 3, fileMode: 0o7777, uid: 1, gid: 2 },
        { path: "/dev/d/b/c", type: "p", fileMode: 0o1644, uid: 4294967294, gid: 7 },
        { path: "/dev/e", type: "u", major: 1, minor: 5, fileMode: 0 },
      ],
    },
    { facts: ["+stat", "/dev/d/a", "+stat", "/dev/d/b/c", "+stat", "/dev/d/b", "+stat", "/dev/e"] },
  ),
];

const processes: readonly Row[] = [
  row("limits of every kind", {
    "/process/rlimits": Object.entries({
      ...{ AS: 4_000_000_000, CORE: 5, CPU: 3000, DATA: 3_000_000_000, FSIZE: 1_000_000, LOCKS: 50, MEMLOCK: 65_536 },
      ...{ MSGQUEUE: 4096, NICE: 0, NOFILE: 1000, NPROC: 5000, RSS: 1_000_000_000, RTPRIO: 0, RTTIME: 1_000_000 },
      ...{ SIGPENDING: 90, STACK: 8_388_608 },
    }).map(([name, hard]) => ({ type: `RLIMIT_${name}`, soft: Math.floor(hard / 2), hard })),
  }),
  row("limits of a user without capabilities, and a score", {
    "/process/user": { uid: 4, gid: 4 },
    "/process/capabilities": {},
    "/process/rlimits": [
      { type: "RLIMIT_NOFILE", soft: 70, hard: 80 },
      { type: "RLIMIT_CORE", soft: 18446744073709551615n, hard: 18446744073709551615n },
    ],
    "/process/oomScoreAdj": 500,
  }),
  ...["IOPRIO_CLASS_RT", "IOPRIO_CLASS_IDLE"].map((name) =>
    row(`the class ${name}, with a scheduler that forks reset`, {
      "/process/ioPriority": { class: name, priority: 6 },
      "/process/scheduler": { policy: "SCHED_OTHER", nice: -7, flags: ["SCHED_FLAG_RESET_ON_FORK"] },
    }),
  ),
  ...["SCHED_FIFO", "SCHED_RR"].map((policy) =>
    row(`the scheduler ${policy}`, { "/process/scheduler": { policy, priority: 7 } }),
  ),
  row("the deadline scheduler", {
    "/process/scheduler": { policy: "SCHED_DEADLINE", runtime: 1000000, deadline: 20000000, period: 20000000 },
  }),
  row("a personality with words, a umask of a user and a large group", {
    "/linux/personality": { domain: "LINUX32", flags: [] },
    "/process/user": { uid: 10, gid: 11, umask: 0o1, additionalGids: [4294967294, 0] },
  }),
  row("many arguments, one of them empty", {
    "/process/args": [
      "/probe",
      "facts",
      ...Array.from({ length: 500 }, (_, index) => (index % 2 === 0 ? "+stat" : "/")),
    ],
  }),
  row(
    "a user without rights to its working directory, which has CAP_DAC_OVERRIDE",
    {
      ...writable,
      "/process/cwd": "/closed/in",
      "/process/user": { uid: 1000, gid: 1000 },
      "/process/capabilities": {
        bounding: ["CAP_DAC_OVERRIDE"],
        permitted: ["CAP_DAC_OVERRIDE"],
        inheritable: ["CAP_DAC_OVERRIDE"],
        effective: ["CAP_DAC_OVERRIDE"],
        ambient: ["CAP_DAC_OVERRIDE"],
      },
    },
    { before: "mkdir -p -m 700 bundle/rootfs/closed/in; chmod 700 bundle/rootfs/closed" },
  ),
  row("a working directory beneath a bind, and on what a tmpfs makes", {
    "/process/cwd": "/mnt/deep/er",
    "/mounts/-": tmpfs("/mnt", "mode=755"),
  }),
  ...Object.entries({
    "hooks before the tree is entered": {
      createRuntime: [logging("createRuntime"), logging("again")],
      createContainer: [logging("createContainer")],
      poststart: [],
      startContainer: [],
    },
    "a hook of the old kind": { prestart: [logging("prestart")] },
  }).map(([title, hooks]) =>
    row(
      title,
      {
        "/hooks": hooks,
        "/mounts/-": { destination: "/log", type: "bind", source: "$BASE/log", options: ["bind", "ro"] },
        ...writable,
      },
      { before: "touch log", facts: ["+file", "/log"] },
    ),
  ),
];

const filters: readonly Row[] = [
  ...(["NE", "LT", "LE", "EQ", "GE", "GT"] as const).flatMap((op) => [
    compare(op, 511),
    compare(op, 18),
    compare(op, 0x1_0000_0000n),
  ]),
  compare("MASKED_EQ", 0o70, 0o70),
  compare("MASKED_EQ", 0xffff_ffff_0000_0000n),
  filtered(
    "two arguments",
    { index: 0, value: 511, op: "SCMP_CMP_EQ" },
    { index: 5, value: 18446744073709551615n, op: "SCMP_CMP_NE" },
  ),
  row("a filter: rules that meet", {
    "/process/user/additionalGids": [5],
    "/linux/seccomp": {
      defaultAction: "SCMP_ACT_ALLOW",
      flags: ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"],
      syscalls: [
        {
          names: ["umask"],
          action: "SCMP_ACT_ERRNO",
          errnoRet: 5,
          args: [{ index: 0, value: 511, op: "SCMP_CMP_EQ" }],
        },
        { names: ["umask", "getsid"], action: "SCMP_ACT_LOG" },
        { names: ["getsid"], action: "SCMP_ACT_ERRNO", errnoRet: 9, args: [{ index: 0, value: 0, op: "SCMP_CMP_NE" }] },
      ],
    },
  }),
  ...[38, 133].map((errnoRet) =>
    row(`a filter: the errno ${errnoRet}`, {
      "/linux/seccomp": {
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [{ names: ["umask"], action: "SCMP_ACT_ERRNO", errnoRet }],
      },
    }),
  ),
];

/** What one field asks for is where another looks. */
export const oddTogetherRows: readonly Row[] = [...namespaces, ...covers, ...trees, ...processes, ...filters];
