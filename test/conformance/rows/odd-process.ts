// Odd processes
import type { Patch } from "../../helpers/json.ts";
import type { Row } from "./row.ts";
import { allCaps, userns, writable } from "./row.ts";

const cwd = (path: string, before?: string, patch: Patch = {}): Row => ({
  title: `the working directory ${path}${before === undefined ? "" : `, after ${before.replaceAll("bundle/rootfs", "")}`}`,
  patch: { ...writable, "/process/cwd": path, ...patch },
  ...(before === undefined ? {} : { before }),
});

const caps = (title: string, sets: Patch, more: Patch = {}): Row => ({
  title: `capabilities: ${title}`,
  patch: {
    "/process/capabilities": {},
    ...Object.fromEntries(Object.entries(sets).map(([set, value]) => [`/process/capabilities/${set}`, value])),
    ...more,
  },
});

const user = (title: string, value: Patch[string], more: Patch = {}): Row => ({
  title: `the user: ${title}`,
  patch: { "/process/user": value, ...more },
});

const env = (title: string, value: readonly string[], more: Patch = {}): Row => ({
  title: `the environment: ${title}`,
  patch: { "/process/env": value, ...more },
});

const limit = (type: string, soft: number | bigint, hard: number | bigint): Row => ({
  title: `the limit ${type} ${soft} ${hard}`,
  patch: { "/process/rlimits": [{ type, soft, hard }] },
});

/** An annotation of crun's that podman sends. */
const keepGroups = (value: string): Row => ({
  title: `the groups of the caller: ${value}`,
  patch: {
    "/annotations": { "run.oci.keep_original_groups": value },
    "/process/user": { uid: 0, gid: 0, additionalGids: [9] },
  },
});

