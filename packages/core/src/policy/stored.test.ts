// Plans that anybody may have written. Each is a plan that the policy allows, with an edit that the verifier accepts and
// that does what the policy does not allow.
import { checkPolicy } from "@coffer/spec";
import test from "ava";
import { made } from "../audit/_rows.test.ts";
import { auditPlan } from "../audit/index.ts";
import type { Subject } from "../exposure/index.ts";
import { readExposure } from "../exposure/index.ts";
import { cloneFlags } from "../plan/namespaces/namespaces.ts";
import { planCases } from "../plan/testing/cases.ts";
import { requireVerified } from "../verify/index.ts";
import { encodePlan } from "../wire/encode.ts";
import type { OpName, OpOf, Plan, PlanInput, PlanOp, SlotName } from "../wire/op.ts";
import { findViolations } from "./index.ts";

const strict = checkPolicy({
  version: 1,
  userNamespace: "required",
  hostIds: { from: 65_536, to: 1_879_048_191 },
  namespaces: { own: ["pid", "mount", "ipc", "uts", "network", "cgroup"], joined: { network: ["/run/netns/**"] } },
  noNewPrivileges: "required",
  capabilities: { allowed: [] },
  seccomp: { denied: ["bpf", "mount", "setns"] },
  root: { readonly: "required", sources: ["/srv/*/rootfs"] },
  mounts: {
    types: ["proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup2"],
    binds: [{ source: "/srv/data/**", readonly: true, nosuid: true, nodev: true }],
  },
  lockedMounts: "required",
  devices: { allowed: [] },
  hooks: { allowed: ["/usr/bin/hook"] },
  annotations: { told: [] },
  sysctls: { allowed: ["net.*"] },
  limits: { pids: 10, memory: 1 << 20 },
  descriptors: { passed: 0 },
});

const bind = { destination: "/mnt", type: "bind", source: "/srv/data", options: ["rbind", "rro", "rnosuid", "rnodev"] };
const limits = { pids: { limit: 10 }, memory: { limit: 1 << 20 } };
const subject = ({ plan }: Pick<Subject, "plan">): Subject => ({
  plan,
  inputs: { rootfs: "/srv/a/rootfs" },
  linkless: ["rootfs"],
});
const { plan: base } = made({
  mount: bind,
  linux: {
    resources: { ...limits, devices: [{ allow: false, access: "rwm" }] },
    sysctl: { "net.ipv4.ip_forward": "1" },
  },
  process: { capabilities: {} },
  top: { hooks: { createRuntime: [{ path: "/usr/bin/hook" }] } },
  options: { sourceLinks: false },
});

type Edit = (plan: Plan) => Plan;
type Fits = (op: PlanOp) => boolean;

const withOps = (plan: Plan, ops: readonly PlanOp[]): Plan => ({ ...plan, ops });
const all =
  (...edits: readonly Edit[]): Edit =>
  (plan) =>
    edits.reduce((edited, edit) => edit(edited), plan);
const asks =
  (...inputs: readonly PlanInput[]): Edit =>
  (plan) => ({ ...plan, inputs: [...plan.inputs, ...inputs] });
/** Puts ops before the first that fits. */
const before =
  (fits: Fits, ...ops: readonly PlanOp[]): Edit =>
  (plan) =>
    withOps(plan, plan.ops.toSpliced(plan.ops.findIndex(fits), 0, ...ops));
const without =
  (fits: Fits): Edit =>
  (plan) =>
    withOps(
      plan,
      plan.ops.filter((op) => !fits(op)),
    );
const is =
  (name: OpName): Fits =>
  (op) =>
    op.op === name;
const hasName = <K extends OpName>(op: PlanOp, name: K): op is PlanOp & OpOf<K> => op.op === name;
/** Changes the first op of a name. */
const change =
  <K extends OpName>(name: K, edit: (op: OpOf<K>) => PlanOp | readonly PlanOp[]): Edit =>
  (plan) => {
    const first = plan.ops.find((op) => hasName(op, name));
    return withOps(
      plan,
      plan.ops.flatMap((op) => (op === first && hasName(op, name) ? edit(op) : op)),
    );
  };

