// SELinux labels, enforced, in one fast guest with a policy of its own (guest/selinux.cil): Debian's takes a minute to
// build and seconds to load, and says nothing more about a runtime.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Patch } from "../helpers/json.ts";
import { helperPath } from "../helpers/runtimes.ts";
import type { CaseResult } from "./batch.ts";
import { runBatch } from "./batch.ts";
import { runFast } from "./fast.ts";
import type { LaunchOptions } from "./label-setup.ts";
import { bundle, labelSetup, launch, outcomeOf, planOf, shell } from "./label-setup.ts";
import { missing, needsGuest } from "./needs.ts";

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

/** What is launched in the guest: a config, how, and what has to come of it. */
type Row = readonly [patch: Patch, options: LaunchOptions, expected: string | RegExp];

const enforced = `${processLabel}\nNoNewPrivs:\t1\nx\ndenied\n`;
const rows = {
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
} as const satisfies Readonly<Record<string, Row>>;

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

const cases = {
  ...Object.fromEntries(Object.values(rows).map(([patch, options], index) => [`row-${index}`, launch(patch, options)])),
  ...scripts,
};

let results: ReadonlyMap<string, CaseResult> = new Map();
let guest = "";

test.before("the batch", async (t) => {
  t.timeout(900_000);
  if (missing("selinux") !== undefined) return;
  ({ results, guest } = await runBatch(setup(), cases, 400, (script, options) =>
    runFast(script, { ...options, append: "security=selinux selinux=1" }),
  ));
});

function resultOf(t: ExecutionContext, name: string): CaseResult | undefined {
  if (!needsGuest(t, "selinux")) return undefined;
  const result = results.get(name);
  if (result === undefined) t.fail(`the guest told nothing of this: ${guest.slice(-3000)}`);
  return result;
}

const launches = test.macro({
  exec(t, title: keyof typeof rows) {
    const [patch, options, expected] = rows[title];
    const result = resultOf(t, `row-${Object.keys(rows).indexOf(title)}`);
    if (result === undefined) return;
    const { text, error } = outcomeOf(planOf(patch, options), result.stdout);
    if (typeof expected === "string") t.deepEqual({ text, error }, { text: expected, error: undefined }, result.stderr);
    else t.regex(error ?? text, expected, result.stderr);
  },
  title: (_, title: keyof typeof rows) => title,
});

for (const title of Object.keys(rows) as (keyof typeof rows)[]) test(launches, title);
const tells = test.macro({
  exec(t, name: keyof typeof scripts, expected: string) {
    const result = resultOf(t, name);
    if (result !== undefined) t.is(result.stdout, expected, result.stderr);
  },
  title: (title = "") => title,
});

test(
  "SELinux is active and enforcing",
  tells,
  "active",
  "lockdown,capability,landlock,yama,selinux,bpf,ipe,ima,evm\n1",
);
test("crun and runc do the same", tells, "peers", `${enforced}${enforced}`);
const mounts = ["/dev tmpfs", "/dev/pts devpts", "/dev/shm tmpfs", "/dev/mqueue"];
test("the label of the mounts", tells, "mounts", mounts.map((mount) => `${mount} ${mountLabel}\n`).join(""));
const others = processLabel.replace("c1,c2", "c3");
test("an exec has its container's label or its own", tells, "exec", `${processLabel}\n${others}\n${processLabel}\n`);