/** Odd processes. */
export const oddProcessRows: readonly Row[] = [
  {
    title: "a notify socket of the caller that nobody listens at",
    before: "export NOTIFY_SOCKET=/tmp/nobody/here",
    patch: writable,
    peers: ["runc"],
  },
  keepGroups("0"),
  keepGroups("1"),
  cwd("/home/.."),
  cwd("/home/../tmp"),
  cwd("/../../tmp"),
  cwd("/tmp/../../../etc/."),
  cwd("//tmp//"),
  cwd("/a/../b"),
  cwd("/new/deep/../other"),
  cwd("/link", "ln -s tmp bundle/rootfs/link"),
  cwd("/link", "ln -s /tmp bundle/rootfs/link"),
  cwd("/link/../etc", "ln -s home bundle/rootfs/link"),
  cwd("/up", "ln -s ../../../../etc bundle/rootfs/up"),
  cwd("/tmp/."),
  cwd("/proc/self/fd"),
  cwd("/closed", "mkdir -m 700 bundle/rootfs/closed", { "/process/user": { uid: 1000, gid: 1000 } }),
  caps("ambient beyond inheritable", { bounding: allCaps, permitted: allCaps, ambient: ["CAP_CHOWN"] }),
  caps(
    "effective of a user",
    { bounding: allCaps, permitted: allCaps, effective: allCaps },
    { "/process/user": { uid: 7, gid: 7 } },
  ),
  caps(
    "ambient of a user",
    { bounding: allCaps, permitted: allCaps, inheritable: allCaps, effective: allCaps, ambient: allCaps },
    { "/process/user": { uid: 7, gid: 7 } },
  ),
  caps("twice", { bounding: ["CAP_KILL", "CAP_KILL"], permitted: ["CAP_KILL", "CAP_KILL"] }),
  caps("only bounding", { bounding: allCaps }),
  caps("only ambient", { ambient: ["CAP_KILL"] }),
  caps("empty lists", { bounding: [], permitted: [], effective: [], inheritable: [], ambient: [] }),
  caps(
    "in a user namespace",
    { bounding: allCaps, permitted: allCaps, effective: allCaps, inheritable: ["CAP_CHOWN"] },
    userns,
  ),
  user("only a uid", { uid: 1000 }),
  user("only a gid", { gid: 1000 }),
  user("a large one", { uid: 4294967293, gid: 4294967293 }),
  user("groups twice", { uid: 1, gid: 1, additionalGids: [5, 5, 1] }),
  user("a group of root", { uid: 1, gid: 0, additionalGids: [0] }),
  user("a umask of 0", { uid: 0, gid: 0, umask: 0 }),
  user("a umask over 0777", { uid: 0, gid: 0, umask: 0o1022 }),
  user("a name", { uid: 0, gid: 0, username: "somebody" }),
  user("many groups", { uid: 0, gid: 0, additionalGids: Array.from({ length: 200 }, (_, index) => index + 10) }),
  env("a name twice", ["A=1", "A=2", "PATH=/"]),
  env("HOME empty", ["HOME=", "PATH=/"]),
  env("PATH twice", ["PATH=/nowhere", "PATH=/"], { "/process/args/0": "probe" }),
  env("no PATH, and a name", ["A=b"], { "/process/args/0": "/probe" }),
  env("a long word", [`A=${"x".repeat(100_000)}`, "PATH=/"]),
  env("new lines and blanks", ["A= b\n c ", "PATH=/"]),
  env("other bytes", ["A=\u00e9\u{1f600}", "PATH=/"]),
  limit("RLIMIT_NOFILE", 20, 1024),
  limit("RLIMIT_STACK", 65536, 8388608),
  limit("RLIMIT_FSIZE", 0, 0),
  limit("RLIMIT_NPROC", 1, 1),
  limit("RLIMIT_MEMLOCK", 0, 65536),
  limit("RLIMIT_MSGQUEUE", 0, 0),
  limit("RLIMIT_NICE", 0, 0),
  limit("RLIMIT_RTPRIO", 0, 0),
  limit("RLIMIT_RTTIME", 1000000, 1000000),
  limit("RLIMIT_SIGPENDING", 10, 10),
  limit("RLIMIT_LOCKS", 10, 10),
  limit("RLIMIT_DATA", 67108864, 67108864),
  limit("RLIMIT_RSS", 1, 2),
  limit("RLIMIT_CPU", 100, 18446744073709551615n),
  { title: "an OOM score of 0", patch: { "/process/oomScoreAdj": 0 } },
  { title: "an OOM score of 1000", patch: { "/process/oomScoreAdj": 1000 } },
  { title: "a program by a relative path", patch: { "/process/args/0": "./probe" } },
  {
    title: "a program by a relative path beneath the working directory",
    patch: { "/process/cwd": "/home", "/process/args/0": "../probe" },
  },
  { title: "a program by a link", patch: { "/process/args/0": "/p" }, before: "ln -s probe bundle/rootfs/p" },
  {
    title: "a program by an absolute link",
    patch: { "/process/args/0": "/p" },
    before: "ln -s /probe bundle/rootfs/p",
  },
  {
    title: "a program in a directory of PATH that is relative",
    patch: { "/process/args/0": "probe", "/process/env": ["PATH=.:bin"] },
  },
  {
    title: "a program with an empty part of PATH",
    patch: { "/process/args/0": "probe", "/process/env": ["PATH=/bin::"] },
  },
  { title: "a size of a console without a terminal", patch: { "/process/consoleSize": { height: 3, width: 4 } } },
  {
    title: "a terminal of a size of its own",
    patch: { "/process/terminal": true, "/process/consoleSize": { height: 33, width: 44 } },
    terminal: "24x80",
  },
  {
    title: "a terminal of a size of 0",
    patch: { "/process/terminal": true, "/process/consoleSize": { height: 0, width: 0 } },
    terminal: "24x80",
  },
  {
    title: "a terminal without /dev/console's directory",
    patch: { ...writable, "/process/terminal": true, "/process/cwd": "/tmp" },
    terminal: "24x80",
  },
  { title: "an io priority", patch: { "/process/ioPriority": { class: "IOPRIO_CLASS_BE", priority: 3 } } },
  { title: "a scheduler", patch: { "/process/scheduler": { policy: "SCHED_BATCH", nice: 5 } } },
  ...["SCHED_FIFO", "SCHED_RR"].map((policy) => ({
    title: `a scheduler that keeps what it is, for ${policy}`,
    patch: { "/process/scheduler": { policy, flags: ["SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS"] } },
  })),
  { title: "a scheduler beyond its range", patch: { "/process/scheduler": { policy: "SCHED_BATCH", nice: 20 } } },
  {
    title: "a scheduler with what another one has",
    patch: { "/process/scheduler": { policy: "SCHED_BATCH", runtime: 1000000, deadline: 2000000, period: 2000000 } },
  },
  caps("names without their prefix", { bounding: ["KILL"], permitted: ["kill"], effective: ["kill"] }),
  { title: "a scheduler of a policy alone", patch: { "/process/scheduler": { policy: "SCHED_IDLE" } } },
  { title: "a CPU affinity of exec", patch: { "/process/execCPUAffinity": { initial: "0", final: "0-1" } } },
  { title: "arguments that are empty", patch: { "/process/args": ["/probe", "facts", "+stat", ""] } },
  {
    title: "no new privileges, as an user with nothing",
    patch: { "/process/user": { uid: 65534, gid: 65534 }, "/process/capabilities": {} },
  },
];
