// Cgroups through systemd, in one resumed Debian guest: the system's systemd, a user's own, podman's usual way.
import type { ExecutionContext } from "ava";
import test from "ava";
import { besideRuncOf } from "../helpers/peers/peers.ts";
import type { CaseResult } from "./batch/batch.ts";
import { runBatch } from "./batch/batch.ts";
import { guestCommand } from "./front.ts";
import { missing, needsGuest } from "./needs.ts";
import { cofferOci, gone } from "./systemd-setup.ts";

/** A rootfs, bundles of root and of the user `tester` that tell their cgroup and wait, and ways to run things. */
const setup = `
mkdir -p /home/b/rootfs/bin /home/b/rootfs/proc /home/b/rootfs/dev /home/b/rootfs/sys
cp /bin/busybox /home/b/rootfs/bin/
for name in sh cat id sleep; do ln /home/b/rootfs/bin/busybox /home/b/rootfs/bin/$name; done
cp -a /home/b/rootfs /var/lib/containers/rootfs
${guestCommand(cofferOci, "coffer-oci")}
tell='cat /proc/self/cgroup /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max; sleep 1000'
edit() {
	sed -i '/"resources": {/,/^\\t\\t},/d' config.json
	sed -i "s|\\"sh\\"|\\"sh\\",\\"-c\\",\\"$tell\\"|; s|\\"terminal\\": true|\\"terminal\\": false|; s|\\"linux\\": {|\\"linux\\": {\\"resources\\":{\\"memory\\":{\\"limit\\":67108864},\\"pids\\":{\\"limit\\":33},\\"cpu\\":{\\"quota\\":12345,\\"period\\":100000,\\"cpus\\":\\"0\\"}},|" config.json
}
cd /home/b
runc spec
edit
mkdir /home/tester/b
cp -a rootfs /home/tester/b/
cd /home/tester/b
runc spec --rootless
sed -i 's|"hostID": 0|"hostID": 1000|' config.json
edit
chown -R tester:tester /home/tester/b
cat >/run/as-tester <<'END'
#!/bin/sh
exec setpriv --reuid tester --regid tester --init-groups env HOME=/home/tester USER=tester LOGNAME=tester XDG_RUNTIME_DIR=/run/user/1000 \\
	DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus "$@"
END
chmod 755 /run/as-tester
# podman asks for an AppArmor profile where the kernel has it.
echo N >/run/no
mount --bind /run/no /sys/module/apparmor/parameters/enabled
`;

const properties =
  "Delegate,Slice,DefaultDependencies,MemoryMax,TasksMax,CPUQuotaPerSecUSec,CPUQuotaPeriodUSec,AllowedCPUs,MemoryAccounting";
/** Runs detached, with a file as output, as what waits for the end of a pipe would wait for the container. */
const detached = (runtime: string, id: string): string =>
  `${runtime} --systemd-cgroup run -d ${id} </dev/null >/run/${id} 2>&1 || { cat /run/${id}; exit 1; }`;
const shown = (runtime: string, id: string, unit: string): string =>
  [
    "cd /home/b",
    detached(runtime, id),
    `systemctl show -p ${properties} ${unit} | sort`,
    `${runtime} delete --force ${id}`,
    `systemctl is-active ${unit} || :`,
  ].join("\n");

const podman = "podman --cgroup-manager=systemd";
const tell = "--network none --memory 64m --pids-limit 50 --rootfs";
const files = "cat /proc/self/cgroup /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max";
const rootfs = "/var/lib/containers/rootfs";

