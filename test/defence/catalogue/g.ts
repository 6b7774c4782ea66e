// G. Joining, namespaces, cgroups, processes.
import { readFileSync, writeFileSync } from "node:fs";
import { tools } from "../../helpers/build.ts";
import { parseFacts } from "../../helpers/facts.ts";
import { processesOf } from "../../helpers/leftovers.ts";
import { execFacts, factsHold, firstLine, isRefused, outputHolds, whileRunning } from "../matrix/seen.ts";
import type { Attempt, Group, Row } from "../matrix/types.ts";
import { guest, impossible, probes, shown, tried, userns, withCaps } from "./words.ts";

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
  await new Promise((resolve) => setTimeout(resolve, 300));
  await stage.verb("delete", ["--force", stage.bundle.tag]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const left = processesOf(stage.bundle).filter((row) => row.includes("/probe fork"));
  return left.length === 0 ? undefined : `${left.length} processes live on`;
});

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
    by: ["packages/core/src/plan/join.ts"],
    show: tried({ observe: execIsInit }),
  },
  {
    id: "podman CVE-2022-1227; Docker CVE-2019-14271; moby CVE-2026-41567",
    cause: "a program or library of the container runs with the host's rights",
    rules: ["R7", "R11"],
    by: ["build.zig", "test/defence/binaries.test.ts"],
    show: impossible(
      "the helper is static, has no libc and looks nothing up; it executes only what the plan opened before",
    ),
  },
  {
    id: "runc #1934, #4517: reused pids",
    cause: "a stored pid is signalled or joined when it is somebody else's",
    rules: ["R8"],
    by: ["packages/core/src/runtime/identity.ts", "helper-c/launch/parent.c"],
    show: shown("test/lifecycle/safety.test.ts", "forged state does not get a foreign process killed"),
  },
  {
    id: "reused pids: another boot",
    cause: "the state is of another boot",
    rules: ["R8"],
    by: ["packages/core/src/runtime/identity.ts"],
    show: shown("test/lifecycle/safety.test.ts", "a process of another boot is not ours"),
  },
  {
    id: "--pid=host: who is killed",
    cause: "a signal to one process misses the others",
    rules: ["R8"],
    by: ["helper-c/launch/cgroup-kill.c"],
    show: tried({
      patch: {
        ...probes("fork", "20", "100", "$BASE"),
        ...without("pid", "user"),
      },
      observe: allEnd,
    }),
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
    show: impossible("the one socket with a name is `gate`, in the state directory of mode 0700"),
  },
];

const cgroups: readonly Row[] = [
  {
    id: "runc CVE-2023-25809; moby: writable cgroups",
    cause: "without a cgroup namespace the host's hierarchy is writable",
    rules: ["R9"],
    by: ["packages/core/src/plan/cgroup-mount.ts"],
    show: tried({
      patch: { ...userns, ...without("cgroup"), ...cgroupMount("ro") },
      observe: factsHold(({ mounts }) => {
        const loose = mounts?.filter((row) => row.type.startsWith("cgroup") && !/^ro/.test(row.options)) ?? [];
        return loose.length === 0 ? undefined : `${loose[0]?.point} is ${loose[0]?.options}`;
      }),
    }),
  },
  {
    id: "CVE-2022-0492: release_agent",
    cause: "a container mounts a version 1 hierarchy",
    rules: ["R12"],
    by: ["packages/core/src/plan/capabilities.ts"],
    show: tried({
      patch: probes("mount", "cgroup", "/tmp"),
      observe: outputHolds((stdout) => (/^ok/.test(stdout) ? "it mounts one" : undefined)),
    }),
  },
  {
    id: "release_agent, with CAP_SYS_ADMIN in a user namespace",
    cause: "the same",
    rules: ["R12"],
    by: ["packages/core/src/plan/namespaces.ts"],
    show: tried({
      patch: { ...userns, ...withCaps("CAP_SYS_ADMIN"), ...probes("mount", "cgroup", "/tmp") },
      observe: outputHolds((stdout) => (/^ok/.test(stdout) ? "it mounts one" : undefined)),
    }),
  },
  {
    id: "crun: cgroupsPath with ..",
    cause: "the cgroup is made outside",
    rules: ["R1"],
    by: ["packages/core/src/plan/cgroup-place.ts"],
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
    by: ["packages/core/src/runtime/exec-cgroup.ts"],
    show: shown(
      "test/resources/exec-cgroup.test.ts",
      "exec follows init where the container's cgroup hands controllers down",
    ),
  },
  {
    id: "CRI-O CVE-2024-3154",
    cause: "an annotation is a property of a systemd unit, and so a command of root's",
    rules: ["R10"],
    by: ["packages/core/src/plan/build.ts"],
    show: impossible("cgroups are made through the file system; no annotation is read"),
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
  rows: [...spaces, ...cgroups],
};
