// What a helper that launches is started with: the same for every front.
import { pid } from "node:process";
import type { LaunchSetup, Stdio } from "../../port.ts";
import type { GivenInput } from "./inputs.ts";
import { isInBackground } from "./signals.ts";

// Descriptors of the helper after stdio. Those of the inputs follow.
export const planFd = 3;
export const reportFd = 4;

/** How the helper is started. */
export interface Arguments {
  readonly args: readonly string[];
  /** Where each descriptor of the helper leads; `ipc`: a channel of Node, over which sockets come. */
  readonly stdio: readonly (Stdio | "ipc")[];
  readonly traceFd: number | undefined;
  /** Where the helper gets sizes of the terminal, if it is to take any. */
  readonly windowFd: number | undefined;
  readonly watcherFd: number | undefined;
  /** Where the helper gets the word to go on, if it is to wait for one. */
  readonly wordFd: number | undefined;
}

/** A setup whose directories are open. */
interface GivenSetup extends Omit<LaunchSetup, "inputs"> {
  readonly inputs: readonly GivenInput[];
}

/** A lock that the helper takes before it reads its plan. */
export interface FirstLock {
  readonly fd: number;
  /** How long the helper waits for it before it says so; undefined if this process has it, which the helper need not say. */
  readonly timeoutMs: number | undefined;
}

/** The words and the descriptors of a helper that launches; `ahead`: it waits for a word before others notice anything. */
export function makeArguments(setup: GivenSetup, lock: FirstLock | undefined, ahead = false): Arguments {
  const args = ["launch", "--plan-fd", `${planFd}`, "--report-fd", `${reportFd}`];
  const stdio: (Stdio | "ipc")[] = [...setup.stdio, "pipe", "pipe"];
  const give = (source: "pipe" | "ipc" | number): number => stdio.push(source) - 1;
  if (setup.dieWithParent) args.push("--die-with", `${pid}`);
  if (setup.logBytes !== undefined) args.push("--log-bytes", `${setup.logBytes}`);
  if (setup.netns) args.push("--netns", "1");
  if (setup.suspend) args.push("--suspend", "1");
  if (setup.forwardSignals && isInBackground()) args.push("--background", "1");
  if (setup.initTimeoutMs !== undefined) args.push("--init-ms", `${setup.initTimeoutMs}`);
  if (lock) args.push("--lock-fd", `${give(lock.fd)}`);
  if (lock?.timeoutMs !== undefined) args.push("--lock-ms", `${lock.timeoutMs}`);
  const wordFd = ahead ? give("pipe") : undefined;
  if (wordFd !== undefined) args.push("--word-fd", `${wordFd}`);
  const traceFd = setup.trace ? give("pipe") : undefined;
  if (traceFd !== undefined) args.push("--trace-fd", `${traceFd}`);
  const windowFd = setup.resizes ? give("pipe") : undefined;
  if (windowFd !== undefined) args.push("--window-fd", `${windowFd}`);
  if (setup.answers) args.push("--input", `${setup.answers.input}=fd:${give("ipc")}`);
  const watcherFd = setup.watcher ? give("pipe") : undefined;
  if (setup.watcher) args.push("--input", `${setup.watcher.input}=fd:${watcherFd}`);
  const place = (input: GivenInput): string => ("path" in input ? input.path : `fd:${give(input.fd)}`);
  for (const input of setup.inputs) args.push("--input", `${input.name}=${place(input)}`);
  return { args, stdio, traceFd, windowFd, watcherFd, wordFd };
}
