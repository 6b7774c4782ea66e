// F. Identity, capabilities, groups.
import { tools } from "../../helpers/build.ts";
import type { ProbeFacts } from "../../helpers/facts.ts";
import type { Patch } from "../../helpers/json.ts";
import { execFacts, factsHold, firstLine, isRefused, whileRunning } from "../matrix/seen.ts";
import type { Attempt, Group, Row, RuntimeName, Stage } from "../matrix/types.ts";
import { apparmor, guest, label, selinux, shown, sleeper, tried } from "./words.ts";

/** The facts that exec with these flags gives, and what must hold of them. Others than coffer may refuse it. */
const execHolds = (flags: readonly string[], holds: (facts: ProbeFacts) => string | undefined): Attempt["observe"] =>
  whileRunning(async (stage) => {
    const facts = await execFacts(stage, ...flags);
    if (!("exitCode" in facts)) return holds(facts);
    return stage.runtime === "coffer" ? firstLine(facts) : undefined;
  });

const isUser =
  (uid: number) =>
  ({ uid: ids }: ProbeFacts): string | undefined =>
    ids.every((id) => id === uid) ? undefined : `it is uid ${ids.join(", ")}`;

/** Words that are no user: each must be refused, by others at least not become root. */
const odd = ["-1", "4294967295", "+1", "1:", ":1", " 1", "0x1", "18446744073709551616", "4294967296"];

const noOddUsers: Attempt["observe"] = whileRunning(async (stage: Stage) => {
  for (const user of odd) {
    const facts = await execFacts(stage, `--user=${user}`);
    const is = "exitCode" in facts ? "refused" : facts.uid.includes(0) ? "root" : "another";
    if (is === "root") return `--user ${JSON.stringify(user)} is root`;
    if (stage.runtime !== "coffer") continue;
    if (is !== "refused") return `--user ${JSON.stringify(user)} is taken`;
    if ("exitCode" in facts && !/user/.test(facts.stderr)) return firstLine(facts);
  }
  return undefined;
});

const nothingInheritable: Attempt["observe"] = whileRunning(async (stage) => {
  for (const flags of [[], ["--cap", "CAP_CHOWN"]]) {
    const facts = await execFacts(stage, ...flags);
    if ("exitCode" in facts && stage.runtime === "coffer") return firstLine(facts);
    if ("exitCode" in facts) continue;
    if (BigInt(`0x${facts.caps.inheritable}`) !== 0n)
      return `exec ${flags.join(" ")}: inheritable ${facts.caps.inheritable}`;
  }
  return undefined;
});

const denied =
  (call: string, errno: number): Attempt["observe"] =>
  (stage) =>
    isRefused({ prefix: [tools(), "deny", call, String(errno), "--"] })(stage);

/** The call fails from that one on in each process: what comes before it is done. */
const deniedFrom =
  (call: string, first: Readonly<Record<RuntimeName, number>>): Attempt["observe"] =>
  (stage) => {
    const inject = `inject=${call}:error=EPERM:when=${first[stage.runtime]}+`;
    return isRefused({ prefix: ["strace", "-f", "-qq", "-o", "/dev/null", "-e", inject] })(stage);
  };

const filter: Patch = {
  "/linux/seccomp": {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["umask"], action: "SCMP_ACT_ERRNO" }],
  },
};

/** Steps that fail: which call, the words of the refusal, with what config, and how runc goes without the call. */
const steps: readonly (readonly [call: string, because: RegExp, patch?: Patch, runc?: string])[] = [
  ["setgroups", /\/process\/user: .*set-ids.*EPERM/],
  ["setresuid", /\/process\/user: .*set-ids.*EPERM/, { "/process/user": { uid: 5, gid: 5 } }, "calls setuid(2)"],
  ["sethostname", /\/hostname: .*set-hostname.*EPERM/],
  ["prlimit64", /\/process\/rlimits\/0: .*set-rlimit.*EPERM/],
  ["seccomp", /\/linux\/seccomp: .*load-seccomp.*EPERM/, filter, "loads the filter by prctl(2) then"],
];

