// Interfaces of the host that a container gets. The host is a network namespace of the test's own; what the container
// has is read from outside with ip(8). Neither of the runtimes beside us moves any, so facts are compared.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Outcome } from "../helpers/command.ts";
import { ownIds } from "../helpers/config.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox, ok } from "../helpers/container.ts";
import type { Json, Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer, helperPath } from "../helpers/peers/runtimes.ts";

type Address = {
  readonly local: string;
  readonly prefixlen: number;
  readonly scope: string;
  readonly broadcast?: string;
};
type Link = {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly address: string;
  readonly addr_info: readonly Address[];
};

/** One end of a pair with addresses of every kind, and one without any that is down. */
const setup = [
  "ip link add host0 mtu 1400 address 02:00:00:00:00:07 type veth peer name peer0",
  "ip addr add 10.1.2.3/24 broadcast 10.1.2.255 dev host0",
  "ip addr add 10.8.8.8/24 scope link dev host0",
  "ip addr add fd00::1/64 nodad dev host0",
  "ip link set peer0 up",
  "ip link set host0 up",
  "ip link add host1 type veth peer name peer1",
].join("; ");

const ip = "ip -j addr";

/** The words that run what follows on such a host. Prints the host's interfaces afterwards and those where `inside` says. */
const onHost = (inside: string, before = ":"): readonly string[] => [
  ...["unshare", "-n", "sh", "-c"],
  `set -e; ${setup}; ${before}; set +e; "$@"; code=$?; echo; ${ip}; ${inside}; exit $code`,
  "sh",
];

const inContainer = (box: Box): string => `nsenter --net=/proc/$(cat ${box.base}/pid)/ns/net ${ip}`;

async function run(box: Box, inside: string, before?: string, env?: Record<string, string>): Promise<Outcome> {
  const args = ["--detach", "--pid-file", `${box.base}/pid`, "--bundle", box.path, box.tag];
  return coffer(box, "run", args, { prefix: onHost(inside, before), ...(env && { env }) });
}

/** What ip(8) printed, one list a line. */
function links({ stdout }: Outcome, line: number): readonly Link[] {
  const lists = stdout.split("\n").filter((text) => text.startsWith("["));
  return JSON.parse(lists[line] ?? "[]");
}

const names = (list: readonly Link[]): readonly string[] => list.map(({ ifname }) => ifname).sort();

const addresses = (list: readonly Link[], name: string): readonly string[] =>
  (list.find(({ ifname }) => ifname === name)?.addr_info ?? [])
    .filter(({ local }) => !local.startsWith("fe80"))
    .map(({ local, prefixlen, scope, broadcast = "" }) => `${local}/${prefixlen} ${scope} ${broadcast}`.trim())
    .sort();

const isUp = (list: readonly Link[], name: string): boolean =>
  list.find(({ ifname }) => ifname === name)?.flags.includes("UP") ?? false;

const boxWith = (t: ExecutionContext, netDevices: Json, patch: Patch = {}): Box =>
  makeBox(t, { "/process/args": ["/probe", "sleep", "60000"], "/linux/netDevices": netDevices, ...patch });

const moved = test.macro({
  title: (title) => `moved: ${title}`,
  exec: async (t, netDevices: Json, expected: readonly string[], patch: Patch = {}) => {
    if (!(await needs(t, "root", "ip"))) return;
    const box = boxWith(t, netDevices, patch);
    const outcome = await run(box, inContainer(box));
    t.is(outcome.exitCode, 0, outcome.stderr);
    const [name = ""] = expected;
    t.deepEqual(names(links(outcome, 0)), ["lo", "peer0", ...(expected.length > 1 ? [] : ["host1"]), "peer1"].sort());
    const inside = links(outcome, 1);
    t.deepEqual(names(inside), ["lo", ...expected].sort());
    t.deepEqual(addresses(inside, name), ["10.1.2.3/24 global 10.1.2.255", "fd00::1/64 global"]);
    t.true(expected.every((each) => isUp(inside, each)));
    const device = inside.find(({ ifname }) => ifname === name);
    t.is(device?.mtu, 1400);
    t.is(device?.address, "02:00:00:00:00:07");
    await ok(t, box, "delete", ["--force", box.tag]);
    await nothingLeft(t, box, box.before);
  },
});

const ranges = ownIds(65_536);

test.serial("with its name", moved, { host0: {} }, ["host0"]);
test.serial("renamed", moved, { host0: { name: "eth0" } }, ["eth0"]);
test.serial("two, to a pattern", moved, { host0: { name: "eth%d" }, host1: { name: "eth%d" } }, ["eth0", "eth1"]);
test.serial("into a user namespace", moved, { host0: { name: "eth0" } }, ["eth0"], {
  "/linux/namespaces/-": { type: "user" },
  "/linux/uidMappings": ranges,
  "/linux/gidMappings": ranges,
});
test.serial("where init makes another process", moved, { host0: { name: "eth0" } }, ["eth0"], {
  "/linux/namespaces": [{ type: "pid", path: "/proc/self/ns/pid" }, { type: "network" }, { type: "mount" }],
  "/hostname": undefined,
});

