// Signals for programs beneath a process 1, without a terminal and on one: a sandbox of ours, bubblewrap, and docker's --init.
// The last is catatonit as process 1 of a pid namespace, to which docker sends the signal.
import { execFileSync } from "node:child_process";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { childrenOf } from "../helpers/callers/served.ts";
import { start, until } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import type { Need } from "../helpers/needs.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";

type Tool = "coffer" | "docker" | "bubblewrap";
/** The status that the caller sees; the name of a signal if the tool itself was killed by it. */
type Seen = number | NodeJS.Signals;

interface Row {
  readonly program: string;
  readonly argv: readonly string[];
  readonly signal: NodeJS.Signals;
  readonly seen: Readonly<Record<Tool, Seen>>;
}

const sleep = ["sh", "-c", "echo here; exec sleep 60"];
const python = ["/usr/bin/python3", "-c", "import time; print('here', flush=True); time.sleep(60)"];
const node = [process.execPath, "-e", "console.log('here'); setTimeout(() => {}, 60_000)"];
const trapped = ["sh", "-c", "trap 'exit 7' TERM; echo here; while :; do sleep 0.05; done"];
const deaf = ["sh", "-c", "trap '' TERM; echo here; sleep 0.7; exit 9"];

const both = (status: number, bubblewrap: Seen) => ({ coffer: status, docker: status, bubblewrap });

const rows: readonly Row[] = [
  { program: "sleep", argv: sleep, signal: "SIGTERM", seen: both(143, "SIGTERM") },
  { program: "sleep", argv: sleep, signal: "SIGINT", seen: both(130, "SIGINT") },
  { program: "sleep", argv: sleep, signal: "SIGHUP", seen: both(129, "SIGHUP") },
  { program: "sleep", argv: sleep, signal: "SIGUSR1", seen: both(138, "SIGUSR1") },
  { program: "python", argv: python, signal: "SIGTERM", seen: both(143, "SIGTERM") },
  { program: "python", argv: python, signal: "SIGINT", seen: { coffer: 130, docker: 130, bubblewrap: "SIGINT" } },
  { program: "node", argv: node, signal: "SIGTERM", seen: both(143, "SIGTERM") },
  { program: "a trap", argv: trapped, signal: "SIGTERM", seen: both(7, "SIGTERM") },
  { program: "one that ignores it", argv: deaf, signal: "SIGTERM", seen: both(9, "SIGTERM") },
];

const calls: Readonly<Record<Tool, { readonly needs: readonly Need[]; readonly argv: readonly string[] }>> = {
  coffer: { needs: [], argv: [...cofferArgv(), "sandbox", "--read", process.execPath, "--tools", "none", "--"] },
  docker: { needs: ["catatonit"], argv: ["unshare", "-Urpf", "--mount-proc", "--kill-child", "catatonit", "--"] },
  bubblewrap: {
    needs: ["bwrap"],
    argv: ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--unshare-all", "--die-with-parent"],
  },
};

/** Who gets the signal: docker sends it to process 1, and nobody passes it on before. */
async function receiverOf(tool: Tool, pid: number, isOnTerminal: boolean): Promise<number> {
  const first = isOnTerminal ? (childrenOf(pid)[0] ?? 0) : pid;
  if (tool !== "docker") return first;
  await until("there is a process 1", () => childrenOf(first).length > 0);
  return childrenOf(first)[0] ?? 0;
}

const sees = test.macro({
  exec: async (t, tool: Tool, { argv, signal, seen }: Row, isOnTerminal: boolean) => {
    if (!(await needs(t, "root", "userns", ...calls[tool].needs))) return;
    const box = makeBox(t);
    const prefix = isOnTerminal ? [tools(), "pty", "24x80", "--"] : [];
    const running = start([...prefix, ...calls[tool].argv, ...argv], { cwd: box.path, keepStdin: true });
    await running.saw("here");
    process.kill(await receiverOf(tool, running.pid, isOnTerminal), signal);
    const { exitCode, signal: by } = await running.done;
    const status = seen[tool];
    if (typeof status === "number") t.is(exitCode, status);
    // On a terminal, the tool that makes the terminal says how its program ended.
    else if (isOnTerminal)
      t.is(exitCode, 128 + Number(execFileSync("kill", ["-l", status.slice(3)], { encoding: "utf8" })));
    else t.is(by, status);
    await nothingLeft(t, box, box.before, "rootfs");
  },
  title: (_provided, tool: Tool, { program, signal }: Row, isOnTerminal: boolean) =>
    `${tool}: ${signal} for ${program}${isOnTerminal ? " on a terminal" : ""}`,
});

for (const row of rows)
  for (const tool of ["coffer", "docker", "bubblewrap"] as const)
    for (const isOnTerminal of [false, true]) test.serial(sees, tool, row, isOnTerminal);
