// AppArmor profiles, in one resumed Debian guest: by lsm_set_self_attr(2), and with plans as for a kernel without it.
import type { Patch } from "../helpers/json.ts";
import { helperPath } from "../helpers/peers/runtimes.ts";
import { guestCommand } from "./front.ts";
import type { LabelRow } from "./labels/label-rows.ts";
import { testLabels } from "./labels/label-rows.ts";
import type { LaunchOptions } from "./labels/label-setup.ts";
import { bundle, labelSetup, shell } from "./labels/label-setup.ts";

const attribute = "/proc/self/attr/apparmor/current";
const tell = shell(`cat ${attribute}; grep NoNewPrivs /proc/self/status; cat /etc/secret 2>/dev/null || echo denied`);
const profile = (name: string): Patch => ({ "/process/apparmorProfile": name });
const a = { ...tell, ...profile("coffer-a") };
const denyCalls: Patch = {
  "/process/noNewPrivileges": false,
  "/linux/seccomp": {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["lsm_get_self_attr", "lsm_set_self_attr"], action: "SCMP_ACT_ERRNO" }],
  },
};
const maps = (hostID: number, size: number): Patch => ({
  "/linux/namespaces/-": { type: "user" },
  "/linux/uidMappings": [{ containerID: 0, hostID, size }],
  "/linux/gidMappings": [{ containerID: 0, hostID, size }],
});
const userns = { ...a, ...maps(0, 65536) };
const rootless = {
  ...a,
  ...maps(1000, 1),
  "/mounts/2/options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
};

const sysAdmin = ["CAP_SYS_ADMIN"];
const mayMount: Patch = {
  ...tell,
  ...maps(100000, 65536),
  "/process/capabilities": { bounding: sysAdmin, permitted: sysAdmin, effective: sysAdmin },
};
/** Locking takes a second user namespace, which init makes. */
const locked: Patch = { ...mayMount, "/annotations": { "coffer.lock-mounts": "true" } };

const lsm = "apparmor";
const byCall: LaunchOptions = { lsm };
const denied = "lsm_set_self_attr,lsm_get_self_attr";
const without = (calls: string, more: Partial<LaunchOptions> = {}): LaunchOptions => {
  return { lsm, prefix: `$TOOLS deny ${calls} --`, ...more };
};
const byFile = without(denied, { old: true });
/** With a /proc of look-alikes. */
const fakeProc: LaunchOptions = { lsm, old: true, prefix: `/run/fake-proc $TOOLS deny ${denied} --` };

/** Under a profile of the launcher's, that of init, or a sysctl. */
const confined = (name: string): LaunchOptions => ({ lsm, prefix: `aa-exec -p coffer-${name} --` });
const onlyRoot: LaunchOptions = { lsm, prefix: "/run/only-root" };

const mode = (name: string): string => `coffer-${name} (enforce)\n`;
const enforced = "coffer-a (enforce)\nNoNewPrivs:\t1\ndenied\n";
const rows: Readonly<Record<string, LabelRow>> = {
  "a profile is enforced, with no_new_privs": [a, byCall, enforced],
  "and without it, before a filter that denies the calls": [{ ...a, ...denyCalls }, byCall, enforced.replace("1", "0")],
  "for another user": [{ ...a, "/process/user": { uid: 7, gid: 7 } }, byCall, enforced],
  "in a user namespace": [userns, byCall, enforced],
  "of an ordinary user": [rootless, { lsm, rootless: true }, enforced],
  "unconfined is asked for": [{ ...tell, ...profile("unconfined") }, byCall, "unconfined\nNoNewPrivs:\t1\nsecret\n"],
  "stacked profiles": [{ ...tell, ...profile("coffer-b//&coffer-a") }, byCall, /coffer-a\/\/&coffer-b \(enforce\)\n/],
  "a name that begins with unconfined is another": [
    { ...tell, ...profile("unconfined_x") },
    byCall,
    /\/process\/apparmorProfile: op \d+ set-label: .*\(ENOENT\): .*apparmor_parser/,
  ],
  "without the call that sets nothing runs": [a, without("lsm_set_self_attr"), /set-label: .*\(ENOSYS\)/],
  "without the call that reads back nothing runs": [a, without("lsm_get_self_attr"), /set-label: .*\(ENOSYS\)/],
  "a launcher whose profile refuses a user namespace": [
    mayMount,
    confined("launcher"),
    /clone: .*\(EACCES\): .*AppArmor/,
  ],
  "an init whose profile refuses a second one": [
    mayMount,
    confined("outer"),
    "coffer-init (enforce)\nNoNewPrivs:\t1\nsecret\n",
  ],
  "with locked mounts, nothing runs": [locked, confined("outer"), /lock-mounts: .*\(EACCES\): .*AppArmor/],
  "a sysctl that keeps user namespaces for root": [mayMount, onlyRoot, "unconfined\nNoNewPrivs:\t1\nsecret\n"],
  "nor there, with locked mounts": [locked, onlyRoot, /lock-mounts: .*\(EPERM\): .*kernel\.unprivileged_userns_clone/],
  "an older kernel: by its file": [a, byFile, enforced],
  "an older kernel: in a user namespace": [userns, byFile, enforced],
  "an older kernel: of an ordinary user": [rootless, { ...byFile, rootless: true }, enforced],
  "an older kernel: a /proc of look-alikes is not looked at": [a, fakeProc, enforced],
  "an older kernel: and is nothing for an ordinary user": [
    rootless,
    { ...fakeProc, rootless: true },
    /open-procfs: .*\(EINVAL\)/,
  ],
  "an older kernel: a profile that is not loaded": [{ ...tell, ...profile("x") }, byFile, /set-label: .*\(ENOENT\)/],
};

