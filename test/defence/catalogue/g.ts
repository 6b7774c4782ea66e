// G. Joining, namespaces, cgroups, processes.
import { readFileSync, writeFileSync } from "node:fs";
import { tools } from "../../helpers/build.ts";
import { parseFacts } from "../../helpers/facts.ts";
import { processesOf } from "../../helpers/leftovers.ts";
import {
  eventually,
  execFacts,
  factsHold,
  firstLine,
  hostIsSame,
  isRefused,
  outputHolds,
  refusal,
  whileRunning,
} from "../matrix/seen.ts";
import type { Attempt, Group, Row } from "../matrix/types.ts";
import { otherNamespaces } from "./bytes.ts";
import { guest, probes, shown, sleeper, tried, userns, withCaps } from "./words.ts";

const compared = [
  "uid",
  "gid",
  "groups",
  "umask",
  "noNewPrivs",
  "seccomp",
  "cwd",
  "hostname",
  "caps",
  "rlimits",
] as const;

/** What exec has must be what the first process has. */
const execIsInit: Attempt["observe"] = async (stage) => {
  const first = await stage.run();
  if (first.exitCode !== 0) return { failed: firstLine(first) };
  const init = parseFacts(first.stdout);
  const file = `${stage.bundle.path}/config.json`;
  writeFileSync(file, readFileSync(file, "utf8").replace('"facts"', '"sleep", "1000"'));
  return whileRunning(async () => {
    const joined = await execFacts(stage);
    if ("exitCode" in joined) return firstLine(joined);
    const text = (value: unknown): string => JSON.stringify(value);
    const other = compared.filter((name) => text(init[name]) !== text(joined[name]));
    return other.length === 0 ? undefined : `differ: ${other.join(", ")}`;
  })(stage);
};

/** Programs that share the host's pid namespace: all must end with the container. */
const allEnd: Attempt["observe"] = whileRunning(async (stage) => {
  const forks = (): number => processesOf(stage.bundle).filter((row) => row.includes("/probe fork")).length;
  if (!(await eventually(() => forks() === 21))) return `it has ${forks()} processes`;
  await stage.verb("delete", ["--force", stage.bundle.tag]);
  return (await eventually(() => forks() === 0)) ? undefined : `${forks()} processes live on`;
});

/** The abstract unix sockets of the network that a created container shares with its runtime: it is one of the test's. */
const noAbstractSocket: Attempt["observe"] = async (stage) => {
  const { path, tag } = stage.bundle;
  const prefix = ["unshare", "-n", "--"];
  const outcome = await stage.verb("create", ["--bundle", path, tag], { prefix });
  if (outcome.exitCode !== 0) return refusal(outcome);
  const rows = readFileSync(`/proc/${await stage.pid()}/net/unix`, "utf8")
    .trim()
    .split("\n")
    .slice(1);
  const names = rows.map((row) => row.split(/\s+/)[7] ?? "").filter((name) => name.startsWith("@"));
  return names.length === 0 ? "ran" : { failed: `has ${names[0]}` };
};

const cgroupMount = (...options: readonly string[]) => ({
  "/mounts/-": {
    destination: "/sys/fs/cgroup",
    type: "cgroup",
    source: "cgroup",
    options: ["nosuid", "noexec", "nodev", ...options],
  },
});

const without = (...kinds: readonly string[]) => ({
  "/linux/namespaces": ["pid", "network", "ipc", "uts", "mount", "cgroup", "user"]
    .filter((type) => !kinds.includes(type))
    .map((type) => ({ type })),
});

