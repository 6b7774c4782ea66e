// Fixes: a config that has a finding does not have it when its fix is applied, and is a config still.
import type { JsonValue } from "@coffer/spec";
import { checkConfig, parseJson, stringifyJson } from "@coffer/spec";
import test from "ava";
import fc from "fast-check";
import type { Finding } from "../audit/index.ts";
import { auditPlan } from "../audit/index.ts";
import { defaultConfig } from "../defaults/index.ts";
import { planCreate } from "../plan/index.ts";
import { hybridFacts, rootFacts } from "../plan/testing/builders.ts";
import type { Patch } from "./index.ts";
import { applyPatches, fixAll, fixOf, valueAt } from "./index.ts";

const ids = { uid: 600_178_688, gid: 600_178_688, size: 65_536 };
const host = { arch: "x86_64" };

function toJson(value: unknown): JsonValue {
  return JSON.parse(stringifyJson(value));
}

const base = toJson(defaultConfig({ ids, arch: "x86_64", ownsHost: true, cgroup2: true }));
const facts = { ...rootFacts, paths: { ...rootFacts.paths, "/srv/data": "dir" } } as const;

function findingsOf(config: JsonValue, hybrid = false): readonly Finding[] {
  const on = hybrid ? { ...facts, cgroup: hybridFacts.cgroup } : facts;
  const plan = planCreate(checkConfig(config), on, { id: "c1", bundle: "/bundle" });
  return auditPlan({ plan, hostLsm: facts.lsm, criuConfig: undefined }).findings;
}

const set = (path: string, value: JsonValue): Patch => ({ op: "replace", path, value });
const drop = (path: string): Patch => ({ op: "remove", path });
const mount = (destination: string, type: string, ...options: readonly string[]): Patch => ({
  op: "add",
  path: "/mounts/-",
  value: { destination, type, source: type === "bind" ? "/srv/data" : type, options },
});
const without = (...types: readonly string[]): Patch =>
  set(
    "/linux/namespaces",
    ["pid", "network", "ipc", "uts", "mount", "cgroup", "user"]
      .filter((one) => !types.includes(one))
      .map((type) => ({ type })),
  );
const shared: readonly Patch[] = [without("user"), drop("/linux/uidMappings"), drop("/linux/gidMappings")];
const caps = (...names: readonly string[]): Patch =>
  set("/process/capabilities", { bounding: names, effective: names, permitted: names });

/** Check → what makes it find something. */
const rows: Readonly<Record<string, readonly Patch[]>> = {
  "host-pid": [without("pid")],
  "host-network": [without("network")],
  "host-ipc": [without("ipc")],
  "host-uts": [without("uts"), drop("/hostname")],
  "host-cgroup": [without("cgroup")],
  "own-cap-sys-admin": [caps("CAP_SYS_ADMIN", "CAP_KILL")],
  "cap-kill": [...shared, caps("CAP_KILL")],
  "new-privileges": [set("/process/noNewPrivileges", false), drop("/linux/seccomp")],
  "inheritable-capabilities": [
    set("/process/capabilities", { bounding: ["CAP_KILL"], permitted: ["CAP_KILL"], inheritable: ["CAP_KILL"] }),
  ],
  "realtime-scheduling": [set("/process/scheduler", { policy: "SCHED_FIFO", priority: 1 })],
  "realtime-io": [set("/process/ioPriority", { class: "IOPRIO_CLASS_RT", priority: 1 })],
  "spared-by-oom": [set("/process/oomScoreAdj", -1)],
  "core-dumps": [set("/process/rlimits", [])],
  "no-seccomp": [drop("/linux/seccomp")],
  "writable-root": [drop("/root/readonly")],
  "kernel-file-system": [mount("/mnt", "debugfs"), mount("/mnt2", "tracefs")],
  "tmpfs-set-user-id": [mount("/mnt", "tmpfs", "size=1m")],
  "tmpfs-unbounded": [mount("/mnt", "tmpfs", "nosuid")],
  "proc-writable": [...shared, set("/linux/readonlyPaths", [])],
  "own-proc-writable": [set("/linux/readonlyPaths", [])],
  "own-proc-kcore": [set("/linux/maskedPaths", [])],
  "proc-unmasked": [set("/linux/maskedPaths", [])],
  "proc-telling": [set("/linux/maskedPaths", [])],
  "sys-unmasked": [set("/linux/maskedPaths", [])],
  "sys-telling": [set("/linux/maskedPaths", [])],
  "sys-writable": [...shared, set("/mounts/5/options", ["nosuid"])],
  "own-cgroup-writable": [set("/mounts/6/options", ["nosuid"])],
  "bind-writable": [mount("/data", "bind", "rbind")],
  "bind-readonly-top": [mount("/data", "bind", "rbind", "ro")],
  "bind-devices": [mount("/data", "bind", "rbind", "rro", "rdev")],
  "bind-set-user-id": [mount("/data", "bind", "rbind", "rro", "rsuid")],
  "bind-receives-mounts": [mount("/data", "bind", "rbind", "rro", "rslave")],
  "device-critical": [set("/linux/devices", [{ path: "/dev/x", type: "b", major: 8, minor: 0 }])],
  "devices-allowed": [...shared, set("/linux/resources/devices", [{ allow: true, access: "rwm" }])],
};

