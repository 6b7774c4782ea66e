// Random configs, and what has to become of each: refused with an error that says where, or planned, verified and audited.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseConfig, SpecError, stringifyJson } from "@coffer/spec";
import fc from "fast-check";
import { auditPlan } from "../../packages/core/src/audit/index.ts";
import { defaultConfig } from "../../packages/core/src/defaults/index.ts";
import { CofferError } from "../../packages/core/src/errors.ts";
import type { HostFacts } from "../../packages/core/src/host/facts.ts";
import { hostPathsOf, planCreate } from "../../packages/core/src/plan/index.ts";
import { hybridFacts, rootFacts, specConfig, userFacts } from "../../packages/core/src/plan/testing/builders.ts";
import { makeImage } from "../../packages/core/src/runtime/launch/image.ts";
import { decodePlan } from "../../packages/core/src/wire/decode.ts";
import { makeRandom, mutate } from "../../packages/spec/src/testing/mutate.ts";
import { repository } from "../helpers/build.ts";
import type { Json } from "../helpers/json.ts";
import { patched } from "../helpers/json.ts";

/** What became of a config. */
export type Fate = "not a config" | "refused" | "planned";

const full: Json = JSON.parse(readFileSync(join(repository, "packages/spec/test-data/full-config.json"), "utf8"));
const ids = { uid: 600_178_688, gid: 600_178_688, size: 65_536 };
const own = { uid: 1000, gid: 1000, size: 1 };
const plain = (value: unknown): Json => JSON.parse(stringifyJson(Object(value)));

const toJson = (value: unknown): Json => JSON.parse(JSON.stringify(value));

const bases: readonly Json[] = [
  plain(specConfig),
  plain(defaultConfig({ ids, arch: "x86_64", ownsHost: true, cgroup2: true })),
  plain(defaultConfig({ ids: own, arch: "x86_64", ownsHost: false, cgroup2: false, unsafe: ["no-seccomp"] })),
  full,
];
const hosts: readonly HostFacts[] = [rootFacts, hybridFacts, userFacts];

