// The small pure parts of the planner.
import { checkConfig } from "@coffer/spec";
import test from "ava";
import { seccompFeatures } from "../defaults/features.ts";
import { sandboxConfig } from "../defaults/sandbox/index.ts";
import { CofferError } from "../errors.ts";
import { cleanPath } from "../paths.ts";
import type { Plan, PlanOp } from "../wire/op.ts";
import { cgroupPlaces, planCreate } from "./create/create.ts";
import { readsBack, sysctlPath } from "./namespaces/sysctl.ts";
import { findCandidates } from "./process/process.ts";
import { diffPlans } from "./show/diff.ts";
import { printPlan } from "./show/print.ts";
import { flagWords } from "./show/words.ts";
import type { ConfigChange } from "./testing/builders.ts";
import { baseConfig, hybridFacts, rootFacts, userFacts } from "./testing/builders.ts";
import { bindSourcesOf } from "./tree/mount-list.ts";

const plan = (change: ConfigChange = {}): Plan => planCreate(baseConfig(change), rootFacts, { id: "c1" });
const find = (ops: readonly PlanOp[], name: PlanOp["op"]): readonly PlanOp[] => ops.filter(({ op }) => op === name);

const dropOrder = test.macro({
  title: (_, denied: readonly string[]) => `a filter that denies ${denied.join(", ") || "nothing"} and no no_new_privs`,
  exec: (t, denied: readonly string[], expected: string) => {
    const syscalls = denied.length === 0 ? [] : [{ names: [...denied], action: "SCMP_ACT_ERRNO" }];
    const { ops } = plan({
      process: { noNewPrivileges: false },
      linux: { seccomp: { defaultAction: "SCMP_ACT_ALLOW", syscalls } },
    });
    const told = ["load-seccomp", "change-dir", "find-exec", "set-ids", "set-caps"];
    t.is(ops.flatMap(({ op }) => (told.includes(op) ? [op] : [])).join(" "), expected);
  },
});
const asUser = "load-seccomp set-ids change-dir set-caps find-exec";
const beforeFilter = "change-dir find-exec load-seccomp set-ids set-caps";
test(dropOrder, [], asUser);
test(dropOrder, ["getpid"], asUser);
for (const call of ["openat2", "faccessat2", "statx"]) test(dropOrder, [call], beforeFilter);

const lastCalls = test.macro({
  title: (_, denied: string) => `a filter that denies ${denied}, without which the program cannot be executed`,
  exec: (t, denied: string) => {
    const seccomp = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: [denied], action: "SCMP_ACT_ERRNO" }],
    };
    const error = t.throws(() => plan({ linux: { seccomp } }), { instanceOf: CofferError });
    t.regex(error?.message ?? "", new RegExp(`denies .?${denied}`));
  },
});
for (const call of ["execve", "mmap", "rt_sigprocmask"]) test(lastCalls, call);

const cleans = test.macro({
  title: (_, path: string) => `clean path of ${path}`,
  exec: (t, path: string, expected: string) => t.is(cleanPath(path), expected),
});
test(cleans, "", "/");
test(cleans, "a", "/a");
test(cleans, "//a/./b//", "/a/b");
test(cleans, "/a/../b", "/a/../b");

const sysctls = test.macro({
  title: (_, name: string) => `path of ${name}`,
  exec: (t, name: string, expected: string) => t.is(sysctlPath(name), expected),
});
test(sysctls, "net.ipv4.ip_forward", "net/ipv4/ip_forward");
test(sysctls, "net/ipv4/conf/eno2.100/forwarding", "net/ipv4/conf/eno2.100/forwarding");
test(sysctls, "net.ipv4.conf.eno2/100.forwarding", "net/ipv4/conf/eno2.100/forwarding");

const readBack = test.macro({
  title: (_, key: string, value: string) => `what ${key} says of ${value}`,
  exec: (t, key: string, value: string, expected: string | undefined) => t.is(readsBack(key, value), expected),
});
test(readBack, "net/ipv4/ip_forward", "1", "1");
test(readBack, "net/ipv4/ip_local_port_range", " 1000  2000", "1000\t2000");
test(readBack, "kernel/sem", "250\t32000", "250\t32000");
test(readBack, "net/ipv4/tcp_notsent_lowat", "-1", "-1");
test(readBack, "net/ipv4/tcp_fin_timeout", "0x10", undefined);
test(readBack, "net/ipv4/tcp_fin_timeout", "010", undefined);
test(readBack, "net/ipv4/tcp_fin_timeout", "", undefined);
test(readBack, "net/ipv4/ip_local_reserved_ports", "1,2", undefined);
test(readBack, "net/ipv4/ping_group_range", "1 0", undefined);
test(readBack, "net/ipv4/neigh/default/retrans_time", "3", undefined);
test(readBack, "net/ipv6/route/flush", "1", undefined);
test(readBack, "net/bridge/bridge-nf-call-iptables", "2", undefined);
test(readBack, "net/ipv4/tcp_congestion_control", "cubic", "cubic");
test(readBack, "kernel/domainname", "two words", undefined);

const candidates = test.macro({
  title: (_, name: string, env: string) => `${name} in ${env}`,
  exec: (t, name: string, env: string, expected: readonly string[]) =>
    t.deepEqual(findCandidates(name, [env]), expected),
});
test(candidates, "sh", "PATH=/a:/b/:/a", ["/a/sh", "/b/sh"]);
test(candidates, "sh", "PATH=:/b", ["./sh", "/b/sh"]);
test(candidates, "sh", "X=1", ["/bin/sh", "/usr/bin/sh"]);
test(candidates, "./sh", "PATH=/a", ["./sh"]);
test(candidates, "/x", "PATH=/a", ["/x"]);

