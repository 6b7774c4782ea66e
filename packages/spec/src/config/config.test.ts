import test from "ava";
import type { AbsolutePath, Config, ExtraRule } from "../index.ts";
import {
  absolutePath,
  checkConfig,
  checkProcess,
  parseConfig,
  parseProcess,
  parseResources,
  SpecError,
} from "../index.ts";
import { baseConfig, baseProcess } from "../testing/base-config.ts";
import { readTestData } from "../testing/official.ts";

const full = parseConfig(readTestData("full-config.json"));

const becomes = test.macro({
  exec(t, found: unknown, value: unknown) {
    t.deepEqual(found, value);
  },
  title: (given = "") => `${given} has the documented type`,
});

test("/process/rlimits/*/hard", becomes, full.process?.rlimits?.[0]?.hard, 2n ** 64n - 1n);
test("/process/rlimits/*/soft", becomes, full.process?.rlimits?.[0]?.soft, 1024n);
test("/process/consoleSize", becomes, full.process?.consoleSize, { height: 24, width: 80 });
test("/process/oomScoreAdj", becomes, full.process?.oomScoreAdj, -500);
test("/process/user/umask", becomes, full.process?.user?.umask, 18);
test("/process/scheduler/runtime", becomes, full.process?.scheduler?.runtime, 1_000_000n);
test("/hooks/prestart/*/timeout", becomes, full.hooks?.prestart?.[0]?.timeout, 10);
test("/linux/uidMappings/*/size", becomes, full.linux?.uidMappings?.[0]?.size, 4_294_967_295);
test("/linux/timeOffsets/boottime", becomes, full.linux?.timeOffsets?.boottime, {
  secs: -(2n ** 63n),
  nanosecs: 999_999_999,
});
test("/linux/devices/*/major", becomes, full.linux?.devices?.[0]?.major, 10);
test("/linux/resources/devices/*/minor", becomes, full.linux?.resources?.devices?.[0]?.minor, -1);
test("/linux/resources/memory/limit", becomes, full.linux?.resources?.memory?.limit, 2n ** 63n - 1n);
test("/linux/resources/memory/swappiness", becomes, full.linux?.resources?.memory?.swappiness, 0n);
test("/linux/resources/cpu/quota", becomes, full.linux?.resources?.cpu?.quota, -1n);
test("/linux/resources/pids/limit", becomes, full.linux?.resources?.pids?.limit, -1n);
test("/linux/resources/blockIO/weight", becomes, full.linux?.resources?.blockIO?.weight, 10);
test(
  "/linux/resources/hugepageLimits/*/limit",
  becomes,
  full.linux?.resources?.hugepageLimits?.[0]?.limit,
  2n ** 64n - 1n,
);
test("/linux/resources/network/classID", becomes, full.linux?.resources?.network?.classID, 1_048_577);
test("/linux/resources/unified", becomes, full.linux?.resources?.unified, {
  "memory.high": "max",
  "io.weight": "default 100",
});
test("/linux/seccomp/syscalls/*/args", becomes, full.linux?.seccomp?.syscalls?.[0]?.args, [
  { index: 0, value: 2n ** 64n - 1n, valueTwo: 2_114_060_288n, op: "SCMP_CMP_MASKED_EQ" },
]);

const accepts = test.macro({
  exec(t, fields: Readonly<Record<string, unknown>>) {
    t.notThrows(() => checkConfig(baseConfig(fields)));
  },
  title: (_, fields) => `accepts ${JSON.stringify(fields)}`,
});

for (const ociVersion of ["1.0.0", "1.0.0-rc5", "1.0.2-dev", "1.1.0+dev", "1.2.1", "1.3.0", "1.3.7-rc.1+build.5"]) {
  test(accepts, { ociVersion });
}
test(accepts, { mounts: [{ destination: "data" }] });
test(accepts, { hostname: "" });
test(accepts, { windows: { layerFolders: ["layer"] } });
test(accepts, { linux: { rootfsPropagation: "rslave" } });
test(accepts, { linux: {}, unknown: { deep: [1] }, annotations: { a: "\u0000" } });

const refuses = test.macro({
  exec(t, fields: Readonly<Record<string, unknown>>, pointer: string, message: string, rule?: ExtraRule) {
    const error = t.throws(() => checkConfig(baseConfig(fields)), { instanceOf: SpecError, code: "E_CONFIG_INVALID" });
    t.deepEqual(error?.issues, [rule === undefined ? { pointer, message } : { pointer, message, rule }]);
  },
  title: (_, _fields, pointer, message) => `refuses ${pointer}: ${message}`,
});

