// What needs systemd, AppArmor or podman, in one resumed Debian guest.
import type { ExecutionContext } from "ava";
import test from "ava";
import { ofGuest } from "../helpers/peers/peers.ts";
import type { CaseResult } from "./batch/batch.ts";
import { runBatch } from "./batch/batch.ts";
import { guestCommand, guestWords } from "./front.ts";
import { missing, needsGuest } from "./needs.ts";

const cofferOci = "/usr/local/bin/coffer-oci";

/** What every case has: a rootfs, bundles of root and of the ordinary user `tester`, and ways to run things. */
const setup = `
mkdir -p /home/b/rootfs/bin /home/b/rootfs/proc /home/b/rootfs/dev /home/b/rootfs/sys
cp /bin/busybox /home/b/rootfs/bin/
for name in sh cat id sleep; do ln /home/b/rootfs/bin/busybox /home/b/rootfs/bin/$name; done
cp -a /home/b/rootfs /var/lib/containers/rootfs
${guestCommand(cofferOci, "coffer-oci")}

tell='cat /proc/self/cgroup /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max; id -u'
edit() {
	sed -i "s|\\"sh\\"|\\"sh\\",\\"-c\\",\\"$tell\\"|; s|\\"terminal\\": true|\\"terminal\\": false|; s|\\"linux\\": {|\\"linux\\": {\\"resources\\":{\\"memory\\":{\\"limit\\":67108864},\\"pids\\":{\\"limit\\":33}},|" config.json
}
cd /home/b
runc spec
sed -i '/"resources": {/,/^\\t\\t},/d' config.json
edit
mkdir /home/tester/b
cp -a rootfs /home/tester/b/
cd /home/tester/b
runc spec --rootless
sed -i 's|"hostID": 0|"hostID": 1000|' config.json
edit
chown -R tester:tester /home/tester/b
export COFFER="${guestWords("coffer").join(" ")}"
cat >/run/as-tester <<'END'
#!/bin/sh
exec setpriv --reuid tester --regid tester --init-groups env HOME=/home/tester XDG_RUNTIME_DIR=/run/user/1000 \\
	DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus "$@"
END
chmod 755 /run/as-tester
`;

const podman = (runtime: string, more: string, manager = "systemd"): string =>
  `podman --runtime ${runtime} --cgroup-manager=${manager} run --network none --memory 64m --pids-limit 50 ${more}`;

const profile = `
cat >/run/profile <<'END'
abi <abi/4.0>,
profile coffer-test {
  file,
  deny /etc/hostname r,
}
END
apparmor_parser --add --skip-cache /run/profile
`;

const scope = "/run/as-tester systemd-run --user --scope --quiet -p Delegate=yes";
const tellPodman =
  "--rm --rootfs /var/lib/containers/rootfs cat /proc/self/cgroup /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max";

/** podman asks for an AppArmor profile where the kernel has it. */
const enabled = "/sys/module/apparmor/parameters/enabled";
const withoutAppArmor = `echo N >/run/no\nmount --bind /run/no ${enabled}\n`;

const cases = {
  system: "systemctl is-system-running; stat -fc %T /sys/fs/cgroup; uname -r",
  user: "/run/as-tester systemctl --user is-system-running; cat /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers",
  apparmor: `${profile}grep coffer-test /sys/kernel/security/apparmor/profiles\naa-exec -p coffer-test cat /etc/hostname || echo refused`,
  "coffer-root": "cd /home/b; $COFFER run x",
  "coffer-delegated": `cd /home/tester/b; ${scope} $COFFER run x`,
  "crun-delegated": `cd /home/tester/b; ${scope} crun --cgroup-manager=cgroupfs run x`,
  "coffer-not-delegated": "cd /home/tester/b; /run/as-tester $COFFER run x",
  "podman-crun": podman("crun", tellPodman),
  "podman-runc": podman("runc", tellPodman),
  "podman-coffer": `${withoutAppArmor}${podman(cofferOci, tellPodman, "cgroupfs")}`,
  "podman-coffer-apparmor": `umount ${enabled}\n${podman(cofferOci, tellPodman, "cgroupfs")}`,
  scope: [
    `id=$(${podman("crun", "-d --rootfs /var/lib/containers/rootfs sleep 100")})`,
    'systemctl show -p MemoryMax,TasksMax,ActiveState,Description "libpod-$id.scope"',
    "podman rm -f -t 0 $id >/dev/null",
    'systemctl is-active "libpod-$id.scope" || :',
  ].join("\n"),
} as const;

let results: ReadonlyMap<string, CaseResult> = new Map();
let guest = "";

test.before("the batch", async (t) => {
  t.timeout(900_000);
  if (missing("debian") === undefined) ({ results, guest } = await runBatch(setup, cases));
});

function resultOf(t: ExecutionContext, name: keyof typeof cases): CaseResult | undefined {
  if (!needsGuest(t, "debian")) return undefined;
  const result = results.get(name);
  if (result === undefined) t.fail(`the guest told nothing of this: ${guest.slice(-3000)}`);
  return result;
}

const tells = test.macro({
  exec: (t, name: keyof typeof cases, expected: string) => {
    const result = resultOf(t, name);
    if (result === undefined) return;
    t.is(result.stdout, expected, result.stderr);
    t.is(result.status, 0, result.stderr);
  },
  title: (title = "") => title,
});

/** A peer's case, for comparison. */
const control = test.macro({
  exec: async (t, name: keyof typeof cases, expected: string) => {
    const result = resultOf(t, name);
    if (result !== undefined) await ofGuest(t, (tt) => void tt.is(result.stdout, expected, result.stderr));
  },
  title: (title = "") => title,
});

const limits = "0::/\n67108864\n33\n0\n";

test("systemd has booted, on cgroup v2", (t) => {
  const result = resultOf(t, "system");
  if (result !== undefined) t.regex(result.stdout, /^running\ncgroup2fs\n6\.12\./);
});
test("an ordinary user has a systemd and controllers", tells, "user", "running\ncpuset cpu io memory pids\n");
test("AppArmor loads a profile and enforces it", tells, "apparmor", "coffer-test (enforce)\nrefused\n");
test("root runs a bundle with limits beside systemd", tells, "coffer-root", limits);
test("a user runs one in a delegated scope", tells, "coffer-delegated", limits);
test("and so does crun", control, "crun-delegated", limits);
test("a user without delegation is told what to do", (t) => {
  const result = resultOf(t, "coffer-not-delegated");
  if (result === undefined) return;
  t.is(result.status, 125);
  t.regex(result.stderr, /systemd-run --user --scope -p Delegate=yes/);
});
test("podman runs crun in a scope with limits", control, "podman-crun", "0::/\n67108864\n50\n");
test("podman runs runc in a scope with limits", control, "podman-runc", "0::/\n67108864\n50\n");
test("podman runs coffer-oci with limits", tells, "podman-coffer", "0::/\n67108864\n50\n");
test("podman runs coffer-oci with its AppArmor profile", tells, "podman-coffer-apparmor", "0::/\n67108864\n50\n");
test(
  "systemd shows the scope and its limits",
  control,
  "scope",
  [
    ...["MemoryMax=67108864", "TasksMax=50", "Description=libcrun container", "ActiveState=active", "inactive", ""],
  ].join("\n"),
);
