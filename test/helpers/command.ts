import { spawn } from "node:child_process";

/** How a command ended, and what it wrote. */
export type Outcome = {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type CommandOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Written to stdin, which then ends. Never /dev/null: runtimes that give stdio to the container's user would chown it. */
  readonly input?: string;
  readonly timeoutMs?: number;
};

/** A command that runs: its pid, its end, its output so far, and a wait for a piece of that. */
export type Running = {
  readonly pid: number;
  readonly done: Promise<Outcome>;
  readonly output: () => string;
  readonly write: (text: string) => void;
  readonly saw: (text: string, timeoutMs?: number) => Promise<void>;
};

const cleanEnv = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/** Starts a command in a session of its own, so that what it leaves can be found. */
export function start(argv: readonly string[], options: CommandOptions & { readonly keepStdin?: true } = {}): Running {
  const [file = "", ...args] = argv;
  const timeout = options.timeoutMs ?? 60_000;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...cleanEnv, ...options.env },
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    timeout,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin?.on("error", () => {});
  if (options.keepStdin !== true) child.stdin?.end(options.input ?? "");
  const done = new Promise<Outcome>((resolve, reject) => {
    const end = (exitCode: number | null, signal: string | null): void => {
      const late = child.killed ? `ended by its test after ${timeout} ms\n` : "";
      resolve({ exitCode, signal, stdout, stderr: stderr + late });
    };
    child.on("error", reject);
    child.on("close", end);
    // What the command has left running may hold its streams open. All that the command itself wrote is in the pipes when
    // it has ended, and is read after timers and before `setImmediate`, however busy this process was.
    child.on("exit", (exitCode, signal) => setTimeout(() => setImmediate(() => end(exitCode, signal)), 30).unref());
  });
  const output = (): string => stdout + stderr;
  const saw = async (text: string, timeoutMs = 30_000): Promise<void> => {
    const until = Date.now() + timeoutMs;
    while (!output().includes(text)) {
      if (Date.now() > until) throw new Error(`no "${text}" in: ${output()}`);
      await pause(10);
    }
  };
  return { pid: child.pid ?? 0, done, output, saw, write: (text) => child.stdin?.write(text) };
}

/** Runs a command to its end. */
export function command(argv: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  return start(argv, options).done;
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until a condition holds; throws after the time. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await pause(20);
  }
}