const spaces: readonly Row[] = [
  {
    id: "rkt CVE-2019-10144 to 10147; setns order",
    cause: "a process that joins lacks parts of the confinement",
    rules: ["R9"],
    by: ["packages/core/src/plan/join/join.ts"],
    show: tried({ observe: execIsInit }),
  },
  {
    id: "podman CVE-2022-1227; Docker CVE-2019-14271; moby CVE-2026-41567",
    cause: "a program or library of the container runs with the host's rights",
    rules: ["R7", "R11"],
    by: ["build.zig", "test/defence/binaries.test.ts"],
    // The helper looks nothing up; it executes only what the plan opened before.
    show: shown("test/defence/trace.test.ts", 'test.serial("exec"'),
  },
  {
    id: "runc #1934, #4517: reused pids",
    cause: "a stored pid is signalled or joined when it is somebody else's",
    rules: ["R8"],
    by: ["packages/core/src/runtime/store/identity.ts", "helper-c/launch/parent.c"],
    show: shown("test/lifecycle/safety.test.ts", "forged state does not get a foreign process killed"),
  },
  {
    id: "reused pids: another boot",
    cause: "the state is of another boot",
    rules: ["R8"],
    by: ["packages/core/src/runtime/store/identity.ts"],
    show: shown("test/lifecycle/safety.test.ts", "a process of another boot is not ours"),
  },
  {
    id: "--pid=host: who is killed",
    cause: "a signal to one process misses the others",
    rules: ["R8"],
    by: ["helper-c/cgroup/kill.c"],
    show: tried({
      patch: {
        ...probes("fork", "20", "100", "$BASE"),
        ...without("pid", "user"),
      },
      observe: allEnd,
    }),
  },
  {
    id: "crun 2026: a container is left frozen",
    cause: "who ends a container that is paused leaves it frozen, or waits for it",
    rules: ["R8", "R12"],
    by: ["packages/core/src/runtime/verbs/delete.ts"],
    show: shown("test/resources/pause.test.ts", "a paused container is deleted with force"),
  },
  {
    id: "time, uts, ipc, net by path",
    cause: "the path is of another type, or no namespace",
    rules: ["R1"],
    by: ["helper-c/launch/host.c"],
    show: tried({
      because: /\/linux\/namespaces\/1\/path/,
      patch: { "/linux/namespaces/1/path": "/proc/self/ns/uts" },
      observe: isRefused(),
    }),
  },
  {
    id: "a named pipe as namespace",
    cause: "the path is opened, which blocks",
    rules: ["R1"],
    by: ["helper-c/launch/host.c"],
    show: tried({
      because: /\/linux\/namespaces\/1\/path/,
      patch: { "/linux/namespaces/1/path": "$BASE/pipe" },
      before: "mkfifo pipe",
      observe: isRefused({ timeoutMs: 6000 }),
    }),
  },
  {
    id: "session keyrings",
    cause: "the caller's session keyring arrives, with its keys",
    rules: ["R12"],
    by: ["helper-c/init/world.c"],
    show: tried({
      patch: probes("find-key", "coffer-canary"),
      observe: async (stage) =>
        outputHolds((stdout) => (/^ok/.test(stdout) ? "a key of the caller is found" : undefined), {
          prefix: [tools(), "key", "coffer-canary", "--"],
        })(stage),
    }),
  },
  {
    id: "containerd CVE-2020-15257",
    cause: "abstract sockets are shared with whoever has the host's network",
    rules: ["R12"],
    by: ["helper-c/launch/gate.c"],
    show: tried({
      patch: { ...sleeper, ...without("network", "user"), "/mounts/5": undefined },
      observe: noAbstractSocket,
    }),
  },
];

