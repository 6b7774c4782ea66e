// What `audit --fix` and the page's buttons change in a config, finding by finding. A finding that has no row needs a decision
// of a person: a hook, a bind of the host, a range of ids.
import type { JsonValue } from "@coffer/spec";
import type { Finding } from "../audit/index.ts";
import { maskedPaths, maskedSysPaths, readonlyPaths } from "../defaults/index.ts";
import { defaultSeccompProfile } from "../seccomp/index.ts";
import type { Patch } from "./patch.ts";
import { applyPatches, valueAt } from "./patch.ts";

/** A change of a config that removes a finding. */
export interface Fix {
  readonly finding: Finding;
  /** What it changes, in one line. */
  readonly says: string;
  readonly patches: readonly Patch[];
}

/** What a fix may know besides the config. */
export interface FixHost {
  /** As `uname -m` says: the default filter is for it. */
  readonly arch: string;
}

type Make = (config: JsonValue, finding: Finding, host: FixHost) => readonly Patch[];

const listAt = (config: JsonValue, pointer: string): readonly JsonValue[] => {
  const value = valueAt(config, pointer);
  return Array.isArray(value) ? value : [];
};

const set = (path: string, value: JsonValue): Patch => ({ op: "replace", path, value });
const put =
  (path: string, value: JsonValue): Make =>
  () => [set(path, value)];

function drop(path: string): Make {
  return (config) => (valueAt(config, path) === undefined ? [] : [{ op: "remove", path }]);
}

/** Adds what a list of paths lacks. */
function list(path: string, wanted: readonly string[]): Make {
  return (config) => {
    const there = listAt(config, path);
    const missing = wanted.filter((one) => !there.includes(one));
    return missing.length === 0 ? [] : [set(path, [...there, ...missing])];
  };
}

/** Makes a namespace the container's own: without a path, or at all. */
function own(type: string): Make {
  return (config) => {
    const path = "/linux/namespaces";
    const others = listAt(config, path).filter((one) => valueAt(one, "/type") !== type);
    return [set(path, [...others, { type }])];
  };
}

/** Changes words of the options of the mount that a finding points to. */
function mount(add: readonly string[], remove: readonly string[]): Make {
  return (config, { pointer = "" }) => {
    if (!/^\/mounts\/\d+$/.test(pointer)) return [];
    const path = `${pointer}/options`;
    const left = listAt(config, path).filter((word) => typeof word !== "string" || ![...remove, ...add].includes(word));
    return [set(path, [...left, ...add])];
  };
}

/** Removes what a finding points to. */
const dropThere: Make = (config, { pointer = "" }) =>
  /^\/(mounts|linux\/devices)\/\d+$|^\/linux\/sysctl\/[^/]+$/.test(pointer)
    ? drop(pointer)(config, never, anyHost)
    : [];

const anyHost: FixHost = { arch: "" };
const never: Finding = { check: "", severity: "note", class: "I no policy", what: "", why: "", fix: "" };

const sets = ["bounding", "effective", "permitted", "inheritable", "ambient"] as const;

/** Takes a capability out of every set. */
const capability: Make = (config, { check }) => {
  const name = check.replace(/^own-/, "").replaceAll("-", "_").toUpperCase();
  return sets.flatMap((key) => {
    const path = `/process/capabilities/${key}`;
    const there = listAt(config, path);
    return there.includes(name)
      ? [
          set(
            path,
            there.filter((one) => one !== name),
          ),
        ]
      : [];
  });
};

const masks = list("/linux/maskedPaths", [...maskedPaths, ...maskedSysPaths]);
const kept = list("/linux/readonlyPaths", readonlyPaths);
const readOnly = mount(["ro"], ["rw"]);
const denyAll = { allow: false, access: "rwm" };

const noCores: Make = (config) => {
  const path = "/process/rlimits";
  const others = listAt(config, path).filter((one) => valueAt(one, "/type") !== "RLIMIT_CORE");
  return [set(path, [...others, { type: "RLIMIT_CORE", hard: 0, soft: 0 }])];
};

