// The streams of a sandbox without namespaces: the caller's terminal is never given to it.
import { CofferError } from "../../../errors.ts";
import type { OwnTerminal } from "../../../plan/index.ts";
import { SystemError } from "../../../system/error.ts";
import type { LaunchInput, Stdio, System } from "../../../system/port.ts";
import { stdioOf } from "../../launch/process-options.ts";
import type { ProcessLaunchOptions } from "../../options.ts";

/** What a launcher and its program are given. */
export interface SplitStreams {
  /** The streams of the launcher, which relays the terminal. */
  readonly stdio: readonly [Stdio, Stdio, Stdio];
  /** The streams of the program that are not those of the launcher. */
  readonly inputs: readonly LaunchInput[];
  /** The streams of the program that lead to a terminal of its own. */
  readonly terminal: OwnTerminal["streams"];
}

const names = ["stdin", "stdout", "stderr"] as const;
/** Memory devices, such as /dev/null (Documentation/admin-guide/devices.txt). */
const memoryMajor = 1;

const fdOf = (source: Stdio, target: number): Stdio => (source === "inherit" ? target : source);

/** Whether a descriptor of the caller may be a terminal. Any device counts that is not known to be none. */
function isTerminal(system: System, fd: Stdio): boolean {
  if (typeof fd !== "number") return false;
  try {
    const { kind, major } = system.stat(`/proc/self/fd/${fd}`, { follow: true });
    return kind === "char" && major !== memoryMajor;
  } catch (error) {
    if (error instanceof SystemError && error.errno === "ENOENT") return false;
    throw error;
  }
}

/** A descriptor of the caller for the program, where the launcher has another one in its place. */
function givenTo(name: "stdin" | "stdout", fd: Stdio): LaunchInput {
  if (typeof fd === "number") return { name, fd };
  const message = `--reduced cannot have "${fd}" for ${name} where another stream is the caller's terminal`;
  const hint = "give a file or a descriptor, or pipes for all three streams";
  throw new CofferError("E_USAGE", message, { argument: name }, { hint });
}

/**
 * Keeps the caller's terminal out of a sandbox. The program gets a terminal of its own, which the launcher relays, in the place
 * of every output that is one. It can be typed into only where standard input and output both are the caller's terminal.
 * Otherwise the input is empty: a program of a pipe must not take what is typed for another one.
 *
 * @throws {CofferError} E_USAGE for a pipe that the launcher would have to have for itself
 */
export function splitStreams(system: System, options: Pick<ProcessLaunchOptions, "stdio" | "window">): SplitStreams {
  const stdio = stdioOf(options);
  // The caller shows a terminal by itself: the launcher has the streams, and the program that terminal alone.
  if (options.window !== undefined) return { stdio, inputs: [], terminal: names };
  const [input, output, errors] = stdio;
  const fds = stdio.map(fdOf);
  const [types, prints, tells] = fds.map((fd) => isTerminal(system, fd));
  const [stdin = input, stdout = output, stderr = errors] = fds;
  const terminal = names.filter((name) => ({ stdin: types && prints, stdout: prints, stderr: tells })[name]);
  if (terminal.length === 0) return { stdio: types ? ["ignore", output, errors] : stdio, inputs: [], terminal };
  if (types && prints) return { stdio, inputs: [], terminal };
  const inputs = types || stdin === "ignore" ? [] : [givenTo("stdin", stdin)];
  // The launcher relays to its own standard output.
  if (prints) return { stdio: ["ignore", output, errors], inputs, terminal };
  return { stdio: ["ignore", stderr, stderr], inputs: [...inputs, givenTo("stdout", stdout)], terminal };
}
