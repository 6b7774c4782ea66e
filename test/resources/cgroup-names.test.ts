// A container names its own cgroups: with up to 4,095 bytes, as deep and as many as it likes. It can still be ended.
import test from "ava";
import { planDelete } from "../../packages/core/src/plan/existing/lifecycle.ts";
import { launch } from "../helper/launch.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { command, until } from "../helpers/command.ts";
import { defaultNamespaces, ownIds } from "../helpers/config.ts";
import { makeBox } from "../helpers/container.ts";
import type { HostMode } from "../helpers/host-modes.ts";
import type { Json, Patch } from "../helpers/json.ts";
import { cgroupsOf, nothingLeft, processesOf } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer, helperPath } from "../helpers/peers/runtimes.ts";

const cgroupMount: Json = { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw"] };
const sleeper: Patch = {
  "/process/args": ["/probe", "sleep", "1000"],
  "/linux/resources": {},
  "/mounts/-": cgroupMount,
};

/**
 * A container that may make cgroups, and where. Without a pid namespace, what it leaves in them outlives its first
 * process.
 */
const hosts = {
  v2: {
    mode: "v2",
    directory: "/sys/fs/cgroup",
    patch: {
      ...sleeper,
      "/linux/namespaces": [...defaultNamespaces, { type: "user" }],
      "/linux/uidMappings": ownIds(65_536),
      "/linux/gidMappings": ownIds(65_536),
    },
  },
  v1: {
    mode: "v1",
    directory: "/sys/fs/cgroup/freezer",
    patch: {
      ...sleeper,
      "/linux/namespaces": ["network", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type })),
    },
  },
} as const satisfies Readonly<Record<string, { mode: HostMode; directory: string; patch: Patch }>>;

/** How deep, how wide, how long the names. */
const trees = {
  "a name of 255 bytes": [1, 0, 255],
  "a name of 1,100 bytes": [1, 0, 1100],
  "names of 4,095 bytes": [3, 0, 4095],
  "130 levels": [130, 0, 1],
  "1,000 levels": [1000, 0, 1],
  "3,000 siblings": [1, 3000, 3],
} as const;

const hostNames = ["v2", "v1"] as const;
const treeNames = [
  "a name of 255 bytes",
  "a name of 1,100 bytes",
  "names of 4,095 bytes",
  "130 levels",
  "1,000 levels",
  "3,000 siblings",
] as const;

/** A running container with such a tree, in whose deepest cgroup a process lives. */
async function makeTree(t: Parameters<typeof makeBox>[0], host: keyof typeof hosts, tree: keyof typeof trees) {
  const { mode, directory, patch } = hosts[host];
  const box = makeBox(t, patch);
  const verb = (name: string, ...args: readonly string[]) => coffer(box, name, args, { mode, timeoutMs: 60_000 });
  const began = await verb("run", "--detach", "--bundle", box.path, box.tag);
  const words = ["/probe", "nest-cgroups", directory, ...trees[tree].map(String)];
  const made = began.exitCode === 0 ? await verb("exec", box.tag, ...words) : began;
  return { box, verb, made };
}

const removes = test.macro({
  exec: async (t, host: keyof typeof hosts, tree: keyof typeof trees) => {
    if (!(await needs(t, "root", "hybrid-cgroups"))) return;
    const { box, verb, made } = await makeTree(t, host, tree);
    t.is(made.exitCode, 0, made.stdout + made.stderr);
    const removed = await verb("delete", "--force", box.tag);
    t.is(removed.exitCode, 0, removed.stderr);
    t.deepEqual(cgroupsOf(box), []);
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, host: string, tree: string) => `${host}: a container with ${tree} is deleted`,
});

for (const host of hostNames) for (const tree of treeNames) test.serial(removes, host, tree);

test.serial("v1: a kill is done when no process is left, whatever the name of its cgroup", async (t) => {
  if (!(await needs(t, "root", "hybrid-cgroups"))) return;
  const { box, verb, made } = await makeTree(t, "v1", "a name of 1,100 bytes");
  t.is(made.exitCode, 0, made.stdout + made.stderr);
  t.is(processesOf(box).length, 2);
  const killed = await verb("kill", "--all", box.tag, "KILL");
  t.is(killed.exitCode, 0, killed.stderr);
  t.deepEqual(processesOf(box), []);
  t.is((await verb("delete", box.tag)).exitCode, 0);
});

test.serial("v2: a signal to all reaches the deepest process", async (t) => {
  if (!(await needs(t, "root", "hybrid-cgroups"))) return;
  const { box, verb, made } = await makeTree(t, "v2", "130 levels");
  t.is(made.exitCode, 0, made.stdout + made.stderr);
  const { stdout, stderr } = await verb("ps", "--format", "json", box.tag);
  t.is(JSON.parse(stdout).length, 2, stderr);
  const signalled = await verb("kill", "--all", box.tag, "TERM");
  t.is(signalled.exitCode, 0, signalled.stderr);
  await until("the deepest process ends", () => processesOf(box).length === 1);
  t.is((await verb("delete", "--force", box.tag)).exitCode, 0);
});

test.serial("v2: what cannot be listed is told, and is not left out", async (t) => {
  if (!(await needs(t, "root", "hybrid-cgroups"))) return;
  const { box, verb, made } = await makeTree(t, "v2", "names of 4,095 bytes");
  t.is(made.exitCode, 0, made.stdout + made.stderr);
  const listed = await verb("ps", box.tag);
  t.is(listed.exitCode, 1);
  t.regex(listed.stderr, /cannot list the processes in .*whose path is too long to be read/);
  t.is((await verb("delete", "--force", box.tag)).exitCode, 0);
});

// The launcher up to d15156a copied such a name into 256 bytes, and jumped to what was in it.
test.serial("on aarch64 names of all sizes are removed", async (t) => {
  if (!(await needs(t, "root", "hybrid-cgroups", "qemu-aarch64"))) return;
  const bundle = makeBundle(t);
  const mount = "/sys/fs/cgroup/unified";
  const sizes = [255, 256, 300, 700, 1100, 4095];
  const names = sizes.map((size) => "B".repeat(size));
  const makeAll = 'mkdir "$0" && cd "$0" && for name; do mkdir "$name" || exit 1; done';
  t.is((await command(["sh", "-c", makeAll, `${mount}/${bundle.tag}`, ...names])).exitCode, 0);
  const plan = planDelete({ cgroups: [{ version: 2, mount, path: `/${bundle.tag}`, controllers: [] }] });
  const program = helperPath("aarch64");
  const outcome = await launch(bundle, plan, { prefix: ["qemu-aarch64"], program, inputs: [] });
  t.is(outcome.exitCode, 0, outcome.stderr);
  t.deepEqual(cgroupsOf(bundle), []);
});