const stepRows = steps.map(
  ([call, because, patch = {}, runc]): Row => ({
    id: `fail open: ${call}`,
    cause: "a step that fails is passed over",
    rules: ["R9"],
    by: ["helper-c/init/drop.c", "helper-c/sys/run.c"],
    show: tried({ because, patch, without: runc === undefined ? {} : { runc }, observe: denied(call, 1) }),
  }),
);

export const groupF: Group = {
  letter: "F",
  title: "Identity, capabilities, groups",
  rows: [
    {
      id: "runc CVE-2016-3697",
      cause: "a number is looked up in the image's passwd",
      rules: ["R10"],
      by: ["packages/core/src/runtime/verbs/exec-process.ts"],
      show: tried({
        patch: sleeper,
        before: "echo '1000:x:0:0::/:/probe' > bundle/rootfs/etc/passwd",
        observe: execHolds(["--user", "1000"], isUser(1000)),
      }),
    },
    {
      id: "crun CVE-2026-30892",
      cause: "exec --user 1 is parsed to root",
      rules: ["R10"],
      by: ["packages/core/src/runtime/verbs/exec-process.ts"],
      show: tried({ patch: sleeper, observe: execHolds(["--user", "1"], isUser(1)) }),
      control: "the version of Debian is older than the fix",
    },
    {
      id: "containerd CVE-2024-40635; crun CVE-2026-30892: words",
      cause: "what is no number, or too large, becomes root",
      rules: ["R10"],
      by: ["packages/core/src/runtime/verbs/exec-process.ts"],
      show: tried({ patch: sleeper, observe: noOddUsers }),
    },
    {
      id: "set-user-id programs left on the host",
      cause: "root's sandbox writes to a directory of the host, and gives files of root's there the bits 06000",
      rules: ["R12"],
      by: ["packages/core/src/seccomp/set-id.ts", "packages/core/src/defaults/sandbox/index.ts"],
      show: shown("test/defence/set-id.test.ts", "no call leaves a set-user-id or set-group-id file"),
    },
    {
      id: "runc CVE-2022-24769, CVE-2022-29162; crun CVE-2022-27650; youki CVE-2025-27612",
      cause: "inheritable capabilities are not empty: run",
      rules: ["R9"],
      by: ["packages/core/src/plan/process/capabilities.ts", "helper-c/init/drop.c"],
      show: tried({
        patch: { "/process/capabilities/ambient": undefined },
        observe: factsHold(({ caps }) =>
          /^0+$/.test(caps.inheritable ?? "") ? undefined : `inheritable ${caps.inheritable}`,
        ),
      }),
    },
    {
      id: "the same: exec, exec --cap",
      cause: "as above, for a further process",
      rules: ["R9"],
      by: ["packages/core/src/plan/join/join.ts"],
      show: tried({ patch: { ...sleeper, "/process/capabilities/ambient": undefined }, observe: nothingInheritable }),
    },
    {
      id: "runc CVE-2016-8867; youki: bounding set",
      cause: "a set that is absent is not empty",
      rules: ["R9"],
      by: ["packages/core/src/plan/process/capabilities.ts", "helper-c/init/drop.c"],
      show: tried({
        patch: { "/process/capabilities": undefined },
        observe: factsHold(({ caps }) => {
          const kept = ["inheritable", "permitted", "effective", "bounding", "ambient"].filter(
            (name) => !/^0+$/.test(caps[name] ?? ""),
          );
          return kept.length === 0 ? undefined : `${kept.join(", ")} not empty`;
        }),
      }),
    },
    {
      id: "crun: names of capabilities",
      cause: "an unknown name is taken for another one",
      rules: ["R10"],
      by: ["packages/core/src/plan/process/capabilities.ts"],
      show: tried({
        patch: { "/process/capabilities/bounding/-": "CAP_FLY" },
        observe: factsHold(({ caps }) => (Number(`0x${caps.bounding}`) === 0x20000420 ? undefined : caps.bounding)),
      }),
      control: "the specification has runtimes warn and go on",
      alone: "a name too many in the config is a bit too many in what the probe reports: the corpus has such rows",
    },
    {
      id: "moby CVE-2022-36109; podman CVE-2022-2989, CVE-2022-2990",
      cause: "groups of the caller are kept, or some are missing",
      rules: ["R9"],
      by: ["helper-c/init/drop.c"],
      show: tried({
        patch: { "/process/user": { uid: 1000, gid: 1000, additionalGids: [5, 7] } },
        observe: factsHold(
          ({ groups }) => (groups.filter((id) => id !== 1000).join() === "5,7" ? undefined : groups.join()),
          {
            prefix: ["setpriv", "--groups", "0,4,27", "--"],
          },
        ),
      }),
    },
    {
      id: "crun: setgroups before the sources are opened",
      cause: "giving up groups loses access, so that people turn it off",
      rules: ["R3"],
      by: ["helper-c/plan/verify/flow.c"],
      // Phases come in their order: sources are opened in `inside`, groups are given up in `drop`.
      show: shown("packages/core/src/verify/_plan-cases.test.ts", "back to phase inside"),
    },
    {
      id: "LXC #3393",
      cause: "no_new_privs before the label: the label is skipped",
      rules: ["R9"],
      by: [label],
      show: guest("SELinux, enforced", selinux, "a label is enforced, with no_new_privs"),
    },
    ...stepRows,
    {
      id: "fail open: capset",
      cause: "the last step of giving up rights fails, and is passed over",
      rules: ["R9"],
      by: ["helper-c/init/drop.c", "helper-c/sys/run.c"],
      show: tried({
        because: /\/process\/capabilities: .*set-caps.*EPERM/,
        // The ids are changed by then, which takes a first one.
        observe: deniedFrom("capset", { coffer: 2, runc: 1, crun: 1 }),
      }),
    },
    {
      id: "fail open: label",
      cause: "a label that cannot be set is passed over",
      rules: ["R9"],
      by: [label],
      show: guest("AppArmor", apparmor, "without the call that sets nothing runs"),
    },
    {
      id: "fail open: every call",
      cause: "the same, of any call that init or launcher makes",
      rules: ["R9"],
      by: ["helper-c/sys/run.c"],
      show: shown("test/defence/denied-calls.test.ts", '"refused", EPERM'),
    },
    {
      id: "ENOSYS",
      cause: "a security call that the kernel says it has not is passed over: the session keyring",
      rules: ["R9"],
      by: ["helper-c/init/world.c"],
      show: tried({ because: /new-keyring: keyctl: .*ENOSYS/, observe: denied("keyctl", 38) }),
      control: "for machines whose kernel or filter has no keyrings",
    },
    {
      id: "crun: id maps",
      cause: "a map is written in pieces, or falls back to one id",
      rules: ["R9"],
      by: ["helper-c/launch/parent.c"],
      show: shown("test/helper/protocol.test.ts", "whose maps have more lines than the kernel keeps in order"),
    },
    {
      id: "crun #346: newuidmap is missing",
      cause: "the map falls back to one id",
      rules: ["R9"],
      by: ["packages/core/src/plan/ids/ids.ts"],
      show: shown("packages/core/src/plan/refuse.test.ts", '"no newuidmap"'),
    },
    {
      id: "a sandbox's supplementary groups",
      cause: "a user namespace in which setgroups(2) is denied keeps the caller's groups",
      rules: ["R9"],
      by: ["packages/core/src/defaults/sandbox/index.ts"],
      show: shown("test/cli/sandbox.test.ts", "no supplementary group is kept"),
    },
    {
      id: "hooks that a sandbox leaves",
      cause: "programs of the host run what a sandbox has written into .git, editors' settings or rc files",
      rules: ["R10", "R11"],
      by: ["packages/core/src/runtime/sandbox/guards.ts", "helper-c/init/tree.c"],
      show: shown("test/sandbox/files.test.ts", "hooks and config stay, and commits work"),
    },
  ],
};
