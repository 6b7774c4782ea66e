// D. Programs of the host that a container can reach.
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { probe, tools } from "../../helpers/build.ts";
import { processesOf } from "../../helpers/leftovers.ts";
import { eventually, factsHold, firstLine, outputHolds, refusal, whileCreated, whileRunning } from "../matrix/seen.ts";
import type { Attempt, Group, Row } from "../matrix/types.ts";
import { paths, probes, shown, sleeper, tried } from "./words.ts";

const F_SEAL_WRITE = 8;

/** The program of a waiting init: a memfd that nobody can write to, or at least no file of the host's. */
const sealed: Attempt["observe"] = whileCreated((pid) => {
  const exe = `/proc/${pid}/exe`;
  const seals = Number(execFileSync(tools(), ["seals", exe], { encoding: "utf8" }));
  const link = readlinkSync(exe);
  if (!link.startsWith("/memfd:")) return `its program is no memfd: ${link}`;
  return seals > 0 && (seals & F_SEAL_WRITE) !== 0 ? undefined : `its program can be written to: seals ${seals}`;
});

const onHostDisk: Attempt["observe"] = whileCreated((pid) => {
  const device = statSync(`/proc/${pid}/exe`).dev;
  const disks = ["/", "/usr/bin", "/usr/sbin", "/tmp"].filter(existsSync).map((path) => statSync(path).dev);
  return disks.includes(device) ? "its program is on a disk of the host" : undefined;
});

/** The files that are mapped, but for memory. */
function mappedFiles(pid: number | string): readonly string[] {
  const names = readFileSync(`/proc/${pid}/maps`, "utf8")
    .split("\n")
    .flatMap((row) => row.split(/\s+/)[5] ?? []);
  return names.filter((name) => name !== "" && !/^\[|^\/memfd:|^\/(zero|dev)/.test(name));
}

const noHostFile: Attempt["observe"] = whileCreated((pid) => {
  const files = mappedFiles(pid);
  return files.length === 0 ? undefined : `maps ${files[0]} and ${new Set(files).size - 1} more`;
});

/** A process that joins is slowed down where it sets its capabilities and where it begins its session. The host looks at every program that it is. */
const joinsFromMemory: Attempt["observe"] = whileRunning(async (stage) => {
  const init = await stage.pid();
  const space = readlinkSync(`/proc/${init}/ns/pid`);
  const prefix = [
    "strace",
    "-f",
    "-qq",
    "-o",
    `${stage.bundle.base}/strace`,
    "-e",
    "inject=capset,setsid:delay_enter=1000000",
  ];
  const running = { ended: false };
  const exec = stage.verb("exec", [stage.bundle.tag, "/probe", "echo", "x"], { prefix }).finally(() => {
    running.ended = true;
  });
  const seen = new Set<string>();
  while (!running.ended) {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(init)))
      for (const file of hostFilesOf(pid, space)) seen.add(file);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await exec;
  if (!seen.delete("joined")) return "no process was seen to join";
  return seen.size === 0 ? undefined : `maps ${[...seen][0]} and ${seen.size - 1} more`;
});

/** The files that a process of that pid namespace maps before it is the container's program; `joined` when there is one. */
function hostFilesOf(pid: string, space: string): readonly string[] {
  try {
    if (readlinkSync(`/proc/${pid}/ns/pid`) !== space || readlinkSync(`/proc/${pid}/exe`) === "/probe") return [];
    return ["joined", ...mappedFiles(pid)];
  } catch {
    return [];
  }
}

const emptyMemory: Attempt["observe"] = whileCreated((pid) => {
  const environment = readFileSync(`/proc/${pid}/environ`, "utf8").replaceAll("\0", " ").trim();
  return environment === "" ? undefined : `its environment is ${environment.slice(0, 40)}`;
});

const noDirectory: Attempt["observe"] = whileCreated((pid, { bundle }) => {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  const known = /^(socket:|pipe:|\/memfd:|\/dev\/(null|pts)|anon_inode:)/;
  const odd = links.filter((link) => !known.test(link) && !link.startsWith(`${bundle.state}/`));
  return odd.length === 0 ? undefined : `it holds ${odd[0]?.replaceAll(bundle.base, "$BASE")}`;
});

