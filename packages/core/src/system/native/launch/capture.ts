// Running a program of the host for what it prints.
import { SystemError } from "../../error.ts";
import type { Captured } from "../../port.ts";
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

function readToEnd(fd: number, pid: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let size = 0; ; ) {
    const chunk = new Uint8Array(chunkSize);
    const count = checkedNumber(host.read(fd, chunk, 0, chunkSize), "read");
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
    size += count;
    if (size > maxOutput) host.kill(pid, kill);
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

/** Runs a program; what `stdin` is, is closed here when the program has it. */
async function runFile(
  file: string,
  args: readonly string[],
  { stdin, fds }: { readonly stdin: number; readonly fds: readonly number[] },
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
    const output = toText(readToEnd(reading, pid));
    const status = checkedNumber(host.wait(pid), "waitpid");
    return { status: Math.min(status, 255), output };
  } finally {
    host.close(reading);
  }
}

/** Runs a program with an environment of its own, in `/`, without input. */
export async function capture(name: string, args: readonly string[]): Promise<Captured> {
  return runFile(findProgram(name), args, { stdin: -1, fds: [] }, () => {});
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
