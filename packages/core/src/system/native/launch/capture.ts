// Running a program of the host for what it prints.
import { SystemError } from "../../error.ts";
import type { Captured } from "../../port.ts";
import { makeSieve } from "../../sieve.ts";
import { checked, checkedNumber } from "../node/errno.ts";
import { Buffer } from "../node/globals.ts";
import { toNode, toText } from "../text.ts";
import { awaitStarted, spawn } from "./spawn.ts";

/** Never the caller's PATH. */
const directories = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"] as const;
const maxOutput = 64 * 1024 * 1024;
const chunkSize = 65536;
const executable = 1;
const kill = 9;

function findProgram(name: string): string {
  const found = directories.find((directory) => host.access(`${directory}/${name}`, executable) === 0);
  if (found === undefined) throw new SystemError("execve", name, "ENOENT");
  return `${found}/${name}`;
}

function readToEnd(fd: number, pid: number, isWanted?: (line: Uint8Array) => boolean): Uint8Array {
  const { take, end, size } = makeSieve(isWanted);
  const chunk = new Uint8Array(chunkSize);
  for (;;) {
    const count = checkedNumber(host.read(fd, chunk, 0, chunkSize), "read");
    if (count === 0) return Buffer.concat(end());
    take(chunk.subarray(0, count));
    if (size() > maxOutput) host.kill(pid, kill);
  }
}

function writeAll(fd: number, text: string): void {
  const bytes = toNode(text);
  const whole = typeof bytes === "string" ? host.encode(bytes) : bytes;
  // A helper that ends early tells why by its status.
  for (let at = 0; at < whole.length; ) {
    const count = host.write(fd, whole, at);
    if (count < 0) return;
    at += count;
  }
}

/** How a program is run. */
interface Running {
  readonly stdin: number;
  readonly fds: readonly number[];
  readonly isWanted?: ((line: Uint8Array) => boolean) | undefined;
}

/** Runs a program; what `stdin` is, is closed here when the program has it. */
async function runFile(
  file: string,
  args: readonly string[],
  { stdin, fds, isWanted }: Running,
  send: () => void,
): Promise<Captured> {
  const [reading, writing] = checked(host.pipe(), "pipe");
  const env = [`PATH=${directories.join(":")}`, "LANG=C.UTF-8"];
  try {
    let pid: number;
    try {
      pid = spawn(file, args, [stdin, writing, writing, ...fds], { env, session: false });
      awaitStarted(file);
    } finally {
      host.close(writing);
      if (stdin >= 0) host.close(stdin);
    }
    send();
    const output = toText(readToEnd(reading, pid, isWanted));
    const status = checkedNumber(host.wait(pid), "waitpid");
    return { status: Math.min(status, 255), output };
  } finally {
    host.close(reading);
  }
}

/** Runs a program with an environment of its own, in `/`, without input. */
export async function capture(
  name: string,
  args: readonly string[],
  isWanted?: (line: Uint8Array) => boolean,
): Promise<Captured> {
  return runFile(findProgram(name), args, { stdin: -1, fds: [], isWanted }, () => {});
}

/** Runs the helper with further descriptors, and with input. */
export async function captureHelper(
  helper: string,
  args: readonly string[],
  fds: readonly number[],
  input?: string,
): Promise<Captured> {
  if (input === undefined) return runFile(helper, args, { stdin: -1, fds }, () => {});
  const [stdin, sending] = checked(host.pipe(), "pipe");
  let isOpen = true;
  const close = (): void => {
    if (isOpen) host.close(sending);
    isOpen = false;
  };
  try {
    return await runFile(helper, args, { stdin, fds }, () => {
      writeAll(sending, input);
      close();
    });
  } finally {
    close();
  }
}
