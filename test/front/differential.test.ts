// Both fronts say the same: of configs that are changed at random places, of plans by their bytes, and of command lines.
// COFFER_CONFIGS says how many configs; CI's nightly run takes 2,000.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringifyJson } from "@coffer/spec";
import type { ExecutionContext } from "ava";
import test from "ava";
import { defaultConfig } from "../../packages/core/src/defaults/index.ts";
import { specConfig } from "../../packages/core/src/plan/testing/builders.ts";
import type { Json } from "../../packages/spec/src/testing/mutate.ts";
import { makeRandom, mutate } from "../../packages/spec/src/testing/mutate.ts";
import { repository } from "../helpers/build.ts";
import { needs } from "../helpers/needs.ts";
import { callFront, callNodeOften } from "./both.ts";
import { anyLine } from "./lines.ts";

const isNightly = process.env.COFFER_TESTS === "nightly";
const count = Number(process.env.COFFER_CONFIGS ?? (isNightly ? 2000 : 60));
const seed = Number(process.env.COFFER_SEED ?? 20_261_129);

const plain = (value: unknown): Json => JSON.parse(stringifyJson(Object(value)));
const bases: readonly Json[] = [
  plain(specConfig),
  plain(defaultConfig({ ids: { uid: 0, gid: 0, size: 1 }, arch: "x86_64", ownsHost: true, cgroup2: true })),
  JSON.parse(readFileSync(join(repository, "packages/spec/test-data/full-config.json"), "utf8")),
];

/** Bundles with changed configs; every fourth has the config as it is, so that plans are compared too. */
function makeBundles(t: ExecutionContext): readonly string[] {
  const base = mkdtempSync(join(tmpdir(), "cft-front-"));
  t.teardown(() => rmSync(base, { recursive: true }));
  return Array.from({ length: count }, (_, index) => {
    const random = makeRandom(seed + index);
    const bundle = join(base, `${index}`);
    mkdirSync(join(bundle, "rootfs"), { recursive: true });
    const config = mutate(bases[index % bases.length] ?? null, index % 4, random);
    writeFileSync(join(bundle, "config.json"), stringifyJson(Object(config)));
    return bundle;
  });
}

test.serial("configs: status, standard output and standard error are the same", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const calls = makeBundles(t).map((bundle) => ["plan", "--json", bundle]);
  const expected = await callNodeOften(calls);
  let planned = 0;
  for (const [index, words] of calls.entries()) {
    const seen = await callFront(words, true);
    t.deepEqual(seen, expected[index], `config ${index} of seed ${seed}`);
    if (seen.status === 0) planned++;
  }
  t.log(`${count} configs, of which ${planned} were planned`);
  t.true(planned > 0);
});

test.serial("plans: the bytes are the same", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  for (const bundle of makeBundles(t).slice(0, 12)) {
    const files = [join(bundle, "node"), join(bundle, "native")] as const;
    const [node, native] = [
      await callFront(["plan", bundle, "--raw", files[0]], false),
      await callFront(["plan", bundle, "--raw", files[1]], true),
    ];
    t.is(native.status, node.status);
    t.is(native.stderr, node.stderr);
    if (node.status === 0) t.deepEqual(readFileSync(files[1]), readFileSync(files[0]));
  }
});

test.serial("command lines at random: status, standard output and standard error are the same", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const random = makeRandom(seed);
  const calls = Array.from({ length: 2 * count }, () => anyLine("/proc/none/state", random));
  const expected = await callNodeOften(calls);
  for (const [index, words] of calls.entries())
    t.deepEqual(await callFront(words, true), expected[index], `${JSON.stringify(words)}, ${index} of seed ${seed}`);
});

const lines: readonly (readonly string[])[] = [
  [],
  ["nonsense"],
  ["--version"],
  ["spec", "--nonsense"],
  ["state"],
  ["state", "a", "b"],
  ["state", "../x"],
  ["state", "none"],
  ["--root", "/proc/none", "state", "x"],
  ["--root", "", "list"],
  ["--log", "/proc/none/log", "list"],
  ["--log-format", "json", "state", "none"],
  ["--cgroup-manager", "nonsense", "list"],
  ["kill", "none", "NOSUCH"],
  ["delete", "none"],
  ["delete", "--force", "none"],
  ["run", "-b", "/nowhere", "x"],
  ["run", "-b", "/dev/null", "x"],
  ["create", "--pid-file", "", "x"],
  ["exec", "none", "true"],
  ["exec", "--process", "/dev/zero", "none"],
  ["update", "--resources", "/nowhere", "none"],
  ["events", "--interval", "x", "none"],
  ["ps", "none"],
  ["checkpoint", "none"],
  ["restore", "-b", "/nowhere", "x"],
  ["features"],
  ["help", "run"],
  ["run", "--help"],
];

for (const words of lines)
  test.serial(`coffer-oci ${words.join(" ")}`, async (t) => {
    if (!(await needs(t, "native-front"))) return;
    t.deepEqual(await callFront(words, true, "coffer-oci"), await callFront(words, false, "coffer-oci"));
  });
