// Runs in a place of its own (place.ts): makes mutants of plans, launches those that a policy allows, and tells what the
// probe inside has that was not said. Words: the directory, the helper, the probe, the seed, how many, `user` or `root`.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { checkConfig, checkPolicy } from "@coffer/spec";
import type { Exposure } from "../../packages/core/src/exposure/index.ts";
import { readExposure } from "../../packages/core/src/exposure/index.ts";
import { probeHost } from "../../packages/core/src/host/probe.ts";
import { planCreate } from "../../packages/core/src/plan/index.ts";
import { findViolations } from "../../packages/core/src/policy/index.ts";
import { nodeSystem } from "../../packages/core/src/system/node.ts";
import { verifyPlan } from "../../packages/core/src/verify/index.ts";
import { decodePlan } from "../../packages/core/src/wire/decode.ts";
import { encodePlan } from "../../packages/core/src/wire/encode.ts";
import type { Plan } from "../../packages/core/src/wire/op.ts";
import { census } from "../helpers/bundle.ts";
import { parseFacts } from "../helpers/facts.ts";
import { basesOf } from "./bases.ts";
import { coverEscapes, escapes, isWritable, limitEscapes } from "./compare.ts";
import { launch } from "./launch.ts";
import { mutate } from "./mutate.ts";
import type { Seen } from "./outside.ts";
import { lookAt } from "./outside.ts";
import { randomOf } from "./random.ts";

const [base = "", helper = "", probe = "", seedText = "", countText = "", mode = "", only = ""] = process.argv.slice(2);
const [seed, count] = [Number(seedText), Number(countText)];

for (const name of ["proc", "dev", "sys", "tmp", "etc", "mnt", "data", "vol"])
  mkdirSync(`${base}/rootfs/${name}`, { recursive: true });
for (const name of ["canary", "vol", "data", "vol/new"]) mkdirSync(`${base}/${name}`);
for (const name of ["canary", "vol", "data"]) writeFileSync(`${base}/${name}/file`, `${name}\n`);
symlinkSync(`${base}/canary`, `${base}/link`);
symlinkSync("/data", `${base}/rootfs/link`);
copyFileSync(probe, `${base}/rootfs/probe`);

/** What of the host no mutant may change that is not said to. */
const host = (says: Exposure): string =>
  JSON.stringify([
    ...[`${base}/canary`, `${base}/vol`].filter((path) => !isWritable(says, path)).map(census),
    hostname(),
    readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8"),
    readFileSync("/proc/self/mountinfo", "utf8"),
  ]);

const policies = [
  checkPolicy({
    version: 1,
    ...(mode === "user" ? { userNamespace: "required", hostIds: { from: 65_536, to: 1_879_048_191 } } : {}),
    namespaces: { own: ["pid", "mount", "ipc", "uts", "network"] },
    noNewPrivileges: "required",
    root: { readonly: "required", sources: [`${base}/rootfs`] },
    mounts: {
      types: ["proc", "sysfs", "tmpfs", "devpts", "mqueue"],
      binds: [{ source: `${base}/vol`, readonly: true }, { source: `${base}/data` }],
    },
    descriptors: { passed: 0 },
  }),
  // Nothing but what nobody knows is refused: what is said has to hold of the worst plans too.
  checkPolicy({ version: 1, descriptors: { passed: 0 } }),
];

type Tally = {
  mutants: number;
  allowed: number;
  ran: number;
  escapes: { number: number; base: string; what: readonly string[]; ops: readonly string[] }[];
};
const tally: Tally = { mutants: 0, allowed: 0, ran: 0, escapes: [] };

function printOps(plan: Plan): readonly string[] {
  return plan.ops.map((op) =>
    JSON.stringify(op, (key, value) =>
      key === "why" || key === "from"
        ? undefined
        : typeof value === "bigint"
          ? `${value}`
          : value instanceof Uint8Array
            ? "…"
            : value,
    ),
  );
}

async function tryOne(name: string, base_: Plan, number: number): Promise<void> {
  const random = randomOf(seed * 1_000_003 + number);
  const mutant = mutate(base_, random, { base });
  if (mutant === undefined || !verifyPlan(mutant.bytes).ok) return;
  tally.mutants += 1;
  const plan = decodePlan(mutant.bytes);
  const subject = { plan, inputs: { rootfs: `${base}/rootfs` }, linkless: ["rootfs"] };
  if (!policies.some((policy) => findViolations(policy, subject).length === 0)) return;
  tally.allowed += 1;
  const says = readExposure(subject);
  const before = host(says);
  const found: string[] = [];
  let seen: Seen | undefined;
  const { facts } = await launch(helper, mutant.bytes, `${base}/rootfs`, (pid) => {
    seen = lookAt(pid);
    if (seen !== undefined) found.push(...limitEscapes(says, seen), ...coverEscapes(says, seen, pid));
  });
  if (facts !== undefined && seen !== undefined) {
    tally.ran += 1;
    found.push(...escapes(says, { ...parseFacts(facts), ...seen }));
  }
  if (host(says) !== before) found.push("the host is changed");
  if (found.length === 0) return;
  const known = new Set(printOps(decodePlan(encodePlan(base_))));
  tally.escapes.push({ number, base: name, what: found, ops: printOps(plan).filter((line) => !known.has(line)) });
}

const system = nodeSystem;
const facts = probeHost(system, {
  paths: [
    `${base}/vol`,
    `${base}/data`,
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
  ],
});
const bases = basesOf(mode === "user", base, (config, options) => planCreate(checkConfig(config), facts, options));
const names = Object.keys(bases);
for (let number = only === "" ? 0 : Number(only); tally.mutants < count; number += 1) {
  const name = names[number % names.length] ?? "";
  const plan = bases[name];
  if (plan !== undefined) await tryOne(name, plan, number);
  if (only !== "") break;
}

/** Takes away the cgroups of mutants that did not get as far as that. */
function removeGroups(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroups(join(path, entry.name));
  try {
    rmdirSync(path);
  } catch {
    // Still in use: another run takes it away.
  }
}

if (mode === "root")
  for (const name of readdirSync("/sys/fs/cgroup")) {
    const parent = join("/sys/fs/cgroup", name, "coffer-test");
    const own = existsSync(parent) ? readdirSync(parent).filter((one) => one.startsWith(basename(base))) : [];
    for (const one of own) removeGroups(join(parent, one));
  }

process.stdout.write(`${JSON.stringify(tally)}\n`);