const flags = cloneFlags;
const [host, inside] = ["host", "inside"] as const;
const clone = is("clone");
const attachRoot = is("attach-root");
const pivot = is("pivot");
const atHost = { at: "host-root", phase: host } as const;
const hostRoot: PlanOp = { op: "open-root", phase: inside, out: "x-root" };
const closeRoot: PlanOp = { op: "close", phase: inside, slot: "x-root" };
const program = (path: string, at = "host-root"): PlanOp => ({
  op: "open-exec",
  phase: host,
  at,
  path,
  resolve: 0,
  out: "x-program",
});
const netns = (path: string): PlanOp => ({ ...atHost, op: "open-namespace", path, type: flags.network, out: "x-ns" });
const process = (out: string): PlanOp => ({
  op: "open-process",
  phase: host,
  proc: "proc",
  pid: 1,
  startTime: 1,
  inode: 0,
  out,
});
const joinNet: Edit = before(
  is("isolate-mounts"),
  { op: "join-namespaces", phase: inside, ns: "x-ns", types: flags.network },
  { op: "close", phase: inside, slot: "x-ns" },
);
const cgroup = (path: string, version = 2): PlanOp => ({
  ...atHost,
  op: "open-cgroup",
  path,
  version,
  out: "x-cgroup",
});
const write = (file: string, value: string, group = "x-cgroup"): PlanOp => ({
  op: "write-cgroup",
  phase: host,
  cgroup: group,
  file,
  value,
});
const limited = (op: PlanOp): boolean => op.op === "write-cgroup" && /^(pids|memory)\.max$/.test(op.file);
const spawn: PlanOp = {
  op: "spawn",
  phase: "parent",
  program: "x-program",
  args: ["/usr/bin/hook"],
  input: new TextEncoder().encode("{}"),
  timeoutMs: 0,
  pidAt: 0xffffffff,
  home: 0,
};
const idmaps: Edit = change("write-idmap", ({ uids = "", gids = "" }) =>
  [uids, gids].map((map, gid): PlanOp => {
    return { op: "spawn-idmap", phase: "parent", proc: "proc", process: "init", helper: "x-program", map, gid };
  }),
);
/** A mount of something on /x. */
const mounted = (tree: OpOf<"clone-tree"> | OpOf<"make-fs">): Edit =>
  before(
    pivot,
    tree,
    { op: "mount-point", phase: inside, at: "root", path: "/x", kind: 0, mode: 0o755, resolve: 0, out: "x-at" },
    { op: "attach", phase: inside, tree: tree.out, target: "x-at" },
  );
const fs = (type: string, ...options: readonly string[]) =>
  ({ op: "make-fs", phase: inside, type, options, attrs: 14, out: "x-tree" }) as const;
const cloned = (source: string, phase: typeof host | typeof inside = inside) =>
  ({ op: "clone-tree", phase, source, recursive: 1, propagation: 1, out: "x-tree" }) as const;