/** A launch that fails: the host has what it had. */
const failed = test.macro({
  title: (title) => `failed: ${title}`,
  exec: async (t, netDevices: Json, error: RegExp, patch: Patch = {}, before?: string) => {
    if (!(await needs(t, "root", "ip"))) return;
    const box = boxWith(t, netDevices, patch);
    const outcome = await run(box, ":", before);
    t.not(outcome.exitCode, 0);
    t.regex(outcome.stderr, error);
    const host = links(outcome, 0);
    t.deepEqual(names(host), ["host0", "host1", "lo", "peer0", "peer1"]);
    t.deepEqual(addresses(host, "host0").slice(0, 1), ["10.1.2.3/24 global 10.1.2.255"]);
    t.true(addresses(host, "host0").includes("fd00::1/64 global"));
    t.true(isUp(host, "host0"));
    t.false(isUp(host, "host1"));
    await nothingLeft(t, box, box.before, "rootfs");
  },
});

const netns = "$BASE/netns";
/** A namespace by path that has interfaces already; it goes with the mount namespace of the host that is made for it. */
const holder = (dir: string, commands: string): string =>
  `touch ${dir}/netns; unshare --net=${dir}/netns sh -c '${commands}'; trap "umount ${dir}/netns" EXIT`;

test.serial("no such interface", failed, { host7: {} }, /\/linux\/netDevices\/host7: .*ENODEV/);
test.serial("lo", failed, { lo: { name: "eth0" } }, /\/linux\/netDevices\/lo: .*EINVAL/);
test.serial("the second of two", failed, { host0: { name: "eth0" }, host1: { name: "lo" } }, /host1: .*EEXIST/);
test.serial("no program", failed, { host0: { name: "eth0" }, host1: {} }, /no such file/, {
  "/process/args": ["/missing"],
});
/** A hook that has the kernel tell of more changes than a socket holds, and fails. */
const changes = "seq -f 'link set peer0 alias a%g' 1000 | ip -batch -; exit 1";
test.serial("a host whose interfaces change meanwhile", failed, { host0: { name: "eth0" } }, /createRuntime/, {
  "/hooks": {
    createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", changes], env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] }],
  },
});
const hostsOwn: Patch = {
  "/linux/namespaces": [{ type: "mount" }, { type: "pid" }, { type: "network", path: "/proc/self/ns/net" }],
  "/hostname": undefined,
};
test.serial("the host's own network by path", failed, { host0: { name: "eth0" } }, /\/host0: .*EXDEV/, hostsOwn);

test.serial("failed: the host's own network by path, said by a satellite that has ended", async (t) => {
  if (!(await needs(t, "root", "ip", "strace"))) return;
  const box = boxWith(t, { host0: { name: "eth0" } }, hostsOwn);
  const helper = join(box.base, "late-helper");
  const inject = "-e trace=recvmsg -e inject=recvmsg:delay_enter=200000";
  writeFileSync(helper, `#!/bin/sh\nexec strace -qq -o /dev/null ${inject} ${helperPath()} "$@"\n`);
  chmodSync(helper, 0o755);
  const outcome = await run(box, ":", ":", { COFFER_HELPER: helper });
  t.regex(outcome.stderr, /\/host0: .*EXDEV/);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("moved: into a namespace by path; a name that it has is refused", async (t) => {
  if (!(await needs(t, "root", "ip"))) return;
  const patch = {
    "/linux/namespaces": [{ type: "mount" }, { type: "pid" }, { type: "network", path: netns }],
    "/hostname": undefined,
  };
  const taken = boxWith(t, { host0: { name: "eth0" } }, patch);
  const commands = "ip link add eth0 type veth peer name eth1";
  const refused = await run(taken, `nsenter --net=${taken.base}/netns ${ip}`, holder(taken.base, commands));
  t.regex(refused.stderr, /\/linux\/netDevices\/host0: .*EEXIST/);
  t.true(isUp(links(refused, 0), "host0"));
  t.deepEqual(names(links(refused, 1)), ["eth0", "eth1", "lo"]);
  await nothingLeft(t, taken, taken.before);

  const box = boxWith(t, { host0: { name: "eth%d" } }, patch);
  const outcome = await run(box, `nsenter --net=${box.base}/netns ${ip}`, holder(box.base, commands));
  t.is(outcome.exitCode, 0, outcome.stderr);
  t.deepEqual(names(links(outcome, 1)), ["eth0", "eth1", "eth2", "lo"]);
  t.deepEqual(addresses(links(outcome, 1), "eth2"), ["10.1.2.3/24 global 10.1.2.255", "fd00::1/64 global"]);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});