const removes = test.macro({
  exec(t, check: string) {
    const config = applyPatches(base, rows[check] ?? []);
    const found = findingsOf(config).filter((finding) => finding.check === check);
    t.true(found.length > 0, "nothing to remove");
    const { fixes, config: fixed } = fixAll(config, found, host);
    t.true(fixes.length > 0);
    t.deepEqual(
      findingsOf(fixed).filter((finding) => finding.check === check),
      [],
    );
  },
  title: (_provided, check) => `the fix of ${check} removes it`,
});
for (const check of Object.keys(rows)) test(removes, check);

test("all fixes together leave a config with no finding that has a fix", (t) => {
  const all = [
    ...shared,
    without("user", "pid", "network"),
    caps("CAP_SYS_ADMIN"),
    mount("/a", "debugfs"),
    mount("/b", "tmpfs"),
  ];
  let config = applyPatches(base, all);
  for (let round = 0; round < 3; round += 1) config = fixAll(config, findingsOf(config), host).config;
  t.deepEqual(
    findingsOf(config).filter((finding) => fixOf(config, finding, host) !== undefined),
    [],
  );
  t.true(findingsOf(config).some(({ check }) => check === "host-root"));
});

test("numbers beyond 2^53 stay what they are", (t) => {
  const text = '{"process":{"rlimits":[{"type":"RLIMIT_AS","hard":18446744073709551615,"soft":18446744073709551615}]}}';
  const value = parseJson(text) as JsonValue;
  const config = applyPatches(value, [set("/process/noNewPrivileges", true)]);
  t.is(valueAt(config, "/process/rlimits/0/hard"), 18446744073709551615n);
  t.true(stringifyJson(config).includes("18446744073709551615"));
});

test("what is set at a pointer is there, and nothing else has changed", (t) => {
  const key = fc.string({ maxLength: 3 });
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 3 }, fc.integer(), fc.dictionary(key, tie("tree")), fc.array(tie("tree"))),
  }));
  fc.assert(
    fc.property(fc.dictionary(key, tree), key, fc.integer(), (given, name, value) => {
      const document = given as JsonValue;
      const before = JSON.stringify(document);
      const pointer = `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const after = applyPatches(document, [set(pointer, value)]);
      const others = (one: JsonValue) => JSON.stringify(applyPatches(one, [drop(pointer)]));
      return (
        valueAt(after, pointer) === value && JSON.stringify(document) === before && others(after) === others(document)
      );
    }),
  );
  t.pass();
});
