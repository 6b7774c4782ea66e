// I. Privileged helpers, the kernel's surface, availability.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync } from "node:fs";
import { probe, tools } from "../../helpers/build.ts";
import { command } from "../../helpers/command.ts";
import { cgroupsOf, processesOf } from "../../helpers/leftovers.ts";
import { helperPath } from "../../helpers/peers/runtimes.ts";
import { factsHold, firstLine, outputHolds, refusal } from "../matrix/seen.ts";
import type { Attempt, Group, Row, RuntimeName } from "../matrix/types.ts";
import { stoppedByNames } from "./bytes.ts";
import { waitRows } from "./waits.ts";
import { guest, notApplicable, probes, shown, tried } from "./words.ts";

const programOf = (runtime: RuntimeName): string =>
  runtime === "coffer"
    ? helperPath()
    : execFileSync("sh", ["-c", `command -v ${runtime}`], { encoding: "utf8" }).trim();

const rightsOf = async (program: string): Promise<string> => (await command([tools(), "rights", program])).stdout;

/** The program has no rights of its own. That it would be told is seen on a copy that has. */
const noSetuid: Attempt["observe"] = async ({ runtime, bundle }) => {
  const copy = `${bundle.base}/setuid`;
  copyFileSync(probe(), copy);
  chmodSync(copy, 0o6755);
  if ((await rightsOf(copy)) !== "setuid\nsetgid\n") return { failed: "the check tells nothing" };
  const rights = await rightsOf(programOf(runtime));
  return rights === "" ? "ran" : { failed: rights.trim().replaceAll("\n", ", ") };
};

const noProfile = { runc: "has no profile of its own", crun: "has no profile of its own" } as const;

const EPERM = /errno 1 /;
const ENOSYS = /errno 38 /;
const EAFNOSUPPORT = /errno 97 /;

/** Calls that the sandbox's filter refuses: number, or words of the probe, and the answer. */
const surface: readonly (readonly [words: readonly string[], answer: RegExp])[] = [
  ...[165, 425, 428, 429, 430, 432, 321, 323, 248, 250, 304, 298, 308, 246, 175].map(
    (number) => [["syscall", String(number)], EPERM] as const,
  ),
  ...[470, 500, 550, 600].map((number) => [["syscall", String(number)], ENOSYS] as const),
  [["syscall", "435"], ENOSYS],
  [["unshare-user"], EPERM],
  ...["38", "33", "15", "17"].map((family) => [["socket", family], EAFNOSUPPORT] as const),
];

/** All in one sandbox: the probe is called once for each. */
const sandboxed: Attempt["observe"] = async ({ bundle, coffer }) => {
  copyFileSync(probe(), `${bundle.path}/probe`);
  const script = surface.map(([words]) => `./probe ${words.join(" ")}`).join("; ");
  const outcome = await coffer(["sandbox", "--", "sh", "-c", script], { cwd: bundle.path });
  const answers = outcome.stdout.trim().split("\n");
  const open = surface.filter(([, answer], index) => !answer.test(answers[index] ?? ""));
  return open.length === 0
    ? "ran"
    : { failed: `${open[0]?.[0].join(" ")}: ${answers[surface.indexOf(open[0] ?? [[], EPERM])]}` };
};

const many: Attempt["observe"] = async (stage) => {
  const outcome = await stage.run({ prefix: ["prlimit", "--nofile=256:256", "--"] });
  return outcome.exitCode === 0 ? "ran" : { failed: outcome.stderr.trim().split("\n")[0]?.slice(0, 120) ?? "" };
};

/** It starts within the limit, with nothing to spare for a runtime. */
const fits: Attempt["observe"] = async (stage) => {
  const outcome = await stage.run();
  return outcome.exitCode === 0 ? "ran" : { failed: firstLine(outcome).replace(/^time=\S+ /, "") };
};