const cgroups: readonly Row[] = [
  {
    id: "runc CVE-2023-25809; moby: writable cgroups",
    cause: "without a cgroup namespace the host's hierarchy is writable",
    rules: ["R9"],
    by: ["packages/core/src/plan/tree/cgroup-mount.ts"],
    show: tried({
      patch: { ...userns, ...without("cgroup"), ...cgroupMount("ro") },
      observe: factsHold(({ mounts }) => {
        const loose = mounts?.filter((row) => row.type.startsWith("cgroup") && !/^ro/.test(row.options)) ?? [];
        return loose.length === 0 ? undefined : `${loose[0]?.point} is ${loose[0]?.options}`;
      }),
    }),
  },
  {
    id: "a hierarchy without a cgroup of the container",
    cause:
      "a cgroup mount on a version 1 or hybrid host shows where the caller is: there the host's processes can be frozen",
    rules: ["R6"],
    by: ["packages/core/src/plan/tree/cgroup-mount.ts"],
    show: tried({
      patch: { ...probes("dir", "/sys/fs/cgroup/freezer"), ...cgroupMount("rw"), "/linux/resources": {} },
      // Only the root of a version 1 hierarchy has that file.
      observe: outputHolds((stdout) =>
        stdout.includes("release_agent") ? "it has the root of a hierarchy of the host" : undefined,
      ),
    }),
  },
  {
    id: "CVE-2022-0492: release_agent",
    cause: "a container mounts a version 1 hierarchy",
    rules: ["R12"],
    by: ["packages/core/src/plan/process/capabilities.ts"],
    show: tried({
      patch: probes("mount", "cgroup", "/tmp", "pids"),
      observe: outputHolds((stdout) => (/^errno 1 /.test(stdout) ? undefined : `it mounts one: ${stdout}`)),
    }),
  },
  {
    id: "release_agent, with CAP_SYS_ADMIN in a user namespace",
    cause: "the same",
    rules: ["R12"],
    by: ["packages/core/src/plan/namespaces/namespaces.ts"],
    show: tried({
      // The kernel lets it mount what it is in; only the root of the hierarchy has a release_agent.
      patch: {
        ...userns,
        ...withCaps("CAP_SYS_ADMIN"),
        ...probes("mount", "cgroup", "/tmp", "pids", "/tmp/release_agent"),
      },
      observe: outputHolds((stdout) =>
        /^errno (1|2|13) /.test(stdout) ? undefined : "release_agent can be written to",
      ),
    }),
  },
  {
    id: "crun: cgroupsPath with ..",
    cause: "the cgroup is made outside",
    rules: ["R1"],
    by: ["packages/core/src/plan/cgroup/place.ts"],
    show: shown("test/bad-input/config-rows.ts", "a relative cgroup path with .."),
  },
  {
    id: "CVE-2025-47291",
    cause: "the container is not in the cgroup that it is told to be in",
    rules: ["R1", "R8"],
    by: ["helper-c/launch/clone.c"],
    show: shown("test/lifecycle/exec.test.ts", "exec is in init's namespaces and cgroup"),
  },
  {
    id: "runc #5101: exec in the wrong cgroup",
    cause: "a process joins where none may be",
    rules: ["R8"],
    by: ["packages/core/src/runtime/verbs/exec-cgroup.ts"],
    show: shown(
      "test/resources/exec-cgroup.test.ts",
      "exec follows init where the container's cgroup hands controllers down",
    ),
  },
  {
    id: "CRI-O CVE-2024-3154",
    cause: "an annotation is a property of a systemd unit, and so a command of root's",
    rules: ["R10"],
    by: ["packages/core/src/plan/cgroup/systemd/unit-annotations.ts"],
    show: tried({
      patch: { "/annotations": { "org.systemd.property.ExecStartPre": "['/bin/touch', '$BASE/canary/unit']" } },
      // With systemd's cgroups it is refused: test/vm/systemd.test.ts.
      observe: hostIsSame,
    }),
    control: "without a unit there is none to set it on",
    alone: "packages/core/src/plan/cgroup/systemd/systemd.test.ts refuses the property where systemd makes the cgroup",
  },
  {
    id: "cgroup v2 alone",
    cause: "the same rows where there is no version 1",
    rules: ["R1", "R8"],
    by: [],
    show: guest("a machine of pure v2", "test/vm/fast.test.ts", "create, start, exec, kill, delete"),
  },
];

export const groupG: Group = {
  letter: "G",
  title: "Joining, namespaces, cgroups, processes",
  rows: [...spaces, ...cgroups, ...otherNamespaces],
};
