// Facts of hosts that are chosen on the page. What a real host has, `coffer plan --facts` prints.
import type { HostFacts, PathKind } from "@coffer/core";
import { usernsSwitches, usernsSwitchOf } from "@coffer/core";
import type { Host } from "./protocol.ts";

const controllers = ["cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"];
const v1Controllers = ["blkio", "cpu,cpuacct", "cpuset", "devices", "freezer", "memory", "pids"];

const v1Roots: Readonly<Record<string, string>> = Object.fromEntries([
  ...v1Controllers.flatMap((name) => name.split(",").map((one) => [one, `/sys/fs/cgroup/${name}`])),
  ["name=systemd", "/sys/fs/cgroup/systemd"],
]);

const session = "/user.slice/user-1000.slice/user@1000.service";

function cgroupOf({ cgroups, caller }: Host): HostFacts["cgroup"] {
  const isRoot = caller === "root";
  const own = isRoot ? "/" : session;
  if (cgroups === "v2")
    return {
      mode: "v2",
      v2Root: "/sys/fs/cgroup",
      v1Roots: {},
      own,
      controllers: isRoot ? controllers : ["cpu", "memory", "pids"],
      base: own,
      writable: true,
      delegate: ["cgroup.procs", "cgroup.threads", "cgroup.subtree_control"],
    };
  const unified = cgroups === "hybrid" ? { v2Root: "/sys/fs/cgroup/unified" } : {};
  const cpuset = { cpus: "0-7", mems: "0" };
  return { mode: cgroups, ...unified, v1Roots, own, controllers: [], base: own, writable: isRoot, cpuset };
}

function subidsOf({ caller }: Host): HostFacts["subids"] {
  if (caller !== "user") return { uids: [], gids: [] };
  const range = [{ start: 100_000, length: 65_536 }];
  return { uids: range, gids: range, newuidmap: "/usr/bin/newuidmap", newgidmap: "/usr/bin/newgidmap" };
}

/** What a path of the host would be, as far as its name tells. */
function kindOf(path: string): PathKind {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const isFile = /\.[a-z0-9]+$|^(hostname|(etc-)?hosts|passwd|group|termination-log|tty|null)$/i.test(name);
  return isFile ? "file" : "dir";
}

const rootLinks = { "/bin": "usr/bin", "/lib": "usr/lib", "/lib64": "usr/lib64", "/sbin": "usr/sbin" };

/** The facts of a host; `paths` are those that a plan asks about. */
export function factsOf(host: Host, paths: readonly string[]): HostFacts {
  const kinds = Object.fromEntries(paths.map((path): [string, PathKind] => [path, kindOf(path)]));
  if (host.facts !== undefined) return { ...host.facts, paths: { ...kinds, ...host.facts.paths } };
  const [major = 6, minor = 12] = host.kernel.split(".").map(Number);
  const isRoot = host.caller === "root" || host.caller === "nested-root";
  const id = isRoot ? 0 : 1000;
  return {
    kernel: { major, minor },
    arch: "x86_64",
    uid: id,
    gid: id,
    capabilities: isRoot ? (1n << 41n) - 1n : 0n,
    lastCap: 40,
    privileged: isRoot,
    initialUserns: host.caller !== "nested-root",
    cgroup: cgroupOf(host),
    subids: subidsOf(host),
    lsm: ["capability", "landlock", "apparmor"],
    kcore: true,
    paths: kinds,
    rootLinks,
  };
}

/** The sysctl that keeps the caller of a host from making user namespaces: one for ordinary users does not keep root. */
export function usernsOffOf({ userns }: Host, { privileged }: HostFacts): string | undefined {
  const off = usernsSwitches.find(({ name }) => name === userns)?.off;
  return usernsSwitchOf((name) => (name === userns ? off : undefined), privileged)?.name;
}

/** The host that the page begins with. */
export const firstHost: Host = {
  kernel: "6.12",
  cgroups: "v2",
  caller: "root",
  userns: "",
  bundle: "/run/containers/example",
};
