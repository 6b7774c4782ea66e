// Every rule of a policy: a plan that breaks it, one that keeps it, and documents that are no policies.
import { checkPolicy, parsePolicy, SpecError } from "@coffer/spec";
import test from "ava";
import fc from "fast-check";
import type { Change } from "../audit/_rows.test.ts";
import { joined, made } from "../audit/_rows.test.ts";
import { planCases } from "../plan/testing/cases.ts";
import { anyPlan } from "../wire/_arbitrary.test.ts";
import { decodePlan } from "../wire/decode.ts";
import { encodePlan } from "../wire/encode.ts";
import { findViolations } from "./index.ts";
import { fitsName, fitsPath } from "./patterns.ts";

type Row = readonly [title: string, policy: object, change: Change, rule: string, message: RegExp];

const bind = (source: string, ...options: readonly string[]): Change => ({
  mount: { destination: "/mnt", type: "bind", source, options: ["rbind", ...options] },
  options: { sourceLinks: false },
});
const hook = { hooks: { createRuntime: [{ path: "/usr/bin/x" }] } };
const firstId = 600_178_688;
const netns = {
  namespaces: ["pid", "ipc", "uts", "mount", "cgroup", "user"]
    .map((type): object => ({ type }))
    .concat([{ type: "network", path: "/run/netns/a" }]),
};
const hostNet = { namespaces: ["pid", "ipc", "uts", "mount", "cgroup", "user"].map((type) => ({ type })) };
const caps = { capabilities: { bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"] } };
const sysAdmin = {
  capabilities: { bounding: ["CAP_SYS_ADMIN"], effective: ["CAP_SYS_ADMIN"], permitted: ["CAP_SYS_ADMIN"] },
};

/** Plans that break a rule; the default plan keeps each of these policies. */
const broken: readonly Row[] = [
  ["host root", { userNamespace: "required" }, { unsafe: ["host-root"] }, "/userNamespace", /no user namespace/],
  [
    "ids beneath",
    { hostIds: { from: firstId, to: 1_879_048_191 } },
    { linux: { uidMappings: [{ containerID: 0, hostID: 5, size: 1 }] } },
    "/hostIds",
    /uids 5 to 5/,
  ],
  [
    "ids of the host",
    { hostIds: { from: 65_536, to: 1_879_048_191 } },
    { unsafe: ["host-root"] },
    "/hostIds",
    /the host's/,
  ],
  [
    "a host's namespace",
    { namespaces: { own: ["network"] } },
    { linux: hostNet },
    "/namespaces/own",
    /network namespace is the host's/,
  ],
  [
    "the host's network under a rule about hosts",
    { egress: { allowed: ["*"] } },
    { linux: hostNet },
    "/egress",
    /host's network/,
  ],
  [
    "a joined one",
    { namespaces: { own: ["network"] } },
    { linux: netns },
    "/namespaces/own",
    /joined from \/run\/netns\/a/,
  ],
  [
    "a joined one of another path",
    { namespaces: { joined: { network: ["/run/netns/b"] } } },
    { linux: netns },
    "/namespaces/joined",
    /may not be joined/,
  ],
  ["new privileges", { noNewPrivileges: "required" }, { unsafe: ["new-privileges"] }, "/noNewPrivileges", /not set/],
  ["a capability", { capabilities: { allowed: [] } }, { process: caps }, "/capabilities/allowed", /CAP_KILL/],
  ["no filter", { seccomp: {} }, { unsafe: ["no-seccomp"] }, "/seccomp", /no filter/],
  ["no filter, with calls", { seccomp: { denied: ["bpf"] } }, { unsafe: ["no-seccomp"] }, "/seccomp", /no filter/],
  [
    "a call",
    { seccomp: { denied: ["bpf", "mount"] } },
    {
      linux: {
        seccomp: { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mount"], action: "SCMP_ACT_ERRNO" }] },
      },
    },
    "/seccomp/denied",
    /lets bpf through/,
  ],
  [
    "a listener",
    { seccomp: { listener: false } },
    {
      linux: {
        seccomp: {
          defaultAction: "SCMP_ACT_ALLOW",
          listenerPath: "/run/s",
          syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_NOTIFY" }],
        },
      },
    },
    "/seccomp/listener",
    /listener/,
  ],
  [
    "a writable root",
    { root: { readonly: "required" } },
    { top: { root: { path: "rootfs" } } },
    "/root/readonly",
    /written/,
  ],
  [
    "a type",
    { mounts: { types: ["proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup2"] } },
    { mount: { destination: "/m", type: "debugfs" } },
    "/mounts/types",
    /debugfs/,
  ],
  [
    "a bind",
    { mounts: { binds: [{ source: "/srv/other/**" }] } },
    bind("/srv/data", "rro"),
    "/mounts/binds",
    /\/srv\/data may not be bound/,
  ],
  [
    "a writable bind",
    { mounts: { binds: [{ source: "/srv/*", readonly: true }] } },
    bind("/srv/data", "ro"),
    "/mounts/binds",
    /must be rro/,
  ],
  [
    "a bind with devices",
    { mounts: { binds: [{ source: "/srv/*", nosuid: true, nodev: true, noexec: true }] } },
    bind("/srv/data", "rnosuid"),
    "/mounts/binds",
    /must be rnodev, rnoexec/,
  ],
  [
    "links",
    { mounts: { binds: [{ source: "/srv/**" }] } },
    { ...bind("/srv/data"), options: {} },
    "/mounts/links",
    /followed/,
  ],
  ["mounts that are not locked", { lockedMounts: "required" }, { process: sysAdmin }, "/lockedMounts", /not locked/],
  [
    "mounts that are not locked, for a set-user-id program",
    { lockedMounts: "required" },
    { process: { capabilities: { bounding: ["CAP_SYS_ADMIN"] }, noNewPrivileges: false } },
    "/lockedMounts",
    /not locked/,
  ],
  [
    "a device",
    { devices: { allowed: [{ type: "c", major: 10, minor: 229 }] } },
    { linux: { devices: [{ path: "/dev/x", type: "c", major: 10, minor: 232 }] } },
    "/devices/allowed",
    /c 10:232/,
  ],
  [
    "a device that the launcher makes for a user namespace",
    { devices: { allowed: [{ type: "c", major: 10, minor: 229 }] } },
    { linux: { devices: [{ path: "/dev/x/y", type: "c", major: 10, minor: 232 }] } },
    "/devices/allowed",
    /c 10:232 is not allowed \(on \/dev\/x\/y\)/,
  ],
  [
    "a hook in the container's namespaces",
    { hooks: { allowed: ["/usr/bin/*"], inside: false } },
    { top: { hooks: { createContainer: [{ path: "/usr/bin/x" }] } } },
    "/hooks/inside",
    /\/usr\/bin\/x/,
  ],
  ["a hook", { hooks: { allowed: ["/usr/bin/y"] } }, { top: hook }, "/hooks/allowed", /\/usr\/bin\/x/],
  [
    "a later hook",
    { hooks: { allowed: [] } },
    { top: { hooks: { poststop: [{ path: "/z" }] } } },
    "/hooks/allowed",
    /\/z/,
  ],
  [
    "another configuration of CRIU",
    { checkpoints: { configs: ["/etc/criu/*"] } },
    { top: { annotations: { "org.criu.config": "/srv/criu/c.conf" } } },
    "/checkpoints/configs",
    /\/srv\/criu\/c\.conf/,
  ],
  [
    "a hook at start",
    { hooks: { allowed: [] } },
    { top: { hooks: { poststart: [{ path: "/z" }] } }, options: { gate: true } },
    "/hooks/allowed",
    /\/z/,
  ],
  [
    "an annotation",
    { annotations: { told: ["a.*"] } },
    { top: { ...hook, annotations: { "a.b": "1", c: "2" } } },
    "/annotations/told",
    /annotation c /,
  ],
  [
    "a parameter",
    { sysctls: { allowed: ["net.ipv4.*"] } },
    { linux: { sysctl: { "kernel.shmmax": "1" } } },
    "/sysctls/allowed",
    /kernel\/shmmax/,
  ],
  [
    "descriptors",
    { descriptors: { passed: 1 } },
    { options: { preserveFds: 2 } },
    "/descriptors/passed",
    /2 descriptors/,
  ],
  [
    "a finding",
    { findings: { worst: "note" } },
    { unsafe: ["host-network"], linux: hostNet },
    "/findings/worst",
    /high: host-network/,
  ],
];

const violationsOf = (policy: object, change: Change) =>
  findViolations(checkPolicy({ version: 1, ...policy }), made(change));

const breaks = test.macro({
  exec(t, [, policy, change, rule, message]: Row) {
    const found = violationsOf(policy, change).filter((one) => one.rule === rule);
    t.true(found.length > 0);
    t.regex(found[0]?.message ?? "", message);
    t.deepEqual(violationsOf(policy, {}), []);
  },
  title: (_provided, [title]: Row) => `refused, and only then: ${title}`,
});

for (const row of broken) test(breaks, row);

type Kept = readonly [title: string, policy: object, change: Change];

const kept: readonly Kept[] = [
  [
    "a namespace that may be joined",
    { namespaces: { own: ["network"], joined: { network: ["/run/netns/*"] } } },
    { linux: netns },
  ],
  ["a capability that is allowed", { capabilities: { allowed: ["CAP_KILL"] } }, { process: caps }],
  ["a bind that fits", { mounts: { binds: [{ source: "/srv/**", readonly: true }] } }, bind("/srv/data", "rro")],
  [
    "mounts that are locked",
    { lockedMounts: "required" },
    { process: sysAdmin, top: { annotations: { "coffer.lock-mounts": "true" } } },
  ],
  ["links that are allowed", { mounts: { links: true } }, { ...bind("/srv/data"), options: {} }],
  [
    "a device without a minor",
    { devices: { allowed: [{ type: "c", major: 10 }] } },
    { linux: { devices: [{ path: "/dev/x", type: "c", major: 10, minor: 232 }] } },
  ],
  ["a hook outside, where none may be inside", { hooks: { allowed: ["/usr/bin/*"], inside: false } }, { top: hook }],
  ["a hook that is allowed", { hooks: { allowed: ["/usr/bin/*"] } }, { top: hook }],
  [
    "a parameter that is allowed",
    { sysctls: { allowed: ["kernel.shm*"] } },
    { linux: { sysctl: { "kernel.shmmax": "1" } } },
  ],
  [
    "limits",
    { limits: { pids: 10, memory: 1 << 20 } },
    { linux: { resources: { pids: { limit: 9 }, memory: { limit: 1 << 20 } } } },
  ],
];

for (const [title, policy, change] of kept)
  test(`allowed: ${title}`, (t) => {
    t.deepEqual(violationsOf(policy, change), []);
  });

test("limits have to be there, and low enough", (t) => {
  const policy = { limits: { pids: 10 } };
  t.regex(violationsOf(policy, {})[0]?.message ?? "", /not limited/);
  t.regex(violationsOf(policy, { linux: { resources: { pids: { limit: 11 } } } })[0]?.message ?? "", /is 11/);
});

test("where the root comes from has to be known", (t) => {
  const policy = checkPolicy({ version: 1, root: { sources: ["/srv/*/rootfs"] } });
  const { plan } = made();
  const linkless = ["rootfs"];
  const rootfs = "/srv/a/../b/rootfs";
  t.regex(findViolations(policy, { plan })[0]?.message ?? "", /not known/);
  t.regex(findViolations(policy, { plan, inputs: { rootfs: "/" } })[0]?.message ?? "", /\/ may not be the root/);
  t.regex(findViolations(policy, { plan, inputs: { rootfs } })[0]?.message ?? "", /symbolic links in \/srv\/b/);
  t.deepEqual(findViolations(policy, { plan, inputs: { rootfs }, linkless }), []);
  const links = (value: boolean) => made({ options: { rootfs: { path: "/srv/b/rootfs", links: value } } });
  t.regex(findViolations(policy, links(true))[0]?.message ?? "", /symbolic links in \/srv\/b/);
  t.deepEqual(findViolations(policy, links(false)), []);
});

test("a further process is held to what is about processes", (t) => {
  const policy = checkPolicy({
    version: 1,
    userNamespace: "required",
    namespaces: { own: ["pid", "network"] },
    capabilities: { allowed: [] },
    limits: { pids: 1 },
    root: { readonly: "required" },
  });
  t.deepEqual(findViolations(policy, joined({})), []);
  const [found] = findViolations(policy, joined(caps));
  t.is(found?.rule, "/capabilities/allowed");
});

test("the field is named where the plan knows it, else the op", (t) => {
  const policy = checkPolicy({ version: 1, hooks: { allowed: [] } });
  const { plan } = made({ top: hook });
  t.is(findViolations(policy, { plan })[0]?.pointer, "/hooks/createRuntime/0");
  const [stored] = findViolations(policy, { plan: decodePlan(encodePlan(plan)) });
  t.is(stored?.pointer, undefined);
  t.is(plan.ops[stored?.op ?? -1]?.op, "spawn");
});

const isNone = test.macro({
  exec(t, value: unknown, pointer: string, message: RegExp) {
    const error = t.throws(() => parsePolicy(JSON.stringify(value)), { instanceOf: SpecError });
    t.is(error?.code, "E_POLICY_INVALID");
    const [issue] = error?.issues ?? [];
    t.is(issue?.pointer, pointer);
    t.regex(issue?.message ?? "", message);
  },
  title: (_provided, value) => `no policy: ${JSON.stringify(value)}`,
});

test(isNone, {}, "/version", /required/);
test(isNone, { version: 1 }, "", /no rule/);
test(isNone, { version: 2, hooks: { allowed: [] } }, "/version", /./);
test(isNone, { version: 1, hook: { allowed: [] } }, "/hook", /no known field/);
test(isNone, { version: 1, hooks: { allow: [] } }, "/hooks/allowed", /required/);
test(isNone, { version: 1, hooks: { allowed: ["bin/x"] } }, "/hooks/allowed/0", /match/);
test(isNone, { version: 1, hooks: { allowed: ["/a/../b"] } }, "/hooks/allowed/0", /match/);
test(isNone, { version: 1, userNamespace: true }, "/userNamespace", /./);
test(isNone, { version: 1, capabilities: { allowed: ["KILL"] } }, "/capabilities/allowed/0", /match/);
test(isNone, { version: 1, namespaces: { own: ["net"] } }, "/namespaces/own/0", /net/);
test(isNone, { version: 1, limits: { pids: -1 } }, "/limits/pids", /./);
test(isNone, { version: 1, findings: { worst: "bad" } }, "/findings/worst", /bad/);
test(isNone, [], "", /object/);

test("patterns", (t) => {
  t.true(fitsPath("/srv/**", "/srv"));
  t.true(fitsPath("/srv/**", "/srv/a/b"));
  t.false(fitsPath("/srv/**", "/srvx"));
  t.true(fitsPath("/srv/*", "/srv/a"));
  t.false(fitsPath("/srv/*", "/srv/a/b"));
  t.false(fitsPath("/srv/*", "/srv"));
  t.true(fitsPath("/", "/"));
  t.false(fitsPath("/", "/a"));
  t.true(fitsName("a.*", "a.b"));
  t.false(fitsName("a.b", "a.b.c"));
});

const everything = checkPolicy({
  version: 1,
  ...Object.assign({}, ...broken.map(([, policy]) => policy)),
  limits: { pids: 1 },
  root: { sources: [] },
});

test("no plan makes a policy throw", (t) => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      findViolations(everything, { plan: decodePlan(encodePlan(plan)), inputs: { "in-dir": "/etc" } });
      return true;
    }),
    { numRuns: 300 },
  );
  for (const make of Object.values(planCases)) findViolations(everything, { plan: make() });
  t.pass();
});
