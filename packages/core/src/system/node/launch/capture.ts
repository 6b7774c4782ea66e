// Running a program of the host for what it prints.
import type { ChildProcess } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { SystemError } from "../../error.ts";
import type { Captured } from "../../port.ts";
import type { Sieve } from "../../sieve.ts";
import { makeSieve } from "../../sieve.ts";
import { childProcess } from "../builtins.ts";
import { toNode, toText } from "../text.ts";

/** Never the caller's PATH. */
const directories = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"] as const;
const maxOutput = 64 * 1024 * 1024;

function findProgram(name: string): string {
  for (const directory of directories) {
    try {
      accessSync(`${directory}/${name}`, constants.X_OK);
      return `${directory}/${name}`;
    } catch {
      // The next one may have it.
    }
  }
  throw new SystemError("execve", name, "ENOENT");
}

/** How a program is run. */
interface Running {
  readonly stdio: readonly ["ignore" | "pipe", "pipe", "pipe", ...number[]];
  readonly input?: string | undefined;
  readonly isWanted?: ((line: Uint8Array) => boolean) | undefined;
}

function runFile(file: string, args: readonly string[], { stdio, input, isWanted }: Running): Promise<Captured> {
  return new Promise((resolve, reject) => {
    const env = { PATH: directories.join(":"), LANG: "C.UTF-8" };
    const child: ChildProcess = childProcess().spawn(file, args, { cwd: "/", env, stdio: [...stdio] });
    const [lines, complaints] = [makeSieve(isWanted), makeSieve()];
    const takeInto =
      ({ take }: Sieve) =>
      (chunk: Buffer): void => {
        take(chunk);
        if (lines.size() + complaints.size() > maxOutput) child.kill("SIGKILL");
      };
    // Node has no streams where it has no descriptors left for them; `error` says so.
    child.stdout?.on("data", takeInto(lines));
    child.stderr?.on("data", takeInto(complaints));
    child.once("error", (cause: NodeJS.ErrnoException) =>
      reject(new SystemError("execve", file, cause.code ?? "EIO", { cause })),
    );
    child.once("close", (status) => {
      const output = toText(Buffer.concat([...lines.end(), ...complaints.end()]));
      resolve({ status: status ?? 255, output });
    });
    if (input === undefined) return;
    // A helper that ends early tells why by its status.
    child.stdin?.on("error", () => {});
    child.stdin?.end(toNode(input));
  });
}

/** Runs a program with an environment of its own, in `/`, without input. */
export async function capture(
  name: string,
  args: readonly string[],
  isWanted?: (line: Uint8Array) => boolean,
): Promise<Captured> {
  return runFile(findProgram(name), args, { stdio: ["ignore", "pipe", "pipe"], isWanted });
}

/** Runs the helper with further descriptors, and with input. */
export function captureHelper(
  helper: string,
  args: readonly string[],
  fds: readonly number[],
  input?: string,
): Promise<Captured> {
  return runFile(helper, args, { stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe", ...fds], input });
}
