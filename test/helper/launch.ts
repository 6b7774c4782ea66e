// Runs the built helper itself, with a plan on descriptor 3 and a report pipe on 4.
import { spawn } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { encodePlan } from "../../packages/core/src/wire/encode.ts";
import type { Plan } from "../../packages/core/src/wire/op.ts";
import type { Report } from "../../packages/core/src/wire/report/report.ts";
import { decodeReports } from "../../packages/core/src/wire/report/report.ts";
import type { Bundle } from "../helpers/bundle.ts";
import { helperPath } from "../helpers/peers/runtimes.ts";

/** The helper under test: the one that was built, or what COFFER_HELPER names. */
export const helper = (): string => process.env.COFFER_HELPER ?? helperPath();

/** How a launch ended. */
export type Launched = {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly reports: readonly Report[];
  readonly seconds: number;
};

export type LaunchOptions = {
  readonly inputs?: readonly string[];
  /** Words before the helper's: a tool, strace. */
  readonly prefix?: readonly string[];
  readonly input?: string;
  readonly words?: readonly string[];
  readonly timeoutMs?: number;
  /** Another helper. */
  readonly program?: string;
};

/** A launch that runs. */
export type Launching = {
  readonly pid: number;
  readonly done: Promise<Launched>;
  readonly output: () => string;
  readonly write: (text: string) => void;
  /** Ends what is written. */
  readonly end: () => void;
  /** The descriptor of the reports, which is a socket. */
  readonly report: Duplex | undefined;
};

let plans = 0;

/** Writes a plan into a bundle's directory; returns its path. */
export function storePlan(bundle: Bundle, plan: Plan | Uint8Array): string {
  plans += 1;
  const path = join(bundle.base, `plan-${plans}`);
  writeFileSync(path, plan instanceof Uint8Array ? plan : encodePlan(plan));
  return path;
}

/** Starts the helper with a plan. */
export function startLaunch(bundle: Bundle, plan: Plan | Uint8Array, options: LaunchOptions = {}): Launching {
  const file = openSync(storePlan(bundle, plan), "r");
  const inputs = (options.inputs ?? [`rootfs=${bundle.rootfs}`]).flatMap((word) => ["--input", word]);
  const words = options.words ?? ["launch", "--plan-fd", "3", "--report-fd", "4", ...inputs];
  const [program = "", ...args] = [...(options.prefix ?? []), options.program ?? helper(), ...words];
  const began = performance.now();
  const child = spawn(program, args, {
    stdio: ["pipe", "pipe", "pipe", file, "pipe"],
    timeout: options.timeoutMs ?? 20_000,
    killSignal: "SIGKILL",
  });
  closeSync(file);
  const chunks: Buffer[][] = [[], [], []];
  const collect = (index: number, stream: unknown): void => {
    if (stream instanceof Object && "on" in stream && typeof stream.on === "function")
      stream.on("data", (chunk: Buffer) => chunks[index]?.push(chunk));
  };
  const text = (index: number): string => Buffer.concat(chunks[index] ?? []).toString();
  collect(0, child.stdout);
  collect(1, child.stderr);
  collect(2, child.stdio[4]);
  child.stdin?.on("error", () => {});
  if (options.input !== undefined) child.stdin?.end(options.input);
  const done = new Promise<Launched>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode, signal) => {
      const bytes = Buffer.concat(chunks[2] ?? []);
      const reports = decodeReports(bytes.subarray(0, bytes.length - (bytes.length % 64)));
      const seconds = (performance.now() - began) / 1000;
      resolve({ exitCode, signal, stdout: text(0), stderr: text(1), reports, seconds });
    });
  });
  const write = (line: string) => child.stdin?.write(line);
  const end = () => child.stdin?.end();
  const report = child.stdio[4] instanceof Duplex ? child.stdio[4] : undefined;
  return { pid: child.pid ?? 0, done, output: () => text(0) + text(1), write, end, report };
}

/** Runs the helper with a plan to its end. */
export function launch(bundle: Bundle, plan: Plan | Uint8Array, options: LaunchOptions = {}): Promise<Launched> {
  return startLaunch(bundle, plan, { input: "", ...options }).done;
}