/** A process in the container looks at each that joins: nothing may be told of it until it is the container's. */
const watched: Attempt["observe"] = whileRunning(async (stage) => {
  const { bundle } = stage;
  // The joining process is slowed down before it becomes the container's program: its capabilities are those of the watcher
  // by then, who may not look at one that has more.
  const slow = ["strace", "-f", "-qq", "-o", `${bundle.base}/strace`, "-e", "inject=execve:delay_enter=300000"];
  const watch = stage.verb("exec", [bundle.tag, "/probe", "watch", "/stop", "/probe"], { timeoutMs: 60_000 });
  const watches = (): boolean => processesOf(bundle).some((row) => / \/probe watch /.test(row));
  if (!(await eventually(watches))) return "the watcher does not run";
  await stage.verb("exec", [bundle.tag, "/probe", "echo", "x"], { prefix: slow, timeoutMs: 60_000 });
  writeFileSync(`${bundle.rootfs}/stop`, "");
  const { stdout } = await watch;
  if (!stdout.startsWith("watching\n") || !stdout.endsWith("end\n"))
    return `the watcher did not run: ${stdout.slice(0, 80)}`;
  const told = stdout.split("\n").filter((line) => /^(exe|mem|fd)/.test(line));
  return told.length === 0 ? undefined : `can be seen: ${[...new Set(told)].slice(0, 3).join(", ")}`;
});

/** Working directories that lead to what a runtime may have open, or is in. */
const hostDirectories = [...[3, 4, 5, 6, 7, 8, 9, 10, 20].map((fd) => `/proc/self/fd/${fd}`), "/proc/1/cwd"];