const readonly: PlanOp = {
  op: "set-mount",
  phase: inside,
  tree: "x-tree",
  set: 7,
  clear: 0,
  propagation: 0,
  recursive: 1,
};
const writable = (tree: SlotName): PlanOp => {
  return { op: "set-mount", phase: "rooted", tree, set: 0, clear: 1, propagation: 0, recursive: 1 };
};
const open = (path: string, phase: typeof host | typeof inside, at: string, resolve = 2): PlanOp => {
  return { op: "open-dir", phase, at, path, resolve, out: "x-dir" };
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const stored = (name: string): Edit => {
  return () => planCases[name]?.() ?? base;
};

/** The eight ways that there were up to commit d15156a, and what is of their kinds. */
const rows: Readonly<Record<string, readonly [edit: Edit, message: RegExp]>> = {
  "1: a host plan that starts any program": [stored("host-checkpoint"), /kind host/],
  "1: a plan of kind restore": [stored("restore-root"), /kind restore/],
  "2: a program of the image writes the id maps": [
    all(before(is("enter-dir"), program("/evil", "rootfs")), idmaps),
    /the at of open-exec comes from input dir/,
  ],
  "2: another program of the host writes the id maps": [
    all(before(clone, program("/bin/sh")), idmaps),
    /\/bin\/sh is run to write id maps/,
  ],
  "3: a decoy is attached at the host's root": [
    all(
      change("clone-tree", (op) => [open("/", host, "host-root"), { ...op, source: "x-dir" }]),
      before(
        attachRoot,
        hostRoot,
        { ...fs("tmpfs"), attrs: 15 },
        { op: "attach", phase: inside, tree: "x-tree", target: "x-root" },
      ),
    ),
    /attached outside of the container's tree/,
  ],
  "4: an overlay of the host's root is the root": [
    change("clone-tree", ({ out }) => ({ ...fs("overlay", "lowerdir=/"), phase: host, attrs: 1, out })),
    /type overlay is not allowed \(on \/\)/,
  ],
  "5: a namespace that was made is left": [
    all(before(clone, netns("/proc/1/ns/net")), joinNet),
    /the network namespace is the host's/,
  ],
  "5: a namespace beside those that may be joined": [
    all(before(clone, netns("/run/netns/../../proc/1/ns/net")), joinNet),
    /leads elsewhere/,
  ],
  "6: a process of the host stands for the container": [
    all(before(clone, process("x-ns")), joinNet),
    /nothing says that it is the container's/,
  ],
  "7: limits of a cgroup that nobody joins": [
    all(
      without(limited),
      before(
        clone,
        { op: "make-cgroup", phase: host, parent: "cgroup-base", path: "x-none", exist: 0, out: "x-cgroup" },
        write("pids.max", "1"),
        write("memory.max", "1"),
      ),
    ),
    /is not limited, at most 10 is allowed/,
  ],
  "7: a limit that is taken back": [before(clone, write("pids.max", "max", "cgroup")), /is not limited/],
  "7: a limit that is taken back if its file is there": [
    before(clone, { op: "write-first", phase: host, cgroup: "cgroup", files: ["pids.max", "max"] }),
    /is not limited/,
  ],
  "7: a limit for a process that runs already": [
    before(is("await-exec"), {
      op: "write-cgroup",
      phase: "parent",
      cgroup: "cgroup",
      file: "pids.max",
      value: "1",
    }),
    /may run before its cgroups are/,
  ],
  "a service of the host is asked for anything, over a bus": [
    before(
      clone,
      { ...atHost, op: "connect-bus", path: "/run/dbus/system_bus_socket", timeoutMs: 1000, out: "x-bus" },
      { op: "close", phase: host, slot: "x-bus" },
    ),
    /what connect-bus asks another program for/,
  ],
  "a service of the host is asked for anything, over a socket": [
    all(
      before(clone, { ...atHost, op: "connect-socket", path: "/run/docker.sock", out: "x-socket" }),
      before(is("await-exec"), {
        op: "send-fd",
        phase: "parent",
        flags: ["keep"],
        socket: "x-socket",
        fd: "init",
        name: "POST /containers/create HTTP/1.1\r\n",
      }),
    ),
    /a service of the host is sent "POST/,
  ],
  "a service of the host is told something with a filter": [
    all(
      before(clone, { ...atHost, op: "connect-socket", path: "/run/systemd/io.systemd.Machine", out: "x-socket" }),
      before(is("load-seccomp"), {
        op: "load-listener",
        phase: "exec",
        socket: "x-socket",
        program: Uint8Array.of(6, 0, 0, 0, 0, 0, 0xff, 0x7f),
        message: bytes('{"method":"x"}'),
        filterFlags: 0,
        pidAt: 0xffffffff,
        statePidAt: 0xffffffff,
      }),
    ),
    /is no state of a container/,
  ],
  "a socket of the host is the standard input": [
    all(
      before(clone, { ...atHost, op: "connect-socket", path: "/run/docker.sock", out: "x-socket" }),
      change("place-fd", (op) => ({ ...op, fd: "x-socket" })),
    ),
    /the fd of place-fd comes from connect-socket/,
  ],
  "a descriptor is passed as the standard input": [
    all(
      asks({ name: "x-file", type: "file" }),
      change("place-fd", (op) => ({ ...op, fd: "x-file" })),
    ),
    /1 descriptors are passed on, 0 may be/,
  ],
  "a file of the caller is given away": [
    all(
      asks({ name: "x-file", type: "file" }),
      before(is("set-umask"), { op: "own-stream", phase: "drop", stream: "x-file", uid: 5 }),
    ),
    /the file x-file of the caller is given to the user 5/,
  ],
  "standard output is given to another user": [
    before(is("set-umask"), { op: "own-stream", phase: "drop", stream: "stdout", uid: 4711 }),
    /the file stdout of the caller is given to the user 4711/,
  ],
  "a socket that is only told what the program asks for may be anything": [
    all(
      asks({ name: "x-watcher", type: "socket" }),
      before(clone, { op: "start-supervisor", phase: host, out: "x-supervisor" }),
      before(is("await-exec"), {
        op: "watch",
        phase: "parent",
        supervisor: "x-supervisor",
        watcher: "x-watcher",
        calls: new Uint8Array(12),
      }),
    ),
    /the input x-watcher is a socket/,
  ],
  "an input may be anything": [asks({ name: "x-program", type: "exec" }), /the input x-program is a exec/],
  "a hook is another program of that name": [
    all(
      before(clone, open("/tmp", host, "host-root"), program("/usr/bin/hook", "x-dir")),
      before(is("await-exec"), spawn),
    ),
    /the at of open-exec comes from open-dir/,
  ],
  "a hook is a program beside those that are allowed": [
    all(before(clone, program("/usr/bin/hook/../sh")), before(is("await-exec"), spawn)),
    /leads elsewhere/,
  ],
  "a program that the kernel runs is written into a cgroup": [
    before(clone, cgroup("/sys/fs/cgroup/memory", 1), write("release_agent", "/evil")),
    /release_agent of a cgroup is written/,
  ],
  "a cgroup of somebody else's is ended": [
    all(
      before(clone, cgroup("/sys/fs/cgroup/system.slice")),
      before(is("await-exec"), { op: "kill-cgroup", phase: "parent", cgroup: "x-cgroup", version: 2, signal: 9 }),
    ),
    /a cgroup that may be another's is changed/,
  ],
  "limits are given to the container": [
    before(clone, { op: "own-cgroup", phase: host, cgroup: "cgroup", files: ["pids.max"], uid: 600_178_688 }),
    /pids.max of a cgroup is given away/,
  ],
  "a process of the host is signalled": [
    before(clone, process("x-process"), { op: "signal", phase: host, process: "x-process", signal: 9 }),
    /what signal asks another program for/,
  ],
  "a process of the host is limited": [
    all(
      before(clone, process("x-process")),
      change("set-rlimit", (op) => ({ ...op, process: "x-process" })),
    ),
    /the process of set-rlimit comes from open-process/,
  ],
  "a proc shows the host's processes": [
    all(
      before(clone, { ...fs("proc"), phase: host }),
      before(
        pivot,
        { op: "mount-point", phase: inside, at: "root", path: "/x", kind: 0, mode: 0o755, resolve: 0, out: "x-at" },
        { op: "attach", phase: inside, tree: "x-tree", target: "x-at" },
      ),
    ),
    /a proc is for another pid namespace/,
  ],
  "a proc is told whose processes it shows": [mounted(fs("proc", "pidns=/proc/1/ns/pid")), /the option pidns=/],
  "a bind goes through a directory that is a link": [
    all(
      before(clone, open("/srv/data", host, "host-root", 0), cloned("x-dir", host), { ...readonly, phase: host }),
      before(
        pivot,
        { op: "mount-point", phase: inside, at: "root", path: "/x", kind: 0, mode: 0o755, resolve: 0, out: "x-at" },
        { op: "attach", phase: inside, tree: "x-tree", target: "x-at" },
      ),
    ),
    /symbolic links in \/srv\/data are followed/,
  ],
  "a bind can be written again": [
    before(is("make-masks"), {
      op: "set-mount",
      phase: "rooted",
      tree: "root",
      set: 0,
      clear: 1,
      propagation: 0,
      recursive: 1,
    }),
    /the bind of \/srv\/data on \/mnt must be rro/,
  ],
  "masks are clones of one that can be written": [
    change("mask", (op) => [op, writable("root")]),
    /masks can be written/,
  ],
  "the file system of the masks can be written": [
    change("make-masks", (op) => [op, writable(op.out)]),
    /masks can be written/,
  ],
  "something is made in a bind before it cannot be written": [
    all(
      without((op) => op.op === "set-mount" && op.tree === "mount-7"),
      change("pivot", (op) => [
        { op: "make-link", phase: inside, at: "root", path: "/mnt/x", target: "/etc/shadow" },
        op,
      ]),
      before(is("make-masks"), {
        op: "set-mount",
        phase: "rooted",
        tree: "root",
        set: 7,
        clear: 0,
        propagation: 0,
        recursive: 1,
      }),
    ),
    /the bind of \/srv\/data on \/mnt must be rro/,
  ],
  "a file system that shows directories of the host": [
    mounted(fs("overlay", "lowerdir=/")),
    /what a file system of type overlay shows of the host/,
  ],
  "what the container has is there once more, unmasked": [
    mounted({ ...cloned("root"), flags: ["keep"] }),
    /what the container has at \/ is attached once more/,
  ],
  "a mount covers the root": [
    before(
      pivot,
      fs("tmpfs"),
      { op: "mount-point", phase: inside, at: "root", path: "/", kind: 0, mode: 0o755, resolve: 0, out: "x-at" },
      { op: "attach", phase: inside, tree: "x-tree", target: "x-at" },
    ),
    /a mount covers the container's root/,
  ],
  "a mask is a file of the plan's choice": [
    all(
      before(is("mask"), { ...fs("tmpfs"), phase: "rooted" }),
      change("mask", (op) => ({ ...op, masks: "x-tree" })),
    ),
    /the masks of mask comes from make-fs/,
  ],
  "a device is made on the host": [
    before(
      attachRoot,
      hostRoot,
      {
        op: "make-node",
        phase: inside,
        at: "x-root",
        path: "/tmp/null",
        mode: 0o20666,
        major: 1,
        minor: 3,
        uid: 0,
        gid: 0,
      },
      closeRoot,
    ),
    /\/tmp\/null is not in the container's tree/,
  ],
  "files of the host are copied": [
    before(
      attachRoot,
      hostRoot,
      { op: "mount-point", phase: inside, at: "x-root", path: "/root", kind: 2, mode: 0, resolve: 0, out: "x-at" },
      fs("tmpfs"),
      { op: "copy-up", phase: inside, source: "x-at", tree: "x-tree" },
      { op: "close", phase: inside, slot: "x-at" },
      closeRoot,
    ),
    /files of the host are copied/,
  ],
  "a kernel parameter is set of the host": [
    before(
      is("isolate-mounts"),
      hostRoot,
      { op: "open-dir", phase: inside, at: "x-root", path: "/proc/sys", resolve: 2, out: "x-dir" },
      { op: "sysctl", phase: inside, parameters: "x-dir", key: "net/ipv4/ip_forward", value: "1" },
      { op: "close", phase: inside, slot: "x-dir" },
      closeRoot,
    ),
    /the directory of the kernel parameter is not that of a new proc/,
  ],
  "a mask is of what is not there": [
    change("mask", (op) => ({ ...op, path: "/proc/none/.." })),
    /where \/proc\/none\/.. leads is not known/,
  ],
  "the host's name is set": [
    all(
      before(clone, {
        ...atHost,
        op: "open-namespace",
        path: "/proc/1/ns/uts",
        type: flags.uts,
        out: "x-ns",
      }),
      before(
        is("isolate-mounts"),
        { op: "join-namespaces", phase: inside, ns: "x-ns", types: flags.uts },
        { op: "close", phase: inside, slot: "x-ns" },
      ),
    ),
    /set-hostname changes the host's uts namespace/,
  ],
  "a kernel parameter is set in a namespace that is left then": [
    all(
      before(clone, netns("/run/netns/a")),
      before(
        attachRoot,
        { op: "join-namespaces", phase: inside, ns: "x-ns", types: flags.network },
        { op: "close", phase: inside, slot: "x-ns" },
      ),
      before(
        is("isolate-mounts"),
        { ...fs("proc"), out: "x-proc" },
        { op: "open-dir", phase: inside, at: "x-proc", path: "sys", resolve: 2, out: "x-dir" },
        { op: "sysctl", phase: inside, parameters: "x-dir", key: "net/ipv4/ip_forward", value: "1" },
        { op: "close", phase: inside, slot: "x-dir" },
      ),
    ),
    /sysctl is for another network namespace than the process's/,
  ],
};

test("the plan that the others are made of keeps the policy", (t) => {
  t.deepEqual(findViolations(strict, subject({ plan: base })), []);
});

for (const [title, [edit, message]] of Object.entries(rows))
  test(`a stored plan is refused: ${title}`, (t) => {
    const plan = edit(base);
    requireVerified(encodePlan(plan));
    const found = findViolations(strict, subject({ plan })).map((one) => one.message);
    t.true(
      found.some((one) => message.test(one)),
      JSON.stringify(found),
    );
  });

test("plans of the planner have nothing that is not known", (t) => {
  const container = { pid: 4321, startTime: 98765n, inode: 1234n };
  for (const [name, make] of Object.entries(planCases)) {
    const { doubts } = readExposure({ plan: make(), made: true, container, inputs: { rootfs: "/r", state: "/s" } });
    t.deepEqual(doubts, [], name);
  }
});

test("a stored plan is refused: 8: a directory is given as an open file", (t) => {
  const plan = base;
  const given = { ...subject({ plan }), inputs: { rootfs: "/srv/a/rootfs", stdin: "/" } };
  t.regex(findViolations(strict, given)[0]?.message ?? "", /the input stdin is given by a path/);
});

test("an audit tells what it does not know as a high finding", (t) => {
  const { findings } = auditPlan({ plan: planCases["host-checkpoint"]?.() ?? base });
  t.like(findings[0], { check: "unknown-plan", severity: "high" });
});
