// A sandbox without namespaces as an ordinary user who may make none, and what a program tries in it.
import { readFileSync, writeFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import type { Build } from "../../defence/matrix/types.ts";
import { command, start, until } from "../../helpers/command.ts";
import { needs } from "../../helpers/needs.ts";
import { cofferArgv } from "../../helpers/peers/runtimes.ts";
import { asUser } from "../../helpers/user.ts";
import { makePlace } from "../table.ts";

/** A user namespace in which no further one may be made, as with `user.max_user_namespaces=0` on a host. */
export const restricted: readonly string[] = [
  ...["unshare", "--user", "--map-users=0:0:65536", "--map-groups=0:0:65536", "--", "sh", "-c"],
  'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"',
  "sh",
];

/**
 * A process of the caller outside, which answers on a path and on an abstract name: that of its place, which no other run
 * has. It dies with the test, also where an attempt has stopped it: prctl(2) asks for a signal.
 */
const outside = `
import ctypes, signal, socket, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
path, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
datagrams.bind(sys.argv[1] + "/datagrams")
path.bind(sys.argv[1] + "/socket"); path.listen()
abstract.bind("\\0" + sys.argv[1]); abstract.listen()
print("ready", flush=True)
sys.stdin.read()
`;

const prepare = [
  "echo secret > ../beside/secret",
  "printf '#!/bin/sh\\n' > ../beside/program; chmod 755 ../beside/program",
  "ln -s secret ../beside/points",
  "echo kept > kept; chmod 644 kept",
].join("; ");

/** What the audit of these plans tells, and so is done. */
export const open: readonly string[] = [
  "stat",
  "read a link outside",
  "enter",
  "arguments of a process",
  "mode of a file that can be read",
];

export interface Place {
  readonly path: string;
  readonly beside: string;
  readonly env: Readonly<Record<string, string>>;
  /** In the user namespace of the test: who is in another one may not trace, whatever Landlock says. */
  readonly free?: true;
  /** Another coffer than that of this checkout. */
  readonly build?: Build;
}

export async function place(t: ExecutionContext): Promise<Place | undefined> {
  if (!(await needs(t, "root", "user", "userns"))) return undefined;
  const { box, env } = await makePlace(t, "user", prepare);
  return { path: box.path, beside: `${box.base}/beside`, env };
}

/** The words that start coffer of a place. */
function words({ free, build }: Place, flags: readonly string[], inside: readonly string[]): readonly string[] {
  const coffer = cofferArgv(build?.nodeArguments);
  return [...(free ? [] : restricted), ...asUser, ...coffer, "sandbox", "--reduced", ...flags, "--", ...inside];
}

function where({ path, env, build }: Place) {
  return { cwd: path, env: { ...env, ...(build?.helper === undefined ? {} : { COFFER_HELPER: build.helper }) } };
}

export function reduced(at: Place, flags: readonly string[], ...inside: readonly string[]) {
  return command(words(at, flags, inside), where(at));
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
const source = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8");

/** A sandbox as a command of a shell. */
export function shellOf(at: Place, ...inside: readonly string[]): string {
  return words({ ...at, free: true }, ["--rw", "--no-guards"], inside)
    .map(quoted)
    .join(" ");
}

/** Runs a command of a shell on a terminal, and then types a line into that. */
export function onTerminal(at: Place, script: string) {
  return command(["python3", "-c", source("typing.py"), script], where(at));
}

/** What a process that a sandbox has left behind takes of a line, which is typed after the end of the sandbox. */
export async function typed(at: Place, streams: string) {
  const { stdout } = await onTerminal(at, `${shellOf(at, "python3", "-c", source("left.py"))} ${streams}`);
  writeFileSync(`${at.path}/end`, "");
  const read = (name: string): string => readFileSync(`${at.path}/${name}`, "utf8");
  await until("the process that was left has ended", () => read("taken").endsWith("ended"));
  return { terminals: read("streams").trim(), taken: read("taken"), line: stdout.includes("has typed") };
}

export async function attempts(
  t: ExecutionContext,
  at: Place,
  flags: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const script = readFileSync(new URL("attempts.py", import.meta.url), "utf8");
  const other = start([...asUser, "python3", "-c", outside, at.beside], { cwd: at.beside, keepStdin: true });
  try {
    await other.saw("ready");
    const { pid } = other;
    const words = ["python3", "-c", script, at.beside, `${pid}`, "kept", ...flags];
    const { stdout, stderr, exitCode } = await reduced({ ...at, free: true }, flags, ...words);
    t.is(exitCode, 0, stderr);
    return new Map(
      stdout
        .trim()
        .split("\n")
        .map((line): [string, string] => [line.split(": ")[0] ?? "", line.split(": ")[1] ?? ""]),
    );
  } finally {
    process.kill(other.pid, "SIGKILL");
    await other.done;
  }
}