const profileText = (name: string): string => `
profile ${name} flags=(attach_disconnected) {
  file,
  signal (receive) peer=unconfined,
  deny /etc/secret r,
}
`;

/** init is executed as a memfd, which has the name `/`. */
const launcherText = (name: string, rules: string): string => `
profile coffer-${name} flags=(attach_disconnected) {
  capability, mount, umount, pivot_root, signal, ptrace, unix, network,
  / r,
  /** rwlk,
  /?** ix,
  ${rules}
}
`;
const launcherTexts = [
  launcherText("launcher", "/ ix,"),
  launcherText("outer", "userns, / px -> coffer-init,"),
  launcherText("init", ""),
];

const setup = (): string => `${labelSetup()}
cat >/run/profiles <<'END'
abi <abi/4.0>,
${["coffer-a", "coffer-b"].map(profileText).join("")}${launcherTexts.join("")}END
apparmor_parser --add --skip-cache /run/profiles
${guestCommand("/usr/local/bin/coffer-oci", "coffer-oci")}
printf '#!/bin/sh\\nexec setpriv --reuid tester --regid tester --init-groups "$@"\\n' >/run/as-tester
cat >/run/fake-proc <<'END'
#!/bin/sh
exec unshare -m sh -ec '
	mount -t tmpfs none /proc
	mkdir -p /proc/self/attr/apparmor
	touch /proc/self/attr/exec /proc/self/attr/apparmor/exec
	exec "$0" "$@"' "$@"
END
cat >/run/only-root <<'END'
#!/bin/sh
sysctl -q kernel.unprivileged_userns_clone=0
"$@"
status=$?
sysctl -q kernel.unprivileged_userns_clone=1
exit $status
END
chmod 755 /run/only-root /run/as-tester /run/fake-proc
cp -a /run/rootfs /var/lib/containers/rootfs
`;

const podman = "podman --runtime /usr/local/bin/coffer-oci --cgroup-manager=cgroupfs";
const podmanRun = (more: string): string => `${podman} run --network none --security-opt apparmor=${more}`;
const rootfs = "--rootfs /var/lib/containers/rootfs";

const scripts = {
  peers: `${bundle("peers", a)}
: | crun run peers | cat
: | runc run peers | cat
`,
  exec: `${bundle("exec", { ...shell("sleep 1000"), ...profile("coffer-a"), ...maps(0, 65536) })}
$COFFER run --detach exec </dev/null >/dev/null
$COFFER exec exec cat ${attribute}
$COFFER exec --apparmor coffer-b exec cat ${attribute}
$PLANS /run/plan $PWD /run/coffer/exec/process cat ${attribute}
$TOOLS deny ${denied} -- ${helperPath("x86_64")} launch --plan-fd 3 --report-fd 4 3</run/plan 4>/dev/null
$COFFER delete --force exec
`,
  "podman-unconfined": podmanRun(`unconfined --rm ${rootfs} cat ${attribute}`),
  "podman-named": `
id=$(${podmanRun(`coffer-a -d ${rootfs} sleep 100`)})
${podman} exec $id sh -c 'cat ${attribute} /etc/secret' || :
cat /proc/$(cat /sys/fs/cgroup/libpod_parent/libpod-$id/cgroup.procs | head -1)/attr/apparmor/current
${podman} rm -f -t 0 $id >/dev/null
`,
} as const;

testLabels({
  controls: { "crun and runc do the same": [scripts.peers, `${enforced}${enforced}`] },
  guest: "debian",
  setup,
  rows,
  scripts: {
    "an exec has its container's profile or its own": [scripts.exec, ["a", "b", "a"].map(mode).join("")],
    "podman asks for none": [scripts["podman-unconfined"], "unconfined\n"],
    "podman asks for one, and an exec has it too": [scripts["podman-named"], ["a", "a"].map(mode).join("")],
  },
});