const cases = {
  "show-runc": `runc --version >&2\n${shown("runc", "r1", "runc-r1.scope")}`,
  "show-coffer": shown(cofferOci, "c1", "coffer-c1.scope"),
  update: [
    "cd /home/b",
    detached(cofferOci, "c2"),
    "until [ $(wc -l </run/c2) = 3 ]; do sleep 1; done; cat /run/c2",
    "cat /sys/fs/cgroup/system.slice/coffer-c2.scope/cpu.max",
    `${cofferOci} update --memory 128M --pids-limit 44 c2`,
    "systemctl show -p MemoryMax,TasksMax coffer-c2.scope | sort",
    "systemctl daemon-reload",
    "cat /sys/fs/cgroup/system.slice/coffer-c2.scope/memory.max",
    `${cofferOci} exec c2 cat /proc/self/cgroup`,
    "cat /sys/fs/cgroup/system.slice/coffer-c2.scope/cgroup.procs | wc -l",
  ].join("\n"),
  taken: [
    "cd /home/b",
    `sed 's|"linux": {|"linux": {"cgroupsPath": ":coffer:c2",|' -i config.json`,
    `${cofferOci} --systemd-cgroup run c3 2>&1 || echo status $?`,
    "systemctl is-active coffer-c2.scope",
    `${cofferOci} delete --force c2`,
    gone("systemctl list-units --all --no-legend 'coffer-*.scope'"),
    "ls -d /sys/fs/cgroup/system.slice/coffer-* 2>&1 || :",
  ].join("\n"),
  killed: [
    "cd /home/b",
    `sed 's|"cgroupsPath": ":coffer:c2",||' -i config.json`,
    "for seconds in 0 0.1 0.4; do",
    `	${cofferOci} --systemd-cgroup create k$seconds </dev/null >/run/k 2>&1 &`,
    "	until pid=$(pgrep coffer-helper) || ! kill -0 $!; do sleep 0.02; done",
    "	sleep $seconds",
    "	kill -KILL $pid || :",
    "	wait || :",
    `	${cofferOci} delete --force k$seconds`,
    "done",
    gone("systemctl list-units --all --no-legend 'coffer-*.scope'"),
    "ls -d /sys/fs/cgroup/system.slice/coffer-* 2>&1 || :",
  ].join("\n"),
  user: [
    "cd /home/tester/b",
    detached(`/run/as-tester ${cofferOci}`, "u1"),
    "until [ $(wc -l </run/u1) = 3 ]; do sleep 1; done; cat /run/u1",
    "/run/as-tester systemctl --user show -p MemoryMax,TasksMax,Slice coffer-u1.scope | sort",
    "cat /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/user.slice/coffer-u1.scope/memory.max",
    `/run/as-tester ${cofferOci} exec u1 cat /proc/self/cgroup`,
    `/run/as-tester ${cofferOci} delete --force u1`,
    gone("/run/as-tester systemctl --user list-units --all --no-legend 'coffer-*.scope'"),
  ].join("\n"),
  "podman-root": `${podman} --runtime ${cofferOci} run --rm ${tell} ${rootfs} ${files}`,
  "podman-detached": [
    `id=$(${podman} --runtime ${cofferOci} run -d ${tell} ${rootfs} sleep 1000)`,
    'systemctl show -p MemoryMax,TasksMax,Slice "libpod-$id.scope" | sort',
    `${podman} --runtime ${cofferOci} exec $id cat /proc/self/cgroup`,
    `${podman} --runtime ${cofferOci} rm -f -t 0 $id >/dev/null`,
    gone("systemctl list-units --all --no-legend 'libpod-*.scope'"),
  ].join("\n"),
} as const;

let results: ReadonlyMap<string, CaseResult> = new Map();
let guest = "";

test.before("the batch", async (t) => {
  t.timeout(1_800_000);
  if (missing("debian") === undefined) ({ results, guest } = await runBatch(setup, cases, 400));
});

function resultOf(t: ExecutionContext, name: keyof typeof cases): CaseResult | undefined {
  if (!needsGuest(t, "debian")) return undefined;
  const result = results.get(name);
  if (result === undefined) t.fail(`the guest told nothing of this: ${guest.slice(-3000)}`);
  return result;
}

const tells = test.macro({
  exec: (t, name: keyof typeof cases, ...expected: readonly string[]) => {
    const result = resultOf(t, name);
    if (result === undefined) return;
    t.is(result.stdout, expected.map((line) => `${line}\n`).join(""), result.stderr);
    t.is(result.status, 0, result.stderr);
  },
  title: (title = "") => title,
});

test("a scope has the properties that runc's has", async (t) => {
  const own = resultOf(t, "show-coffer");
  const other = resultOf(t, "show-runc");
  if (own === undefined || other === undefined) return;
  t.regex(own.stdout, /^AllowedCPUs=0\nCPUQuotaPerSecUSec=130ms\n/);
  t.regex(own.stdout, /\nMemoryMax=67108864\n(?:.*\n)*TasksMax=33\ninactive\n$/);
  await besideRuncOf(t, other.stderr, (tt) => void tt.is(own.stdout, other.stdout, own.stderr));
});

test(
  "limits are exact, an update reaches systemd and stays when it is reloaded, exec joins the scope",
  tells,
  "update",
  ...["0::/", "67108864", "33", "12345 100000", "MemoryMax=134217728", "TasksMax=44", "134217728", "0::/", "1"],
);

test("a scope of that name is another's, and stays", (t) => {
  const result = resultOf(t, "taken");
  if (result === undefined) return;
  t.regex(result.stdout, /UnitExists[^\n]*\nstatus 1\nactive\nls: [^\n]*\n$/, result.stderr);
});

test("a launcher that was killed leaves no unit", (t) => {
  const result = resultOf(t, "killed");
  if (result === undefined) return;
  t.regex(result.stdout, /^ls: [^\n]*\n$/, result.stderr);
});

const user = ["0::/", "67108864", "33", "MemoryMax=67108864", "Slice=user.slice", "TasksMax=33", "67108864", "0::/"];
test("a user's container is a scope of the user's systemd", tells, "user", ...user);

const limited = ["0::/", "67108864", "50"];
test("podman's usual cgroup manager, as root", tells, "podman-root", ...limited);
const scope = ["MemoryMax=67108864", "Slice=machine.slice", "TasksMax=50", "0::/"];
test("podman's scope, exec, and the end", tells, "podman-detached", ...scope);
