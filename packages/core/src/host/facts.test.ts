// Each fact of the host by itself, on machines in memory: what gives it, and what looks like it and does not.
import test from "ava";
import { SystemError } from "../system/error.ts";
import { makeMemorySystem } from "../system/memory.ts";
import type { System } from "../system/port.ts";
import type { HostFacts } from "./facts.ts";
import { probeHost, probeLsm, probeSeenAtIds } from "./probe.ts";
import { probeResctrl } from "./probe-resctrl.ts";
import { probeSubids } from "./probe-subids.ts";
import { findUsernsSwitch } from "./probe-userns.ts";
import { findUserName } from "./user-name.ts";

type Files = Readonly<Record<string, string | undefined>>;

const own = "/proc/self/cgroup";
const mounts = "/proc/self/mountinfo";
const status = "/proc/self/status";
const least: Files = { [status]: "Name:\ta\n", "/proc/sys/kernel/cap_last_cap": "40\n", [mounts]: "", [own]: "" };

function machine(files: Files, uid = 0) {
  const system = makeMemorySystem(uid);
  for (const [path, content] of Object.entries({ ...least, ...files })) system.put(path, content);
  return system;
}

/** A machine with links, which memory does not have. */
function withLinks(files: Files, links: Readonly<Record<string, string>>): System {
  const system = machine({ ...files, ...Object.fromEntries(Object.keys(links).map((path) => [path, ""])) });
  const readLink = (path: string): string => {
    const target = links[path];
    if (target === undefined) throw new SystemError("readlink", path, "EINVAL");
    return target;
  };
  const listTyped = (dir: string) =>
    system.listTyped(dir).map((one) => {
      const isLink = Object.hasOwn(links, `${dir === "/" ? "" : dir}/${one.name}`);
      return isLink ? { ...one, kind: "link" as const } : one;
    });
  const kindsOf: System["kindsOf"] = (paths, options) => {
    const kinds = system.kindsOf(paths, options);
    return paths.map((path, index) => (Object.hasOwn(links, path) ? "link" : kinds[index]));
  };
  return { ...system, readLink, listTyped, kindsOf };
}

const probe = (system: System, paths: readonly string[] = []): HostFacts =>
  probeHost(system, { paths, rootLinks: true });

test("kcore is there or it is not", (t) => {
  t.false(probe(machine({})).kcore);
  t.true(probe(machine({ "/proc/kcore": "" })).kcore);
});

test("the first user namespace is known by its number", (t) => {
  t.false(probe(machine({})).initialUserns);
  t.true(probe(withLinks({}, { "/proc/self/ns/user": "user:[4026531837]" })).initialUserns);
});

const online = "/sys/devices/system/cpu/online";
for (const [allowed, all, pinned] of [
  ["0-1", "0-3", true],
  ["0-3", "0-3", undefined],
  ["0-1", undefined, undefined],
  [undefined, "0-3", undefined],
] as const)
  test(`CPUs ${allowed} of ${all}`, (t) => {
    const line = allowed === undefined ? "" : `Cpus_allowed_list:\t${allowed}\n`;
    const files = { [status]: `Name:\ta\n${line}`, ...(all === undefined ? {} : { [online]: `${all}\n` }) };
    t.is(probe(machine(files)).pinned, pinned);
  });

const kept = "/sys/kernel/security/lsm";
const apparmor = "/sys/module/apparmor/parameters/enabled";
const fileSystems = "/proc/filesystems";
const lsms: readonly (readonly [files: Files, expected: readonly string[]])[] = [
  [{}, []],
  [{ [kept]: "lockdown,landlock\n", [apparmor]: "Y\n" }, ["lockdown", "landlock"]],
  [{ [kept]: "\n" }, []],
  [{ [apparmor]: "Y\n" }, ["apparmor"]],
  [{ [apparmor]: "N\n" }, []],
  [{ [fileSystems]: "nodev\tselinuxfs\n" }, ["selinux"]],
  [{ [fileSystems]: "nodev\tsysfs\n" }, []],
];
for (const [files, expected] of lsms)
  test(`security modules of ${JSON.stringify(files)}`, (t) => t.deepEqual(probeLsm(machine(files)), expected));

for (const [value, seen] of [
  ["1\n", true],
  ["0\n", false],
  ["2\n", false],
] as const)
  test(`fs.suid_dumpable ${value.trim()}`, (t) => {
    t.is(probeSeenAtIds(machine({ "/proc/sys/fs/suid_dumpable": value })), seen);
  });
test("no fs.suid_dumpable", (t) => t.false(probeSeenAtIds(machine({}))));