/** Check → what it changes. */
const fixes: Readonly<Record<string, Make>> = {
  "host-pid": own("pid"),
  "host-network": own("network"),
  "host-ipc": own("ipc"),
  "host-uts": own("uts"),
  "host-cgroup": own("cgroup"),
  "new-privileges": put("/process/noNewPrivileges", true),
  "inheritable-capabilities": drop("/process/capabilities/inheritable"),
  "weak-personality": drop("/linux/personality"),
  "realtime-scheduling": drop("/process/scheduler"),
  "realtime-io": drop("/process/ioPriority"),
  "spared-by-oom": drop("/process/oomScoreAdj"),
  "criu-config": drop("/annotations/org.criu.config"),
  "core-dumps": noCores,
  "no-seccomp": (_config, _finding, { arch }) => [set("/linux/seccomp", { ...toJson(defaultSeccompProfile(arch)) })],
  "writable-root": put("/root/readonly", true),
  "kernel-file-system": dropThere,
  "host-parameter": dropThere,
  "tmpfs-set-user-id": mount(["nosuid"], ["suid"]),
  "tmpfs-unbounded": mount(["size=65536k"], []),
  "proc-writable": kept,
  "own-proc-writable": kept,
  "proc-kcore": masks,
  "own-proc-kcore": masks,
  "proc-unmasked": masks,
  "proc-telling": masks,
  "sys-unmasked": masks,
  "sys-telling": masks,
  "sys-writable": readOnly,
  "own-sys-writable": readOnly,
  "cgroup-writable": readOnly,
  "own-cgroup-writable": readOnly,
  "cgroup-v1-writable": readOnly,
  "own-cgroup-v1-writable": readOnly,
  "bind-writable": mount(["rro"], ["rw", "rrw", "ro"]),
  "bind-readonly-top": mount(["rro"], ["ro"]),
  "bind-devices": mount(["rnodev"], ["dev", "rdev"]),
  "bind-set-user-id": mount(["rnosuid"], ["suid", "rsuid"]),
  "bind-shared": mount(["rslave"], ["shared", "rshared"]),
  "bind-receives-mounts": mount(["rprivate"], ["slave", "rslave"]),
  "devices-allowed": put("/linux/resources/devices", [denyAll]),
  "devices-unfiltered": (config) => [
    set("/linux/resources/devices", [denyAll, ...listAt(config, "/linux/resources/devices")]),
  ],
  "device-low": dropThere,
  "device-medium": dropThere,
  "device-high": dropThere,
  "device-critical": dropThere,
};

const isCapability = /^(own-)?cap-/;

/** Plain values of what is readonly in TypeScript only. */
function toJson(value: object): { readonly [key: string]: JsonValue } {
  return JSON.parse(JSON.stringify(value));
}

function printValue(value: JsonValue | undefined): string {
  if (typeof value === "string") return value;
  const text = JSON.stringify(value, (_, one) => (typeof one === "bigint" ? String(one) : one)) ?? "";
  return text.length > 96 ? `${text.slice(0, 96)}…` : text;
}

/** A change in words: of a list, what comes and what goes. */
function printPatch(config: JsonValue, { op, path, value }: Patch): string {
  if (op === "remove") return `remove ${path}`;
  const before = valueAt(config, path);
  if (!Array.isArray(before) || !Array.isArray(value)) return `set ${path} to ${printValue(value)}`;
  const had = new Set(before.map(printValue));
  const has = new Set(value.map(printValue));
  const [more, less] = [[...has].filter((one) => !had.has(one)), [...had].filter((one) => !has.has(one))];
  const added = more.length === 0 ? [] : [`add ${more.join(", ")} to ${path}`];
  const removed = less.length === 0 ? [] : [`remove ${less.join(", ")} from ${path}`];
  return [...added, ...removed].join(" and ");
}

/** The change that removes a finding; undefined where a person has to decide, or nothing of the config would change. */
export function fixOf(config: JsonValue, finding: Finding, host: FixHost): Fix | undefined {
  const make = isCapability.test(finding.check) ? capability : fixes[finding.check];
  const patches = make?.(config, finding, host) ?? [];
  return patches.length === 0
    ? undefined
    : { finding, says: patches.map((patch) => printPatch(config, patch)).join("; "), patches };
}

/** The fixes of several findings, each made for what those before it leave, and the config with all of them. */
export function fixAll(
  config: JsonValue,
  findings: readonly Finding[],
  host: FixHost,
): { readonly fixes: readonly Fix[]; readonly config: JsonValue } {
  let now = config;
  const made: Fix[] = [];
  const removes = ({ check }: Finding): boolean => fixes[check] === dropThere;
  // What removes an element of a list comes last, from the end: the pointers of the others stay right.
  const removals = findings.filter(removes).toSorted((a, b) => indexIn(b) - indexIn(a));
  for (const finding of [...findings.filter((one) => !removes(one)), ...removals]) {
    const fix = fixOf(now, finding, host);
    if (fix === undefined) continue;
    now = applyPatches(now, fix.patches);
    made.push(fix);
  }
  return { fixes: made, config: now };
}

function indexIn({ pointer = "" }: Finding): number {
  return Number(/\/(\d+)$/.exec(pointer)?.[1] ?? 0);
}