/** The container has made cgroups of its own and has ended; a process of it lives in the deepest. All of that goes. */
const nested: Attempt["observe"] = async (stage) => {
  const { bundle, verb } = stage;
  const began = await verb("run", ["--detach", "--bundle", bundle.path, bundle.tag]);
  if (began.exitCode !== 0) return refusal(began);
  const status = async (): Promise<string> => JSON.parse((await verb("state", [bundle.tag])).stdout).status;
  for (let tries = 0; tries < 100 && (await status()) !== "stopped"; tries += 1);
  if (processesOf(bundle).length !== 1) return { failed: "the attempt was not made" };
  const removed = await verb("delete", ["--force", bundle.tag]);
  if (removed.exitCode !== 0) return { failed: firstLine(removed).replace(/^time=\S+ /, "") };
  const [left] = [...processesOf(bundle), ...cgroupsOf(bundle)];
  return left === undefined
    ? "ran"
    : { failed: `delete says that it is done, and leaves ${left.replace(/^.*cgroup\//, "")}` };
};

const numbers = (count: number): readonly string[] => [...Array(count).keys()].map(String);

const rows: readonly Row[] = [
  {
    id: "LXC CVE-2017-5985, CVE-2018-6556, CVE-2022-47952, CVE-2026-39402; bwrap CVE-2016-8659, CVE-2020-5291, CVE-2026-41163",
    cause: "a setuid program",
    rules: ["R12"],
    by: ["packages/core/package.json"],
    show: tried({ observe: noSetuid }),
    alone:
      "the attempt first looks at a copy of another program that has such rights, and fails unless they are reported",
  },
  {
    id: "bwrap: no policy",
    cause: "a tool is as safe as its arguments",
    rules: ["R12"],
    by: ["packages/core/src/defaults/default-config.ts", "packages/core/src/audit/index.ts"],
    show: shown("packages/core/src/audit/audit.test.ts", "a default plan has nothing above a note"),
  },
  {
    id: "flatpak CVE-2021-41133; CVE-2022-0185, CVE-2016-3135; AF_ALG",
    cause: "a list of what is forbidden misses new calls; user namespaces open the kernel",
    rules: ["R12"],
    by: ["packages/core/src/seccomp/default-profile.ts"],
    show: tried({ without: noProfile, observe: sandboxed }),
  },
  {
    id: "32-bit, x32 and other architectures",
    cause: "the filter is of one architecture",
    rules: ["R12"],
    by: ["packages/core/src/seccomp/compiler/arch.ts"],
    show: shown("test/seccomp/differential.test.ts", "generated profiles give libseccomp's verdicts"),
  },
  {
    id: "seccomp notify",
    cause: "who answers reads memory, and then lets the call go on",
    rules: ["R12"],
    by: ["packages/core/src/plan/tree/sd-notify.ts"],
    show: notApplicable("the runtime answers none: the listener goes to the agent that the config names"),
  },
  {
    id: "shocker (2014)",
    cause: "open_by_handle_at opens any file of a disk",
    rules: ["R12"],
    by: ["packages/core/src/plan/process/capabilities.ts"],
    show: tried({
      patch: probes("open-handle", "/etc/motd"),
      observe: outputHolds((stdout) =>
        /^errno 1 /.test(stdout) ? undefined : `a file is opened by its handle: ${stdout}`,
      ),
    }),
  },
  {
    id: "runc #5177, #5275: many mounts and masks",
    cause: "a descriptor for each mount, a file system for each mask",
    rules: ["R12"],
    by: ["helper-c/init/tree.c"],
    show: tried({
      patch: {
        ...probes("echo", "ok"),
        "/process/rlimits/0": { type: "RLIMIT_NOFILE", soft: 256, hard: 256 },
        "/linux/maskedPaths": numbers(400).map((name) => `/mnt/m${name}`),
        "/linux/readonlyPaths": numbers(200).map((name) => `/mnt/m${name}`),
      },
      before: "cd bundle/rootfs/mnt; for i in $(seq 0 399); do mkdir m$i; done",
      observe: many,
    }),
  },
  {
    id: "runc #1980, #3973, #4021: memory",
    cause: "the runtime's own memory counts against a small limit of the container",
    rules: ["R12"],
    by: ["helper-c/init/main.c"],
    show: tried({
      patch: { ...probes("echo", "ok"), "/linux/resources/memory": { limit: 1 << 20 } },
      observe: fits,
    }),
  },
  {
    id: "runc #1697, #2828, #4481: hangs",
    cause: "a wait without end, for what has died",
    rules: ["R12"],
    by: ["helper-c/wait/poll.c", "helper-c/host/gate.c"],
    show: shown("test/helper/killed.test.ts", "each call, with"),
  },
  {
    id: "names and depth of cgroups",
    cause:
      "the container names its cgroups: up to 4,095 bytes, thousands deep; a walker trusts NAME_MAX, a path or its stack",
    rules: ["R12"],
    by: ["helper-c/cgroup/walk.c", "helper-c/cgroup/remove.c", "helper-c/cgroup/kill.c"],
    show: tried({
      patch: {
        ...probes("nest-cgroups", "/sys/fs/cgroup/freezer", "3", "20", "1100"),
        "/linux/resources": {},
        "/linux/namespaces": ["network", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type })),
        "/mounts/-": { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw"] },
      },
      place: "if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi",
      observe: nested,
    }),
  },
  {
    id: "a killed runtime",
    cause: "what it has made stays",
    rules: ["R12"],
    by: ["packages/core/src/runtime/verbs/delete.ts"],
    show: shown("test/lifecycle/safety.test.ts", "create killed after"),
  },
  {
    id: "bwrap 0.11.1; runc: signals",
    cause: "ignored and blocked signals of the caller arrive",
    rules: ["R12"],
    by: ["helper-c/launch/main.c"],
    show: tried({
      without: {
        crun: "waits for a SIGCHLD that its caller has it ignore, unless the container was quicker: it ends or hangs",
      },
      observe: async (stage) =>
        factsHold(
          ({ signals }) =>
            /^0+$/.test(String(signals.blocked)) && /^0+$/.test(String(signals.ignored))
              ? undefined
              : `blocked ${signals.blocked}, ignored ${signals.ignored}`,
          { prefix: [tools(), "ignore", "--"] },
        )(stage),
    }),
  },
  {
    id: "systemd-coredump CVE-2025-4598: dumps of memory",
    cause: "a handler on the host gets a container's input, or a dump has the runtime's memory",
    rules: ["R7"],
    by: ["helper-c/init/world.c"],
    show: shown("test/defence/waiting-init.test.ts", "it is not dumpable"),
  },
  {
    id: "a crash of the plan's reader",
    cause: "a config or plan ends the runtime by a signal",
    rules: ["R10"],
    by: ["helper-c/plan/verify.c"],
    show: tried({
      patch: { "/process/args": ["/probe", "echo", "x".repeat(100_000)] },
      observe: async (stage) => {
        const outcome = await stage.run();
        return outcome.exitCode === 0 ? "ran" : refusal(outcome);
      },
    }),
  },
  {
    id: "older kernels",
    cause: "a fallback is where the faults are",
    rules: ["R1", "R3"],
    by: ["packages/core/src/host/probe.ts"],
    show: guest("another kernel; one before the floor of 5.14 is refused", "test/vm/fast.test.ts", "guestRows"),
  },
  ...waitRows,
  {
    id: "a lock on a file that others may read",
    cause: "anybody who may read a file may take its flock(2), and keep the runtime waiting",
    rules: ["R12"],
    by: ["packages/core/src/runtime/launch/existing-cgroups.ts"],
    show: shown("test/resources/existing-cgroup.test.ts", "an ordinary user who locks its files"),
  },
];

export const groupI: Group = {
  letter: "I",
  title: "Privileged helpers, the kernel's surface, availability",
  rows: [...rows, ...stoppedByNames],
};
