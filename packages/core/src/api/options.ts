import type { Config, ConfigInput, Policy } from "@coffer/spec";
import type { Weakening } from "../defaults/index.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Left } from "../runtime/sandbox/left/left.ts";
import type { Answer } from "../runtime/sandbox/why.ts";

/** Where a standard stream goes: to or from this program, the caller's own, nowhere, a descriptor, or a stream of the caller's. */
export type StdioOption<Stream = NodeJS.ReadableStream | NodeJS.WritableStream> =
  | "pipe"
  | "inherit"
  | "ignore"
  | number
  | { readonly fd: number }
  | Stream;

/** What a process has written. */
export type Output = string | Uint8Array;

/** Options of a call whose result has what was written as bytes. */
export type AsBytes<T> = Omit<T, "encoding"> & { readonly encoding: "buffer" };

/** Options of a call that has its command before them. */
export type Rest<T> = Omit<T, "args">;

/** The words of such a command. What is no list is found when the options are checked. */
export const commandOf = (file: string, args: readonly string[] | undefined): readonly string[] =>
  Array.isArray(args) ? [file, ...args] : (args ?? [file]);

/** Bounds of what a container may use. */
export interface Limits {
  /** Bytes, 4096 or more. */
  readonly memory?: number | bigint | undefined;
  /** Processes and threads, 1 or more. */
  readonly pids?: number | undefined;
  /** Processors, such as 0.5; 0.01 or more. */
  readonly cpus?: number | undefined;
}

/** Bounds of what a sandbox may use. */
export interface SandboxLimits extends Limits {
  /** Bytes of each file, and of each file system in memory: 4096 or more. */
  readonly disk?: number | bigint | undefined;
  /** Programs may write core dumps, as far as the caller's own limit goes. Default: false. */
  readonly coreDumps?: boolean | undefined;
}

/** The size of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Options of every call that makes a process. */
export interface ProcessRunOptions {
  /** The program and its arguments. */
  readonly args?: readonly string[] | undefined;
  /** Variables that are added; one that is `undefined` is left out. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly cwd?: string | undefined;
  /** Without a `gid` it is the number of the `uid`. */
  readonly user?: { readonly uid: number; readonly gid?: number } | undefined;
  /** Default: `ignore`; `pipe` with `input`. What is written to `started`'s `stdin` is read with `pipe`. */
  readonly stdin?: StdioOption<NodeJS.ReadableStream> | undefined;
  /** All that the process can read. */
  readonly input?: string | Uint8Array | undefined;
  /** Default: `pipe`. */
  readonly stdout?: StdioOption<NodeJS.WritableStream> | undefined;
  /** Default: `pipe`. */
  readonly stderr?: StdioOption<NodeJS.WritableStream> | undefined;
  /**
   * A terminal of its own, which the caller shows: `stdin` is what is typed, by default `pipe`, and `stdout` is what the terminal
   * prints, with carriage returns. Nothing comes by `stderr`. A key such as ^C or ^D is a byte of the input; its end is none.
   * Default: 80 columns and 24 rows. `resize` of the handle changes the size.
   */
  readonly tty?: boolean | TerminalSize | undefined;
  /** `buffer`: what was written is bytes in the result. Default `utf8`: text. */
  readonly encoding?: "utf8" | undefined;
  /** `false`: output is not kept for the result, only streamed. Default `true`. */
  readonly buffer?: boolean | undefined;
  /** Kills the process when it has written more; the result is then cut. Default 100 MB a stream. */
  readonly maxBuffer?: number | undefined;
  /** Kills the process after that time, counted from the call; a program that does not run by then never runs. Default 0: never. */
  readonly timeoutMs?: number | undefined;
  /** Kills the process when the signal is aborted; a program that does not run by then never runs. */
  readonly signal?: AbortSignal | undefined;
  /** The signal that ends the process when `timeoutMs`, `signal` or `maxBuffer` do. Default `SIGKILL`. */
  readonly killSignal?: string | number | undefined;
  /** Milliseconds after `killSignal` until SIGKILL; `false`: never. Default 5000. */
  readonly forceKillAfterDelay?: number | false | undefined;
}

/** Where a container comes from: a bundle, or a root directory, or a config. */
export interface SourceOptions {
  /** A bundle's directory. */
  readonly bundle?: string | undefined;
  /** A root directory; replaces that of the bundle or config. Without either it runs as in what `coffer spec` writes. */
  readonly rootfs?: string | undefined;
  /** A config instead of the default one; paths in it count from the caller's directory. */
  readonly config?: Config | ConfigInput | undefined;
  readonly hostname?: string | undefined;
  /** Whether the root can be written to; without a bundle or config it cannot unless said, and has to belong to the container's ids. */
  readonly writable?: boolean | undefined;
  /** What is given up of the default config, in the words of `coffer spec --unsafe-…`: for a root directory alone. */
  readonly unsafe?: readonly Weakening[] | undefined;
  /** A procfs that has processes and nothing else: for a root directory alone. */
  readonly pidOnlyProc?: boolean | undefined;
  /** Locks the mounts, so that a process with CAP_SYS_ADMIN takes no mask and no read-only flag away. Default: as the config says. */
  readonly lockMounts?: boolean | undefined;
  /** Puts a process 1 beside the program, which forwards signals, reaps orphans and ends as the program ends. */
  readonly init?: boolean | undefined;
  readonly limits?: Limits | undefined;
  /** Who makes the cgroups: the runtime itself, or systemd, as a scope. Default: `cgroupfs`. */
  readonly cgroupManager?: "cgroupfs" | "systemd" | undefined;
  /** Default: one that was never used. */
  readonly id?: string | undefined;
  /** What the plan may do (docs/use/policy.md), or the path of such a file: one that does more is refused with E_POLICY. Default: that of the runtime. */
  readonly policy?: Policy | object | string | undefined;
  /** The runtime to use; by default one with the default state directory. */
  readonly runtime?: Runtime | undefined;
}

/** Options of `run`. */
export interface RunOptions extends ProcessRunOptions, SourceOptions {}

/** What a process has used, with those that it has waited for; of a container all of its processes. */
export interface Resources {
  /** Processor time in user mode. */
  readonly userMs: number;
  /** Processor time in the kernel. */
  readonly systemMs: number;
  /** Bytes of memory at the peak, of the largest process: to some 100 kB, so that a tiny one may have used none. */
  readonly peakMemory: number;
}

/** How a process ended. A program that fails is a result, not an error. */
export interface RunResult<Written extends Output = string> {
  readonly id: string;
  /** Absent when a signal ended it, and when its program never ran. */
  readonly exitCode: number | undefined;
  /** Such as `SIGKILL`; absent when it exited, and when its program never ran. */
  readonly signal: string | undefined;
  readonly stdout: Written;
  readonly stderr: Written;
  readonly durationMs: number;
  readonly resources: Resources;
  /** It did not exit with 0, or was to be killed from here, or its output is cut. */
  readonly failed: boolean;
  readonly timedOut: boolean;
  readonly isCanceled: boolean;
  /** More was written than `maxBuffer`. */
  readonly isMaxBuffer: boolean;
  readonly isTerminated: boolean;
  /**
   * Of a sandbox: the connections that its proxy denied, each with what allows it. Of all commands of sandboxes: guarded configs that
   * git has tried to change. Of a command that failed also that it wanted a network that is not there, or did not ask the proxy. With
   * `explain` it has as well what was denied of all paths and addresses that the program has asked for.
   */
  readonly denied: readonly Answer[];
  /** Of a sandbox: what it has left in directories of the host that programs of the host act upon. */
  readonly left: readonly Left[];
}
