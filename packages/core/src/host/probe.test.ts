// What is read of a machine in memory: its kernel and machine, the caller, and the systemd that makes its cgroups.
import test from "ava";
import { CofferError } from "../errors.ts";
import { makeMemorySystem } from "../system/memory.ts";
import type { System } from "../system/port.ts";
import { probeHost } from "./probe.ts";
import { probeCgroup } from "./probe-cgroup.ts";
import { probeSystemd } from "./probe-systemd.ts";

const cgroup2 = "31 23 0:27 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n";

/** A machine with what every caller reads. */
function machine(uid = 0) {
  const system = makeMemorySystem(uid);
  system.put("/proc/self/status", "Name:\ta\nCapEff:\t00000000a80425fb\nCpus_allowed_list:\t0-1\n");
  system.put("/proc/sys/kernel/cap_last_cap", "40\n");
  system.put("/proc/self/mountinfo", cgroup2);
  system.put("/proc/self/cgroup", "0::/\n");
  system.put("/sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
  // The kernel takes both for one.
  system.put("/sys/fs/cgroup//cgroup.controllers", "cpu memory pids\n");
  return system;
}

const named = (names: Partial<ReturnType<System["uname"]>>): System => {
  const system = machine();
  return { ...system, uname: () => ({ ...system.uname(), ...names }) };
};

for (const [release, kernel] of Object.entries({
  "6.18.0-1-amd64": { major: 6, minor: 18 },
  "5.14.0": { major: 5, minor: 14 },
  "6.1.0": { major: 6, minor: 1 },
}))
  test(`the kernel ${release} has every call`, (t) => {
    t.deepEqual(probeHost(named({ release }), { paths: [] }).kernel, kernel);
  });

for (const release of ["5.13.19", "4.19.0", "5", "x"])
  test(`the kernel ${release} lacks calls, and both are named`, (t) => {
    const error = t.throws(() => probeHost(named({ release }), { paths: [] }), { instanceOf: CofferError });
    t.like(error, { code: "E_HOST_UNSUPPORTED", details: { needs: "Linux 5.14", found: release } });
  });

test("a machine that no helper is built for is named", (t) => {
  const error = t.throws(() => probeHost(named({ machine: "s390x" }), { paths: [] }), { instanceOf: CofferError });
  t.like(error, { details: { needs: "x86_64 or aarch64", found: "s390x" } });
});

test("the caller's capabilities and CPUs, and the kinds of paths", (t) => {
  const system = machine();
  system.put("/srv/file", "");
  system.put("/sys/devices/system/cpu/online", "0-3\n");
  const facts = probeHost(system, { paths: ["/srv", "/srv/file", "/srv/none"] });
  t.is(facts.capabilities, 0xa80425fbn);
  t.false(facts.privileged);
  t.true(facts.pinned);
  t.is(facts.lastCap, 40);
  t.deepEqual(facts.paths, { "/srv": "dir", "/srv/file": "file", "/srv/none": "missing" });
});

const rights: readonly (readonly [status: string, capabilities: bigint, privileged: boolean])[] = [
  ["CapEff:\t0000000000200000\n", 1n << 21n, true],
  ["CapEff:\tnone\n", 0n, false],
  ["CapPrm:\t0000000000200000\n", 0n, false],
  ["Name:\tCapEff:\t1\n", 0n, false],
];
for (const [status, capabilities, privileged] of rights)
  test(`the rights of ${JSON.stringify(status)}`, (t) => {
    const system = machine();
    system.put("/proc/self/status", status);
    const facts = probeHost(system, { paths: [] });
    t.deepEqual([facts.capabilities, facts.privileged, facts.pinned], [capabilities, privileged, undefined]);
  });

test("the files that may be handed down to a delegated cgroup, where the kernel lists them", (t) => {
  const system = machine();
  t.is(probeCgroup(system).delegate, undefined);
  system.put("/sys/kernel/cgroup/delegate", "cgroup.procs\ncgroup.threads\n");
  t.deepEqual(probeCgroup(system).delegate, ["cgroup.procs", "cgroup.threads"]);
});

const socket = { kind: "socket" } as const;
const places = { v2Root: "/sys/fs/cgroup", v1Roots: {} };
const controllers = ["cpu", "memory", "pids"];

test("root's systemd is asked over the bus, and by its own socket where there is none", (t) => {
  const system = machine();
  t.is(probeSystemd(system, true, places), undefined);
  system.put("/run/systemd/private", "", socket);
  const direct = { socket: "/run/systemd/private", direct: true, user: false, cgroup: "/", controllers };
  t.deepEqual(probeSystemd(system, true, places), direct);
  system.put("/run/dbus/system_bus_socket", "", socket);
  t.deepEqual(probeSystemd(system, true, places), {
    ...direct,
    socket: "/run/dbus/system_bus_socket",
    direct: false,
  });
});

test("what is no socket is no way to systemd", (t) => {
  const system = machine();
  system.put("/run/systemd/private", "");
  system.put("/run/dbus/system_bus_socket");
  t.is(probeSystemd(system, true, places), undefined);
});

test("an address of the environment comes first, with its escapes undone", (t) => {
  const system = machine();
  system.put("/run/a b", "", socket);
  system.put("/run/dbus/system_bus_socket", "", socket);
  const env = { DBUS_SYSTEM_BUS_ADDRESS: "tcp:host=x;unix:guid=1,path=/run/a%20b" };
  t.is(probeSystemd({ ...system, caller: { ...system.caller, env } }, true, places)?.socket, "/run/a b");
});

test("a user's systemd makes the cgroups beneath its service, whose name has the id that the host knows", (t) => {
  const system = machine(5);
  system.put("/proc/self/uid_map", "         0       1000          1\n         1     100000      65536\n");
  const cgroup = "/user.slice/user-100004.slice/user@100004.service";
  system.put(`/sys/fs/cgroup${cgroup}/cgroup.controllers`, "pids\n");
  system.put("/run/user/100004/bus", "", socket);
  system.put("/run/dbus/system_bus_socket", "", socket);
  t.deepEqual(probeSystemd(system, false, places), {
    socket: "/run/user/100004/bus",
    direct: false,
    user: true,
    cgroup,
    controllers: ["pids"],
  });
});

test("the host's systemd makes no cgroups for another user than root", (t) => {
  const system = machine(1000);
  system.put("/run/dbus/system_bus_socket", "", socket);
  t.is(probeSystemd(system, true, places), undefined);
});

const mapped: readonly (readonly [uid: number, map: string, host: number])[] = [
  [0, "0 1000 1\n1 100000 10\n", 1000],
  [1, "0 1000 1\n1 100000 10\n", 100_000],
  [10, "0 1000 1\n1 100000 10\n", 100_009],
  [11, "0 1000 1\n1 100000 10\n", 11],
  [7, "", 7],
];
for (const [uid, map, host] of mapped)
  test(`user ${uid} of ${JSON.stringify(map)} is ${host} for systemd`, (t) => {
    const system = machine(uid);
    system.put("/proc/self/uid_map", map);
    const cgroup = `/user.slice/user-${host}.slice/user@${host}.service`;
    system.put(`/sys/fs/cgroup${cgroup}/cgroup.controllers`, "pids\n");
    system.put(`/run/user/${host}/bus`, "", socket);
    const env = { XDG_RUNTIME_DIR: "run/user" };
    t.is(probeSystemd({ ...system, caller: { ...system.caller, env } }, false, places)?.cgroup, cgroup);
  });

test("a user of the first user namespace has its own systemd, and root there has the host's", (t) => {
  const name = (uid: number) => `/user.slice/user-${uid}.slice/user@${uid}.service`;
  for (const uid of [0, 1, 1000]) {
    const system = machine(uid);
    system.put(`/sys/fs/cgroup${name(uid)}/cgroup.controllers`, "pids\n");
    for (const path of [`/run/user/${uid}/bus`, "/run/dbus/system_bus_socket"]) system.put(path, "", socket);
    t.is(probeSystemd(system, true, places)?.cgroup, uid === 0 ? "/" : name(uid));
    t.is(probeSystemd(system, false, places)?.cgroup, name(uid));
  }
});

test("without a hierarchy that systemd knows there is none", (t) => {
  const system = machine();
  system.put("/run/dbus/system_bus_socket", "", socket);
  system.put("undefined/", undefined);
  t.is(probeSystemd(system, true, { v1Roots: {} }), undefined);
  system.put("/v1/", undefined);
  t.is(probeSystemd(system, true, { v1Roots: { "name=systemd": "/v1" } })?.cgroup, "/");
});
