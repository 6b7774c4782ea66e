// The cgroups of machines in memory: their mode, the caller's place, what is writable.
import test from "ava";
import { makeMemorySystem } from "../system/memory.ts";
import { probeCgroup } from "./probe-cgroup.ts";

type Files = Readonly<Record<string, string | undefined>>;

const own = "/proc/self/cgroup";

const v2 = "31 23 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
const v1 = (name: string, options: string): string =>
  `40 23 0:30 / /sys/fs/cgroup/${name} rw - cgroup cgroup ${options}`;
const memory = v1("memory", "rw,memory");
const cpuset = v1("cpuset", "rw,cpuset,noprefix,release_agent=/sbin/agent");

const cgroups = (lines: readonly string[], files: Files = {}, uid = 0) => {
  const dirs = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpuset"].map((path) => [path, undefined]);
  const system = makeMemorySystem(uid);
  const all = {
    "/proc/self/mountinfo": `${lines.join("\n")}\n`,
    [own]: "0::/\n",
    ...Object.fromEntries(dirs),
    ...files,
  };
  for (const [path, content] of Object.entries<string | undefined>(all)) system.put(path, content);
  return system;
};

test("one hierarchy of version 1 is v1, and hybrid beside version 2", (t) => {
  t.is(probeCgroup(cgroups([memory])).mode, "v1");
  t.is(probeCgroup(cgroups([v2, memory])).mode, "hybrid");
  t.is(probeCgroup(cgroups(["31 23 0:27 / /m rw - cgroupfs x rw"])).mode, "none");
});

test("controllers are those of the mounts: options and the agent are none", (t) => {
  const { v1Roots, v2Root } = probeCgroup(cgroups([memory, cpuset]));
  t.deepEqual(v1Roots, { memory: "/sys/fs/cgroup/memory", cpuset: "/sys/fs/cgroup/cpuset" });
  t.is(v2Root, undefined);
});

test("CPUs and nodes are told where cpuset is of version 1", (t) => {
  t.is(probeCgroup(cgroups([v2, memory])).cpuset, undefined);
  const values = { "/sys/fs/cgroup/cpuset/cpuset.cpus": "0-3\n", "/sys/fs/cgroup/cpuset/cpuset.mems": "0\n" };
  t.deepEqual(probeCgroup(cgroups([v2, cpuset], values)).cpuset, { cpus: "0-3", mems: "0" });
});

test("controllers of version 2 are read at the base", (t) => {
  const file = { "/sys/fs/cgroup//cgroup.controllers": "cpu pids\n" };
  t.deepEqual(probeCgroup(cgroups([v2], file)).controllers, ["cpu", "pids"]);
  t.deepEqual(probeCgroup(cgroups([memory], { "/cgroup.controllers": "cpu\n" })).controllers, []);
});

test("cgroups are writable if every hierarchy is, and there is one", (t) => {
  t.false(probeCgroup(cgroups([])).writable);
  t.true(probeCgroup(cgroups([memory, cpuset])).writable);
  const system = cgroups([memory, cpuset]);
  const canAccess = (path: string): boolean => path.endsWith("memory");
  t.false(probeCgroup({ ...system, canAccess }).writable);
});

test("of several mounts of version 2 the usual place is taken, else the first", (t) => {
  const other = v2.replace("/sys/fs/cgroup", "/mnt/sys/fs/cgroup");
  const nested = v2.replace("/sys/fs/cgroup", "/sys/fs/cgroup/unified");
  t.is(probeCgroup(cgroups([other, nested])).v2Root, "/sys/fs/cgroup/unified");
  t.is(probeCgroup(cgroups([other])).v2Root, "/mnt/sys/fs/cgroup");
});

test("a cgroup that cannot be looked at is not the caller's", (t) => {
  const facts = probeCgroup(cgroups([v2], { [own]: "0::/gone/below\n", "/sys/fs/cgroup/": undefined }, 1000));
  t.is(facts.base, "/gone/below");
});

test("root's base is the mount's root, whoever owns the cgroups", (t) => {
  t.is(probeCgroup(cgroups([v2], { [own]: "0::/gone/below\n" })).base, "/");
  t.is(probeCgroup(cgroups([v2], { [own]: "0::/gone/below\n" }, 1)).base, "/gone/below");
});

test("a line of membership that is none hides no other", (t) => {
  t.is(probeCgroup(cgroups([v2], { [own]: "x\n1:memory:/m\n0::/own\n" }, 1000)).own, "/own");
});