test("later variables win, HOME is looked up where it is missing", (t) => {
  const { ops } = plan({ process: { env: ["A=1", "B=2", "A=3"] } });
  const [exec] = find(ops, "exec");
  t.deepEqual(exec?.op === "exec" ? exec.env : undefined, ["B=2", "A=3"]);
  t.is(find(ops, "find-home").length, 1);
  t.is(find(plan({ process: { env: ["HOME=/x"] } }).ops, "find-home").length, 0);
});

test("weight of shares", (t) => {
  const { ops } = plan({ linux: { resources: { cpu: { shares: 1024 } } } });
  const [write] = ops.filter((op) => op.op === "write-cgroup" && op.file === "cpu.weight");
  t.is(write?.op === "write-cgroup" ? write.value : undefined, "100");
});

test("every mount is checked, and none before its parent", (t) => {
  const { ops } = plan();
  t.is(find(ops, "expect-mount").length, 7);
});

test("places on a hybrid host are in every hierarchy", (t) => {
  const places = cgroupPlaces(baseConfig(), hybridFacts, "c1");
  t.deepEqual(
    places.map(({ mount, path }) => `${mount}${path}`),
    ["unified", "cpu,cpuacct", "cpuset", "devices", "memory", "pids", "systemd"].map(
      (name) => `/sys/fs/cgroup/${name}/coffer-c1`,
    ),
  );
});

test("an ordinary caller has no place but those of the limits", (t) => {
  const facts = { ...hybridFacts, privileged: false };
  const { length } = cgroupPlaces(baseConfig({ linux: { resources: { pids: { limit: 5 } } } }), facts, "c1");
  t.is(length, 2);
});

test("bind sources are absolute", (t) => {
  const config = baseConfig({
    mounts: [
      { destination: "/a", source: "x", type: "bind" },
      { destination: "/b", source: "/y/", options: ["rbind"] },
      { destination: "/c", type: "tmpfs", source: "z" },
    ],
  });
  t.deepEqual(bindSourcesOf(config, "/bundle"), ["/bundle/x", "/y"]);
});

test("a printed plan has every op, escaped", (t) => {
  const made = plan({ process: { args: ["a\u001b[31m"] } });
  const text = printPlan(made);
  t.is(text.split("\n").filter((line) => /^ *\d+ {2}/.test(line)).length, made.ops.length);
  t.false(text.includes("\u001b"));
  t.true(text.includes("[/mounts/1]"));
});

test("a brief plan has words for flags, and each sentence once", (t) => {
  const made = plan({ mounts: [...(baseConfig().mounts ?? []), { destination: "/c", type: "tmpfs", source: "z" }] });
  const text = printPlan(made, { brief: true, paint: (kind, words) => (kind === "title" ? `<${words}>` : words) });
  t.regex(text, /clone .*namespaces=[a-z]+\+[a-z+]+ vfork/);
  t.regex(text, /attrs=nosuid\+strictatime/);
  t.regex(text, /expect-mount root=\w+ path=\S+ magic=proc require=[a-z+]+/);
  t.notRegex(text, /(?:attrs|namespaces|require|effective|magic)=0x/);
  t.regex(text, /^<host:>$/m);
  const reasons = text.split("\n").filter((line) => line.startsWith("      # "));
  t.is(new Set(reasons).size, reasons.length);
  t.true(printPlan(made).includes("namespaces=0x"));
});

test("what has no name stays a number", (t) => {
  t.is(flagWords("attrs", 0x21), "ro+strictatime");
  t.is(flagWords("clear", 0x70), "atime");
  t.is(flagWords("set", 0), "none");
  t.is(flagWords("namespaces", 0x20000001), "pid+0x1");
  t.is(flagWords("effective", (1n << 41n) - 1n), "all");
  t.is(flagWords("keep", 0x21n), "chown+kill");
  t.is(flagWords("magic", 5), undefined);
  t.is(flagWords("uid", 5), undefined);
});

test("a plan differs from another in its lines only", (t) => {
  t.is(diffPlans(plan(), plan()), "");
  t.deepEqual(
    diffPlans(plan(), plan({ hostname: "other" }))
      .trimEnd()
      .split("\n"),
    ["- inside: set-hostname name=runc", "+ inside: set-hostname name=other"],
  );
});

test("features tell the compiler's actions", (t) => {
  t.true(seccompFeatures.actions?.includes("SCMP_ACT_ERRNO"));
  t.true(seccompFeatures.actions?.includes("SCMP_ACT_NOTIFY"));
});

const refusesDir = test.macro({
  title: (_, cwd: string) => `no sandbox in ${cwd}`,
  exec(t, cwd: string) {
    const error = t.throws(() => sandboxConfig({ args: ["sh"], cwd }, rootFacts));
    t.true(CofferError.is(error, "E_USAGE"));
  },
});
test(refusesDir, "/");
test(refusesDir, "/proc/1");
test(refusesDir, "/home");
test(refusesDir, "/no/such");

test("a user's sandbox maps the user and nobody else", (t) => {
  const { config } = sandboxConfig({ args: ["sh"], cwd: "/srv/data" }, userFacts);
  t.deepEqual(config.linux?.uidMappings, [{ containerID: 1000, hostID: 1000, size: 1 }]);
});

test("a config of the spec's own example is planned", (t) => {
  const config = checkConfig({
    ociVersion: "1.0.0",
    root: { path: "r" },
    process: { cwd: "/", args: ["a"] },
    linux: { namespaces: [{ type: "mount" }] },
  });
  t.true(planCreate(config, rootFacts, { id: "c1" }).ops.length > 20);
});
