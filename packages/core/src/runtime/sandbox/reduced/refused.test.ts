// What is said of refused namespaces, by what refused them.
import test from "ava";
import { CofferError } from "../../../errors.ts";
import { makeMemorySystem } from "../../../system/memory.ts";
import { explainRefusal } from "./refused.ts";

const reduced = "or add --reduced";
const helper = "/usr/libexec/coffer/coffer-helper";

interface Refusal {
  readonly files?: Readonly<Record<string, string>>;
  readonly errnoName: string;
  readonly op?: string;
  readonly phase?: string;
  readonly hint?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isolation?: "reduced";
}

/** The message for a launch that failed on a host with these files. */
function messageFor(refusal: Refusal): string {
  const { files = {}, errnoName, op = "clone", phase = "host", hint = "usual", env = {}, isolation } = refusal;
  const memory = makeMemorySystem(1000);
  const system = { ...memory, caller: { ...memory.caller, env }, helperPath: () => helper };
  system.put("/proc/self/status", "Name:\ta\nCapEff:\t0000000000000000\nCpus_allowed_list:\t0-1\n");
  system.put("/proc/sys/kernel/cap_last_cap", "40\n");
  system.put("/proc/self/mountinfo", "31 23 0:27 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n");
  system.put("/proc/self/cgroup", "0::/\n");
  for (const path of ["/sys/fs/cgroup", "/sys/fs/cgroup/"]) system.put(`${path}/cgroup.controllers`, "cpu\n");
  for (const [path, text] of Object.entries(files)) system.put(path, text);
  const error = new CofferError("E_LAUNCH_FAILED", "failed", { op, phase, errnoName, hint }, { hint });
  const explained = explainRefusal({ system, root: "/run/coffer" }, error, isolation);
  return explained instanceof Error ? explained.message : "";
}

const label = (text: string) => ({ "/proc/self/attr/apparmor/current": text });
const sysctl = (name: string, value: string) => ({ [`/proc/sys/${name.replaceAll(".", "/")}`]: `${value}\n` });
const restriction = "kernel.apparmor_restrict_unprivileged_userns";
const command = new RegExp(
  `echo 'abi <abi/4.0>, profile coffer ${helper} flags=\\(unconfined\\) \\{ userns, \\}' \\| sudo tee (\\S+) && sudo apparmor_parser -r \\1; ${reduced}`,
);

const says = test.macro({
  exec: (t, refusal: Refusal, ...expected: readonly RegExp[]) => {
    for (const one of expected) t.regex(messageFor(refusal), one);
  },
  title: (title = "") => title,
});

test(
  "a sysctl",
  says,
  { files: sysctl("user.max_user_namespaces", "0"), errnoName: "ENOSPC" },
  /max_user_namespaces=15000; or/,
);
test(
  "AppArmor's restriction",
  says,
  { files: sysctl(restriction, "1"), errnoName: "EACCES" },
  /sysctl [\w.]+ is 1: AppArmor/,
  command,
);
test(
  "the restriction, where the capabilities were taken",
  says,
  { files: sysctl(restriction, "1"), errnoName: "EPERM", op: "set-mount", phase: "inside" },
  command,
);
test(
  "the caller's profile",
  says,
  { files: label("docker-default (enforce)\n"), errnoName: "EPERM" },
  /profile "docker-default" of the caller .*apparmor=unconfined/,
  command,
);
test(
  "a name with modes of its own",
  says,
  { files: label("a (b) (enforce)\n"), errnoName: "EACCES" },
  /"a \(b\)" of the caller/,
);
test(
  "a profile that is not enforced",
  says,
  { files: label("x (complain)\n"), errnoName: "EPERM" },
  /: usual; or add --reduced/,
);
test("no profile", says, { files: label("unconfined\n"), errnoName: "EPERM" }, /: usual; or add --reduced/);
const env = { COFFER_SANDBOX: "1" };
test(
  "a sandbox in a sandbox",
  says,
  { errnoName: "ENOSYS", env },
  /allows no other sandbox in it: run the command as it is$/,
);
test(
  "a reduced sandbox in a sandbox",
  says,
  { errnoName: "ENOSYS", op: "open-object", env, isolation: "reduced" },
  /allows no other sandbox/,
);
test("a reduced sandbox elsewhere", says, { errnoName: "ENOSYS", isolation: "reduced" }, /: usual$/);
test("no AppArmor", says, { errnoName: "ENOSYS" }, /: usual; or add --reduced/);
test(
  "another op, without a switch",
  says,
  { files: label("x (enforce)\n"), errnoName: "EACCES", op: "attach-root", phase: "inside" },
  /: usual$/,
);
test("another errno", says, { files: sysctl(restriction, "1"), errnoName: "EAGAIN" }, /: usual$/);
