// SELinux labels, enforced, in one fast guest with a policy of its own (guest/selinux.cil). Debian's takes a minute to build
// and seconds to load, and shows nothing more of a runtime.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Patch } from "../helpers/json.ts";
import { helperPath } from "../helpers/peers/runtimes.ts";
import { runFast } from "./fast.ts";
import type { LabelRow } from "./labels/label-rows.ts";
import { testLabels } from "./labels/label-rows.ts";
import type { LaunchOptions } from "./labels/label-setup.ts";
import { bundle, labelSetup, launch, shell } from "./labels/label-setup.ts";

const processLabel = "system_u:system_r:container_t:s0:c1,c2";
const mountLabel = "system_u:object_r:container_file_t:s0:c1,c2";
const label = (text: string): Patch => ({ "/process/selinuxLabel": text });
const current = "tr -d '\\0' </proc/self/attr/current; echo";
const tell: Patch = {
  "/root/readonly": false,
  "/linux/mountLabel": mountLabel,
  ...shell(`${current}; grep NoNewPrivs /proc/self/status
{ echo x >/dev/shm/x && cat /dev/shm/x; } 2>/dev/null || echo other categories
{ echo x >/etc/secret; } 2>/dev/null || echo denied`),
};
const labelled: Patch = { ...tell, ...label(processLabel) };
const denyCalls: Patch = {
  "/process/noNewPrivileges": false,
  "/linux/seccomp": {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["lsm_get_self_attr", "lsm_set_self_attr"], action: "SCMP_ACT_ERRNO" }],
  },
};
const userns: Patch = {
  "/linux/namespaces/-": { type: "user" },
  "/linux/uidMappings": [{ containerID: 0, hostID: 0, size: 65536 }],
  "/linux/gidMappings": [{ containerID: 0, hostID: 0, size: 65536 }],
};

const byCall: LaunchOptions = { lsm: "selinux" };
const byFile: LaunchOptions = {
  lsm: "selinux",
  old: true,
  prefix: "$TOOLS deny lsm_set_self_attr,lsm_get_self_attr --",
};

const enforced = `${processLabel}\nNoNewPrivs:\t1\nx\ndenied\n`;
const rows: Readonly<Record<string, LabelRow>> = {
  "a label is enforced, with no_new_privs": [labelled, byCall, enforced],
  "and without it, before a filter that denies the calls": [
    { ...labelled, ...denyCalls },
    byCall,
    enforced.replace("1\nx", "0\nx"),
  ],
  "in a user namespace": [{ ...labelled, ...userns }, byCall, enforced],
  "without a label": [tell, byCall, "system_u:system_r:host_t:s0-s0:c0.c4\nNoNewPrivs:\t1\nx\n"],
  "categories in another order": [{ ...tell, ...label(processLabel.replace("c1,c2", "c2,c1")) }, byCall, enforced],
  "a label of other categories": [
    { ...tell, ...label(processLabel.replace("c1,c2", "c3")) },
    byCall,
    /c3\nNoNewPrivs:\t1\nother categories\ndenied/,
  ],
  "a label that the policy does not know": [
    { ...tell, ...label("system_u:system_r:none_t:s0") },
    byCall,
    /\/process\/selinuxLabel: op \d+ set-label: .*\(EINVAL\): .*policy/,
  ],
  "a mount label that the policy does not know": [
    { ...labelled, "/linux/mountLabel": "system_u:object_r:none_t:s0" },
    byCall,
    /make-fs: .*\(EINVAL\): .*\/linux\/mountLabel/,
  ],
  "without the call nothing runs": [
    labelled,
    { lsm: "selinux", prefix: "$TOOLS deny lsm_set_self_attr --" },
    /set-label: .*\(ENOSYS\)/,
  ],
  "an older kernel: by its files": [labelled, byFile, enforced],
  "an older kernel: in a user namespace": [{ ...labelled, ...userns }, byFile, enforced],
};

/** The policy as the kernel loads it, in base64. */
function policy(): string {
  const directory = mkdtempSync(join(tmpdir(), "coffer-policy-"));
  try {
    const output = join(directory, "policy");
    const source = join(import.meta.dirname, "guest", "selinux.cil");
    execFileSync("secilc", ["-c", "33", "-o", output, "-f", "/dev/null", source], { stdio: "pipe" });
    return readFileSync(output).toString("base64");
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const setup = (): string => `${labelSetup()}
echo ${policy()} | base64 -d >/run/policy
mount -t selinuxfs selinuxfs /sys/fs/selinux
cat /run/policy >/sys/fs/selinux/load
echo 1 >/sys/fs/selinux/enforce
`;

const held: Patch = { ...labelled, ...shell("sleep 1000"), ...userns };

const scripts = {
  active: "cat /sys/kernel/security/lsm; echo; cat /sys/fs/selinux/enforce",
  // Output goes to a pipe: a file of the machine's is none that a container's label may write.
  peers: `${bundle("peers", labelled)}
: | crun run peers | cat
: | runc run peers | cat
`,
  mounts: `
{ ${launch(held, byCall)} } >/dev/null &
for try in $(seq 100); do
	sleep 0.2
	process=$(grep -l container_t /proc/[0-9]*/attr/current 2>/dev/null | head -1)
	[ -z "$process" ] || break
done
process=\${process%/attr/current}
sed -n 's/^.* \\(\\/[^ ]*\\) [^ ]* .*- \\([a-z0-9]*\\) .*context="\\([^"]*\\)".*/\\1 \\2 \\3/p' $process/mountinfo | grep '^/dev'
stat -c '%n %C' $process/root/dev/mqueue | sed 's/.*root//'
kill -9 \${process#/proc/}
wait
`,
  exec: `${bundle("exec", { ...labelled, ...shell("sleep 1000") })}
$COFFER run --detach exec </dev/null >/dev/null 2>&1
$COFFER exec exec sh -c "${current}" 2>&1 | cat
$COFFER exec --process-label system_u:system_r:container_t:s0:c3 exec sh -c "${current}" 2>&1 | cat
$PLANS /run/plan $PWD /run/coffer/exec/process sh -c "${current}"
$TOOLS deny lsm_set_self_attr,lsm_get_self_attr -- ${helperPath("x86_64")} launch --plan-fd 3 3</run/plan 2>&1 | cat
$COFFER delete --force exec
`,
} as const;

const mounts = ["/dev tmpfs", "/dev/pts devpts", "/dev/shm tmpfs", "/dev/mqueue"];
const others = processLabel.replace("c1,c2", "c3");

testLabels({
  controls: { "crun and runc do the same": [scripts.peers, `${enforced}${enforced}`] },
  guest: "selinux",
  setup,
  rows,
  scripts: {
    "SELinux is active and enforcing": [scripts.active, "lockdown,capability,landlock,yama,selinux,bpf,ipe,ima,evm\n1"],
    "the label of the mounts": [scripts.mounts, mounts.map((mount) => `${mount} ${mountLabel}\n`).join("")],
    "an exec has its container's label or its own": [scripts.exec, `${processLabel}\n${others}\n${processLabel}\n`],
  },
  run: (script, options) => runFast(script, { ...options, append: "security=selinux selinux=1" }),
});