/** The caller has left CANARY open on every descriptor: whatever is passed on leads there. */
const directories: Attempt["observe"] = async (stage) => {
  const file = `${stage.bundle.path}/config.json`;
  const text = readFileSync(file, "utf8");
  const reasons = new Set<string>();
  for (const cwd of hostDirectories) {
    writeFileSync(file, text.replace(/"cwd": "[^"]*"/, `"cwd": "${cwd}"`));
    const outcome = await stage.run({ prefix: [tools(), "fds", "40", stage.bundle.canary, "--"] });
    const real = /cwd (.*)/.exec(outcome.stdout)?.[1];
    if (real !== undefined && real !== "/") return { failed: `${cwd}: ${real}` };
    if (outcome.exitCode !== 0)
      reasons.add(/\/process\/cwd: .*(ENOENT|ELOOP)/.exec(outcome.stderr)?.[1] ?? firstLine(outcome));
  }
  return { refused: `all ${hostDirectories.length}: ${[...reasons].sort().join(", ")}` };
};

/** What a script is run by is the runtime's program, as the container's: it has nothing to do there, and ends. */
const endsAsNothing: Attempt["observe"] = async (stage) => {
  const outcome = await stage.run();
  if (outcome.signal !== null || outcome.exitCode === null) return refusal(outcome);
  if (outcome.exitCode === 0) return { failed: `it runs: ${firstLine(outcome)}` };
  return stage.runtime === "coffer" && outcome.stdout + outcome.stderr !== "" ? { failed: firstLine(outcome) } : "ran";
};

const rows: readonly Row[] = [
  {
    id: "runc, LXC, crun, youki CVE-2019-5736",
    cause: "/proc/PID/exe of the runtime is the host's program, and can be written to",
    rules: ["R7"],
    by: ["helper-c/launch/plan-take.c"],
    show: tried({ patch: sleeper, observe: sealed }),
  },
  {
    id: "CVE-2019-5736: entry point",
    cause: "the container's program is /proc/self/exe",
    rules: ["R7"],
    by: ["helper-c/launch/plan-take.c"],
    show: tried({
      patch: { "/process/args": ["/script"] },
      before: "printf '#!/proc/self/exe\\n' > bundle/rootfs/script; chmod 755 bundle/rootfs/script",
      observe: endsAsNothing,
    }),
  },
  {
    id: "CVE-2019-5736, weakened later",
    cause: "the copy is given up for a read-only bind or an overlay: the page cache is the host's again",
    rules: ["R7"],
    by: ["helper-c/launch/plan-take.c"],
    show: tried({ patch: sleeper, observe: onHostDisk }),
  },
  {
    id: "Dirty Pipe CVE-2022-0847, CVE-2026-31431, CVE-2026-43284; runc #5272",
    cause: "a kernel bug writes to cached pages of any file that is mapped: which files of the host are?",
    rules: ["R7", "R12"],
    by: ["helper-c/launch/plan-take.c", "build.zig"],
    show: tried({ patch: sleeper, observe: noHostFile }),
  },
  {
    id: "page cache (runc #5272): a process that joins",
    cause: "as above, for exec: its program and what it maps",
    rules: ["R7"],
    by: ["helper-c/launch/clone.c"],
    show: tried({ patch: sleeper, observe: joinsFromMemory }),
  },
  {
    id: "runc CVE-2016-9962",
    cause: "a process that joins can be looked into before it is the container's",
    rules: ["R6", "R7"],
    by: ["helper-c/init/world.c", "packages/core/src/plan/join/join.ts"],
    show: tried({ patch: sleeper, observe: watched }),
  },
  {
    id: "runc CVE-2024-21626",
    cause: "a leaked directory is the working directory",
    rules: ["R6"],
    by: ["helper-c/init/main.c", paths],
    show: tried({ because: /^all 10: ELOOP, ENOENT$/, patch: probes("look", "."), observe: directories }),
  },
  {
    id: "LXC CVE-2016-8649",
    cause: "the process inside holds a directory of the host",
    rules: ["R6"],
    by: ["helper-c/launch/clone.c", "helper-c/init/main.c"],
    show: tried({ patch: sleeper, observe: noDirectory }),
  },
  {
    id: "Docker CVE-2015-3627; bubblewrap: descriptors",
    cause: "descriptors of the caller arrive",
    rules: ["R6"],
    by: ["helper-c/init/main.c"],
    show: tried({
      observe: async (stage) =>
        factsHold(({ fds }) => (fds.every(({ fd }) => fd < 3) ? undefined : `fd ${fds.at(-1)?.fd} arrives`), {
          prefix: [tools(), "fds", "200", stage.bundle.canary, "--"],
        })(stage),
    }),
  },
  {
    id: "descriptors of socket activation",
    cause: "more of them arrive than LISTEN_FDS says",
    rules: ["R6"],
    by: ["helper-c/init/main.c", "packages/core/src/runtime/launch/process-options.ts"],
    show: shown("test/lifecycle/foreground.test.ts", "LISTEN_FDS passes sockets on"),
  },
  {
    id: "exec through a leaked descriptor",
    cause: "the program is /proc/self/fd/N",
    rules: ["R6"],
    by: ["helper-c/init/last.c"],
    show: tried({
      because: /exec: "\/proc\/self\/fd\/7": .*no such file/,
      patch: { "/process/args": ["/proc/self/fd/7", "look", "."] },
      // The caller has left a program of the host open on every descriptor.
      observe: async (stage) =>
        outputHolds((stdout) => `it runs: ${stdout.slice(0, 40)}`, { prefix: [tools(), "fds", "40", probe(), "--"] })(
          stage,
        ),
    }),
  },
  {
    id: "secrets in memory and environment of init",
    cause: "the process that waits has the runtime's environment and heap",
    rules: ["R7"],
    by: ["helper-c/launch/clone.c"],
    show: tried({ patch: sleeper, observe: emptyMemory }),
  },
  {
    id: "state directory",
    cause: "others than the caller can read it",
    rules: ["R7", "R8"],
    by: ["packages/core/src/runtime/store/store.ts"],
    show: tried({
      patch: sleeper,
      observe: whileCreated((_pid, { bundle }) => {
        const open = [bundle.state, `${bundle.state}/${bundle.tag}`].filter(
          (path) => (lstatSync(path).mode & 0o77) > 0o11,
        );
        return open.length === 0 ? undefined : `mode ${lstatSync(`${open[0]}`).mode.toString(8)}`;
      }),
    }),
  },
];

export const groupD: Group = { letter: "D", title: "Programs of the host that a container can reach", rows };
