// Starting programs of the host.

import { SystemError } from "../../error.ts";
import { signalNumbers } from "../../signals.ts";
import { errnoName } from "../node/errno.ts";
import { Buffer } from "../node/globals.ts";
import { toNode } from "../text.ts";

const bytesOf = (word: string): Uint8Array => {
  const bytes = toNode(word);
  return typeof bytes === "string" ? host.encode(bytes) : bytes;
};
const nul = new Uint8Array(1);

interface How {
  /** `NAME=value`. */
  readonly env: readonly string[];
  /** In a session of its own. */
  readonly session: boolean;
}

/** How many arguments there are, the arguments, and the environment: each with a NUL behind it. An argument may be empty. */
function toWords(args: readonly string[], env: readonly string[]): Uint8Array {
  const words = [`${args.length}`, ...args, ...env];
  const whole = `${words.join("\0")}\0`;
  if (whole.isWellFormed()) return host.encode(whole);
  return Buffer.concat(words.flatMap((word) => [bytesOf(word), nul]));
}

/** Becomes another program. Returns when there is no such program. */
export function become(path: string, args: readonly string[], env: readonly string[]): void {
  host.exec(toWords([path, ...args], env));
}

/**
 * Starts a program in `/`; its descriptors are those, -1 for /dev/null. Gives its pid; whether it could become that program,
 * `awaitStarted` says.
 *
 * @throws {SystemError} of execve
 */
export function spawn(path: string, args: readonly string[], fds: readonly number[], { env, session }: How): number {
  const words = toWords([path, ...args], env);
  const pid = host.spawn(words, Int32Array.from(fds), session ? 1 : 0);
  if (pid < 0) throw new SystemError("execve", path, errnoName(pid));
  return pid;
}

/**
 * Waits until the program that was started last runs.
 *
 * @throws {SystemError} of execve
 */
export function awaitStarted(path: string): void {
  const result = host.started();
  if (result < 0) throw new SystemError("execve", path, errnoName(result));
}

/** The name of a signal, as in Node. */
export function signalName(signal: number): string {
  const name = Object.entries(signalNumbers).find(([, number]) => number === signal)?.[0];
  return name === undefined ? `signal ${signal}` : `SIG${name}`;
}
