// cgroup v2 in a private mount namespace: this machine's unified hierarchy, which has hardly a controller.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { defaultNamespaces, firstId, ownIds } from "../helpers/config.ts";
import { makeBox } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer } from "../helpers/peers/runtimes.ts";

const sleeper = { "/process/args": ["/probe", "sleep", "1000"] } as const;
const unified = (tag: string): string => join("/sys/fs/cgroup/unified/coffer-test", tag);

const map = ownIds(65_536);
const userns: Patch = {
  ...sleeper,
  "/linux/namespaces": [...defaultNamespaces, { type: "user" }],
  "/linux/uidMappings": map,
  "/linux/gidMappings": map,
  "/linux/resources": {},
  "/mounts/-": { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "nodev"] },
};

test.serial("a container that mounts its cgroup writable owns it, and no limit of it", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  const box = makeBox(t, userns);
  const verb = (name: string, ...args: readonly string[]) => coffer(box, name, args, { mode: "v2" });
  const { exitCode, stderr } = await verb("run", "--detach", "--bundle", box.path, box.tag);
  t.is(exitCode, 0, stderr);
  const ownerOf = (file: string): number => statSync(join(unified(box.tag), file)).uid;
  t.deepEqual(["", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"].map(ownerOf), [
    firstId,
    firstId,
    firstId,
    firstId,
  ]);
  t.deepEqual(["cgroup.max.depth", "cgroup.freeze"].map(ownerOf), [0, 0]);
  t.is((await verb("delete", "--force", box.tag)).exitCode, 0);
  await nothingLeft(t, box, box.before);
});

test.serial("raw files are written, and those that are no limits refused", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  const box = makeBox(t, { ...sleeper, "/linux/resources": { unified: { "cgroup.max.depth": "3" } } });
  const verb = (name: string, args: readonly string[], input = "") => coffer(box, name, args, { mode: "v2", input });
  t.is((await verb("run", ["--detach", "--bundle", box.path, box.tag])).exitCode, 0);
  const depth = join(unified(box.tag), "cgroup.max.depth");
  t.is(readFileSync(depth, "utf8"), "3\n");
  t.is((await verb("update", ["-r", "-", box.tag], '{"unified":{"cgroup.max.depth":"4"}}')).exitCode, 0);
  t.is(readFileSync(depth, "utf8"), "4\n");
  for (const [document, pattern] of [
    ['{"unified":{"cgroup.procs":"1"}}', /cgroup\.procs is no limit/],
    ['{"unified":{"../cgroup.max.depth":"1"}}', /has not the form CONTROLLER.VALUE `..\/cgroup/],
    ['{"memory":{"limit":67108864}}', /cgroup controller `memory` is not available/],
    ['{"network":{"classID":5}}', /cgroup v2 has no network classes/],
  ] as const) {
    const { exitCode, stderr } = await verb("update", ["-r", "-", box.tag], document);
    t.is(exitCode, 1);
    t.regex(stderr, pattern);
  }
  t.is((await verb("delete", ["--force", box.tag])).exitCode, 0);
  await nothingLeft(t, box, box.before);
});

test.serial(
  "a cgroup that goes while it is killed, as systemd removes an empty scope, has nothing left to kill",
  async (t) => {
    if (!(await needs(t, "root", "cgroup-v1", "strace"))) return;
    const box = makeBox(t, { "/process/args": ["/probe", "exit", "0"] });
    const verb = (name: string, args: readonly string[], prefix: readonly string[] = []) =>
      coffer(box, name, args, { mode: "v2", prefix });
    t.is((await verb("run", ["--detach", "--bundle", box.path, box.tag])).exitCode, 0);
    const file = join("/sys/fs/cgroup/coffer-test", box.tag, "cgroup.kill");
    const gone = ["strace", "-f", "-qq", "-o", join(box.base, "trace"), "-P", file, "-e", "inject=write:error=ENODEV"];
    const { exitCode, stderr } = await verb("delete", ["--force", box.tag], gone);
    t.is(exitCode, 0, stderr);
    t.regex(readFileSync(join(box.base, "trace"), "utf8"), /write\(.*INJECTED/);
    await nothingLeft(t, box, box.before);
  },
);