test("links of the root, and those of /etc that lead into /usr", (t) => {
  const links = {
    "/bin": "usr/bin",
    "/etc/mtab": "../usr/lib/mtab",
    "/etc/abs": "/usr/share/abs",
    "/etc/up": "/usr/../root/secret",
    "/etc/elsewhere": "/run/x",
    "/etc/deep/link": "/usr/lib/y",
    "/srv/link": "/usr/lib/z",
  };
  const system = withLinks({ "/usr": undefined, "/etc/plain": "" }, links);
  const paths = [...Object.keys(links), "/etc/plain", "/etc/none", "/etc/deep/none"];
  const expected = {
    "/bin": "usr/bin",
    "/etc/mtab": "../usr/lib/mtab",
    "/etc/abs": "/usr/share/abs",
    "/etc/deep/link": "/usr/lib/y",
  };
  t.deepEqual(probe(system, paths).rootLinks, expected);
  const unlisted = {
    ...system,
    listTyped: (dir: string) => {
      throw new SystemError("readdir", dir, "EACCES");
    },
  };
  t.deepEqual(probe(unlisted, paths).rootLinks, expected);
  t.deepEqual(probeHost(system, { paths }).rootLinks, {});
});

test("a name of /etc that is no link is not looked up", (t) => {
  const system = withLinks({ "/etc/plain": "" }, { "/etc/link": "/usr/a" });
  const asked: string[] = [];
  const readLink = (path: string): string => {
    asked.push(path);
    return system.readLink(path);
  };
  probe({ ...system, readLink }, ["/etc/plain", "/etc/link", "/etc/sub/name"]);
  t.deepEqual(
    asked.filter((path) => path.startsWith("/etc/")),
    ["/etc/link"],
  );
});

const subuid = "/etc/subuid";
test("the programs that map ids are found in their order", (t) => {
  t.deepEqual(probeSubids(machine({}, 1000)), { uids: [], gids: [] });
  const files = { "/bin/newuidmap": "", "/usr/bin/newuidmap": "", "/usr/sbin/newgidmap": "" };
  const { newuidmap, newgidmap } = probeSubids(machine(files, 1000));
  t.deepEqual([newuidmap, newgidmap], ["/usr/bin/newuidmap", "/usr/sbin/newgidmap"]);
});

for (const [range, isTaken] of [
  ["4294967294:1", true],
  ["4294967295:1", false],
  ["5:1", true],
  ["5:0", false],
] as const)
  test(`the range ${range} of ids`, (t) => {
    t.is(probeSubids(machine({ [subuid]: `1000:${range}\n` }, 1000)).uids.length, isTaken ? 1 : 0);
  });

test("a file that cannot be read gives nothing, and a fault of ours is one", (t) => {
  const failing = (error: Error): System => ({
    ...machine({}, 1000),
    readLines: () => {
      throw error;
    },
  });
  const denied = failing(new SystemError("open", subuid, "EACCES"));
  t.deepEqual(probeSubids(denied), { uids: [], gids: [] });
  t.is(findUserName(denied, 1000), undefined);
  t.throws(() => findUserName(failing(new TypeError("ours")), 1000), { instanceOf: TypeError });
  const named = { ...failing(new TypeError("ours")), caller: machine({}).caller };
  t.throws(() => probeSubids(named), { instanceOf: TypeError });
});

const switches: readonly (readonly [name: string, value: string, user: boolean, root: boolean])[] = [
  ["user/max_user_namespaces", "0\n", true, true],
  ["user/max_user_namespaces", "15000\n", false, false],
  ["kernel/unprivileged_userns_clone", "0\n", true, false],
  ["kernel/apparmor_restrict_unprivileged_userns", "1\n", true, false],
  ["kernel/apparmor_restrict_unprivileged_userns", "0\n", false, false],
];
for (const [name, value, user, root] of switches)
  test(`${name} with ${value.trim()} turns user namespaces off`, (t) => {
    const system = machine({ [`/proc/sys/${name}`]: value });
    const found = [false, true].map((privileged) => findUsernsSwitch(system, privileged)?.name);
    const dotted = name.replace("/", ".");
    t.deepEqual(found, [user ? dotted : undefined, root ? dotted : undefined]);
  });

test("a group of resctrl is a name, and nothing above the mount", (t) => {
  const system = machine({ [mounts]: "30 23 0:26 / /sys/fs/resctrl rw - resctrl resctrl rw\n" });
  for (const path of ["/sys/fs/resctrl/../schemata", "/sys/fs/resctrl/./schemata", "/sys/fs/resctrl/a/b/schemata"])
    system.put(path, "above\n");
  for (const group of ["..", ".", "a/b"]) t.deepEqual(probeResctrl(system, group), { mount: "/sys/fs/resctrl" });
  t.deepEqual(probeHost(system, { paths: [], resctrl: "" }).resctrl, { mount: "/sys/fs/resctrl" });
  t.false("resctrl" in probeHost(system, { paths: [] }));
  t.false("resctrl" in probeHost(machine({}), { paths: [], resctrl: "" }));
});