const path = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("/", "/a", "/a/b", "/dev", "/dev/x", "/sys", "/proc") },
  { weight: 1, arbitrary: fc.constantFrom("a", "/a/../b", "//a/", "", "/proc/sys") },
);
const number = fc.oneof(
  { weight: 12, arbitrary: fc.nat(12) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 65_535, 65_536, 4_294_967_295, 2 ** 53) },
);
const word = fc.constantFrom(
  "ro",
  "rro",
  "rw",
  "rbind",
  "bind",
  "rslave",
  "shared",
  "nosuid",
  "idmap",
  "tmpcopyup",
  "size=1m",
  "mode=755",
  "uid=7",
  "x",
);
const type = fc.constantFrom(
  "bind",
  "tmpfs",
  "proc",
  "sysfs",
  "cgroup",
  "cgroup2",
  "mqueue",
  "devpts",
  "overlay",
  "ext4",
);
const ranges = fc.array(fc.record({ containerID: number, hostID: number, size: number }), { maxLength: 3 });
const action = fc.constantFrom("SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_NOTIFY", "SCMP_ACT_LOG");
const argument = fc.record({
  index: fc.nat(6),
  value: number,
  valueTwo: number,
  op: fc.constantFrom("SCMP_CMP_EQ", "SCMP_CMP_NE", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_GE", "SCMP_CMP_LT"),
});
const hook = fc.record({
  path,
  args: fc.array(path, { maxLength: 2 }),
  env: fc.array(fc.constantFrom("A=1", "A"), { maxLength: 1 }),
});

/** Fields with values that mean something, alone or together. */
const fields: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  "/linux/namespaces": fc.array(
    fc.record(
      { type: fc.constantFrom("pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"), path },
      { requiredKeys: ["type"] },
    ),
    { maxLength: 8 },
  ),
  "/linux/uidMappings": ranges,
  "/linux/gidMappings": ranges,
  "/mounts": fc.array(
    fc.record(
      {
        destination: path,
        source: path,
        type,
        options: fc.array(word, { maxLength: 4 }),
        uidMappings: ranges,
        gidMappings: ranges,
      },
      { requiredKeys: ["destination"] },
    ),
    { maxLength: 6 },
  ),
  "/linux/devices": fc.array(
    fc.record({ path, type: fc.constantFrom("c", "b", "u", "p"), major: number, minor: number, fileMode: number }),
    { maxLength: 3 },
  ),
  "/linux/seccomp": fc.record(
    {
      defaultAction: action,
      listenerPath: path,
      architectures: fc.subarray(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_ARM"]),
      syscalls: fc.array(
        fc.record(
          {
            names: fc.subarray(["read", "execve", "clone", "socket", "nothing"], { minLength: 1 }),
            action,
            args: fc.array(argument, { maxLength: 3 }),
          },
          { requiredKeys: ["names", "action"] },
        ),
        { maxLength: 5 },
      ),
    },
    { requiredKeys: ["defaultAction"] },
  ),
  "/linux/maskedPaths": fc.array(path, { maxLength: 4 }),
  "/linux/readonlyPaths": fc.array(path, { maxLength: 4 }),
  "/linux/rootfsPropagation": fc.constantFrom("shared", "rshared", "slave", "private", "unbindable", "runbindable"),
  "/linux/sysctl": fc.dictionary(
    fc.constantFrom("net.ipv4.x", "kernel.shmmax", "kernel/core_pattern", "fs.mqueue.x", ".."),
    fc.constantFrom("1", "a\nb"),
  ),
  "/linux/resources": fc.record(
    {
      pids: fc.record({ limit: number }),
      memory: fc.record({ limit: number, swap: number }),
      devices: fc.array(fc.record({ allow: fc.boolean(), major: number, access: fc.constantFrom("rwm", "r", "x") }), {
        maxLength: 3,
      }),
    },
    { requiredKeys: [] },
  ),
  "/linux/cgroupsPath": path,
  "/process/user": fc.record({ uid: number, gid: number, additionalGids: fc.array(number, { maxLength: 3 }) }),
  "/process/cwd": path,
  "/process/terminal": fc.boolean(),
  "/process/noNewPrivileges": fc.boolean(),
  "/process/capabilities": fc.record(
    {
      bounding: fc.subarray(["CAP_KILL", "CAP_SYS_ADMIN", "CAP_X"]),
      permitted: fc.subarray(["CAP_KILL", "CAP_SYS_ADMIN"]),
      effective: fc.subarray(["CAP_KILL"]),
      inheritable: fc.subarray(["CAP_KILL"]),
    },
    { requiredKeys: [] },
  ),
  "/root": fc.record({ path, readonly: fc.boolean() }),
  "/hooks": fc.record(
    {
      prestart: fc.array(hook, { maxLength: 2 }),
      createContainer: fc.array(hook, { maxLength: 1 }),
      startContainer: fc.array(hook, { maxLength: 1 }),
      poststart: fc.array(hook, { maxLength: 1 }),
    },
    { requiredKeys: [] },
  ),
};

const changesOf = fc.array(
  fc
    .constantFrom(...Object.keys(fields))
    .chain((pointer) => fc.tuple(fc.constant(pointer), fields[pointer] ?? fc.constant(null))),
  { maxLength: 3 },
);

/** One case: the text of a config, and the host that it is planned for. */
export interface ConfigCase {
  readonly text: string;
  readonly facts: HostFacts;
  readonly detach: boolean;
}

/** Any config: one of four, with fields of other values, and then changed at random places. */
export const anyConfig: fc.Arbitrary<ConfigCase> = fc
  .record({
    base: fc.constantFrom(...bases),
    facts: fc.constantFrom(...hosts),
    changes: changesOf,
    seed: fc.integer(),
    times: fc.constantFrom(0, 0, 0, 0, 0, 1, 2),
    detach: fc.boolean(),
  })
  .map(({ base, facts, changes, seed, times, detach }) => {
    const changed = patched(base, Object.fromEntries(changes.map(([pointer, value]) => [pointer, toJson(value)])));
    return { text: stringifyJson(Object(mutate(changed, times, makeRandom(seed)))), facts, detach };
  });

/**
 * Brings a config to its fate.
 *
 * @throws whatever is neither a refusal nor a plan that the verifier takes: a bug
 */
export function tryConfig({ text, facts, detach }: ConfigCase): Fate {
  try {
    const config = parseConfig(text);
    const paths = Object.fromEntries(hostPathsOf(config, "/bundle").map((one) => [one, "dir"] as const));
    const plan = planCreate(config, { ...facts, paths }, { id: "c1", bundle: "/bundle", detach });
    const { bytes } = makeImage(plan);
    auditPlan({ plan: decodePlan(bytes) });
    return "planned";
  } catch (error) {
    if (error instanceof SpecError) return "not a config";
    if (CofferError.is(error) && error.code !== "E_PLAN_REFUSED") return "refused";
    throw error;
  }
}