const versions = "is not a version of the OCI runtime spec of major version 1, such as 1.3.0";
for (const ociVersion of ["0.5.0-dev", "2.0.0", "1.0", "v1.0.0", "1.0.0\n", "1.00.0", "1.3.01", ""]) {
  test(refuses, { ociVersion }, "/ociVersion", `"${ociVersion.replace("\n", "\\x0a")}" ${versions}`, "oci-version");
}
test(refuses, { ociVersion: undefined }, "/ociVersion", "is required");
test(refuses, { ociVersion: 1 }, "/ociVersion", "must be string, got number");
test(refuses, { root: {} }, "/root/path", "is required");
const scored = (oomScoreAdj: unknown) => ({ process: { ...baseProcess(), oomScoreAdj } });
test(refuses, scored("1"), "/process/oomScoreAdj", "must be an integer, got string");
test(refuses, scored(1.5), "/process/oomScoreAdj", "must be an integer, got 1.5");
test(
  refuses,
  scored(2 ** 60),
  "/process/oomScoreAdj",
  `must be at most 2^53 - 1 in size, got ${2 ** 60}`,
  "safe-integer",
);
test(refuses, { mounts: [null] }, "/mounts/0", "must be object, got null");
test(refuses, { process: { cwd: null } }, "/process/cwd", "is required");
test(
  refuses,
  { linux: { resources: { unified: { "memory.high": null } } } },
  "/linux/resources/unified/memory.high",
  "must be string, got null",
);
test(refuses, { linux: [] }, "/linux", "must be object, got array");
test(refuses, { process: baseProcess({ cwd: "a" }) }, "/process/cwd", '"a" is not an absolute path', "absolute-path");
test(
  refuses,
  { process: baseProcess({ args: ["a\0"] }) },
  "/process/args/0",
  '"a\\x00" has a NUL character in it',
  "no-nul",
);
test(refuses, { hostname: "\ud800" }, "/hostname", '"\\ud800" has an unpaired surrogate in it', "no-lone-surrogate");
test(
  refuses,
  { process: baseProcess({ user: { uid: -1 } }) },
  "/process/user/uid",
  "must be from 0 to 4294967295, got -1",
);
test(refuses, { process: baseProcess({ user: { uid: "0" } }) }, "/process/user/uid", "must be an integer, got string");
test(refuses, { process: baseProcess({ user: { uid: 0.5 } }) }, "/process/user/uid", "must be an integer, got 0.5");
test(
  refuses,
  { process: baseProcess({ rlimits: [{ type: "RLIMIT_CORE", soft: 0 }] }) },
  "/process/rlimits/0/hard",
  "is required",
);
test(
  refuses,
  { linux: { namespaces: [{ type: "net" }] } },
  "/linux/namespaces/0/type",
  '"net" is not one of mount, pid, network, uts, ipc, user, cgroup, time',
);
test(
  refuses,
  { linux: { resources: { pids: { limit: 2n ** 63n } } } },
  "/linux/resources/pids/limit",
  "must be from -9223372036854775808 to 9223372036854775807, got 9223372036854775808",
  "exact-integer",
);
test(
  refuses,
  { linux: { resources: { memory: { limit: 2 ** 60 } } } },
  "/linux/resources/memory/limit",
  "1152921504606847000 is not exact: write it as an integer in full",
  "exact-integer",
);
test(
  refuses,
  { linux: { devices: [{ type: "c", path: "/dev/x", major: 2n ** 60n }] } },
  "/linux/devices/0/major",
  "must be at most 2^53 - 1 in size, got 1152921504606846976",
  "safe-integer",
);
test(refuses, { annotations: { "": "x" } }, "/annotations/", "has an empty key", "map-key");
test(
  refuses,
  { annotations: JSON.parse('{"__proto__":"x"}') },
  "/annotations/__proto__",
  'has the key "__proto__"',
  "map-key",
);
test(refuses, { annotations: { "a/\u001b": 1 } }, "/annotations/a~1\u001b", "must be string, got number");
test(
  refuses,
  { linux: { seccomp: { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: [], action: "SCMP_ACT_LOG" }] } } },
  "/linux/seccomp/syscalls/0/names",
  "must not be empty",
);

test("a file mode with type bits keeps the permission bits", (t) => {
  const { linux } = checkConfig(baseConfig({ linux: { devices: [{ type: "c", path: "/dev/x", fileMode: 0o20666 }] } }));
  t.is(linux?.devices?.[0]?.fileMode, 0o666);
});

test("unknown properties are left out of the config", (t) => {
  t.false(Object.hasOwn(checkConfig(baseConfig({ unknown: 1 })), "unknown"));
});

test("an own __proto__ of an object is left out and changes no prototype", (t) => {
  const config = parseConfig('{"ociVersion":"1.0.0","__proto__":{"root":{"path":"x"}},"linux":{"__proto__":{}}}');
  t.is(Object.getPrototypeOf(config), Object.prototype);
  t.is(config.root, undefined);
});

test("every issue is reported at once", (t) => {
  const error = t.throws(() => checkConfig({ root: {}, mounts: [{}] }), { instanceOf: SpecError });
  t.deepEqual(
    error?.issues.map((issue) => issue.pointer),
    ["/ociVersion", "/root/path", "/mounts/0/destination"],
  );
});

test("a bare process and bare resources are read with their own codes", (t) => {
  t.deepEqual(parseProcess('{"cwd":"/","args":["sh"]}'), checkProcess(baseProcess()));
  t.throws(() => parseProcess('{"cwd":1}'), { instanceOf: SpecError, code: "E_PROCESS_INVALID" });
  t.deepEqual(parseResources('{"pids":{"limit":5}}'), { pids: { limit: 5n } });
  t.deepEqual(parseResources('{"pids":{}}'), { pids: {} });
  t.deepEqual(parseResources('{"pids":null}'), {});
  t.deepEqual(parseResources("null"), {});
  t.deepEqual(parseResources('{"unified":null}'), {});
  t.throws(() => parseResources('{"unified":{"pids.max":null}}'), { code: "E_RESOURCES_INVALID" });
  t.throws(() => parseResources('{"pids":{"limit":"5"}}'), { instanceOf: SpecError, code: "E_RESOURCES_INVALID" });
});

test("path brands come from a parse only, and a config is read-only", (t) => {
  const cwd: AbsolutePath = absolutePath.parse("/a");
  // @ts-expect-error a raw string is not a path
  const raw: AbsolutePath = "/a";
  // @ts-expect-error a config is read-only, all the way down
  const write = (config: Config) => config.mounts?.[0]?.options?.push("ro");
  t.is(cwd, raw);
  t.is(typeof write, "function");
});
