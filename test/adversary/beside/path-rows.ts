// Every flag and word that names a file of the host, with a command that uses it and what the name leads to.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import type { VerbName } from "../../../packages/cli/src/table/verbs.ts";
import { command } from "../../helpers/command.ts";
import { userIds } from "../../helpers/user.ts";
import type { Call } from "./calls.ts";
import { calls, commandOf } from "./calls.ts";
import type { Field } from "./field.ts";
import { copyBundle, envOf, words } from "./field.ts";

/** What a name leads to: something that is read, written, kept state in, or connected to. */
export type Kind =
  | "read"
  | "written"
  | "directory"
  | "new-directory"
  | "state"
  | "bundle"
  | "socket"
  | "plan"
  | "images";

/** A flag, or a word, that names a file of the host. */
export type PathRow = {
  /** `--flag`, or the name of the word. */
  readonly flag: string;
  readonly kind: Kind;
  readonly verbs: readonly VerbName[];
  /** What is in a file that is read. */
  readonly content?: string | (() => string);
  /** The words of the flag, with `$PATH` for the path. */
  readonly given?: readonly string[];
  /** What the verb's own words become, where the flag takes their place. */
  readonly args?: Readonly<Partial<Record<VerbName, readonly string[]>>>;
  /** A verb that asks for a terminal. */
  readonly terminal?: true;
};

const making: readonly VerbName[] = ["create", "run", "exec"];
const process = JSON.stringify({ args: ["/probe", "exit", "0"], cwd: "/", user: { uid: 0, gid: 0 } });

/** A config for the box's bundle, which root and the user of the tests can run. */
function config(): string {
  const { uid, gid } = userIds();
  return JSON.stringify({
    ociVersion: "1.2.0",
    process: { args: ["/probe", "exit", "0"], cwd: "/", user: { uid: 0, gid: 0 } },
    root: { path: "rootfs", readonly: true },
    linux: {
      namespaces: ["user", "pid", "mount", "ipc", "uts", "network"].map((type) => ({ type })),
      uidMappings: [{ containerID: 0, hostID: uid, size: 1 }],
      gidMappings: [{ containerID: 0, hostID: gid, size: 1 }],
    },
  });
}

export const pathRows: readonly PathRow[] = [
  {
    flag: "--bundle",
    kind: "bundle",
    verbs: ["create", "run"],
    args: { create: ["$ID"], run: ["$ID"] },
  },
  { flag: "--bundle", kind: "new-directory", verbs: ["spec"], args: { spec: [] } },
  {
    flag: "--bundle",
    kind: "bundle",
    verbs: ["restore"],
    args: { restore: ["--image-path", "$BASE/images", "--work-path", "$BASE/work", "--detach", "$ID"] },
  },
  {
    flag: "bundle",
    kind: "bundle",
    verbs: ["audit", "explain", "plan"],
    given: ["$PATH"],
    args: { audit: ["--fail-on", "critical"], explain: [], plan: [] },
  },
  { flag: "other", kind: "bundle", verbs: ["plan"], given: ["$PATH"], args: { plan: ["--diff", "$BUNDLE"] } },
  {
    flag: "--root",
    kind: "state",
    verbs: ["list", "create", "delete"],
    args: { create: ["--bundle", "$BUNDLE", "$ID"] },
  },
  { flag: "--log", kind: "written", verbs: ["state"], args: { state: ["no-such-container"] } },
  { flag: "--pid-file", kind: "written", verbs: [...making, "restore"] },
  { flag: "--console-socket", kind: "socket", verbs: ["create", "run", "restore"], terminal: true },
  {
    flag: "--console-socket",
    kind: "socket",
    verbs: ["exec"],
    args: { exec: ["--tty", "$LIVE", "/probe", "exit", "0"] },
  },
  { flag: "--pidfd-socket", kind: "socket", verbs: [...making, "restore"] },
  { flag: "--policy", kind: "read", verbs: [...making, "audit", "sandbox", "restore"], content: "{}" },
  { flag: "--profile", kind: "read", verbs: ["sandbox", "why"], content: "{}" },
  { flag: "--config", kind: "read", verbs: ["create", "run", "audit", "explain"], content: config },
  { flag: "--process", kind: "read", verbs: ["exec"], content: process, args: { exec: ["$LIVE"] } },
  {
    flag: "--resources",
    kind: "read",
    verbs: ["update"],
    content: '{"pids":{"limit":100}}',
    args: { update: ["$LIVE"] },
  },
  {
    flag: "--plan",
    kind: "plan",
    verbs: ["audit", "explain", "run"],
    args: { audit: ["--fail-on", "critical"], explain: [], run: ["--input", "rootfs=$BUNDLE/rootfs"] },
  },
  {
    flag: "--input",
    kind: "directory",
    verbs: ["run"],
    given: ["--input", "rootfs=$PATH"],
    args: { run: ["--plan", "$BASE/stored.plan"] },
  },
  { flag: "--verify", kind: "plan", verbs: ["plan"], args: { plan: [] } },
  { flag: "--raw", kind: "written", verbs: ["plan"] },
  { flag: "--json-log", kind: "written", verbs: ["sandbox"] },
  { flag: "--html", kind: "written", verbs: ["explain"] },
  {
    flag: "--html",
    kind: "written",
    verbs: ["sandbox"],
    given: ["--show", "explain", "--html", "$PATH"],
  },
  { flag: "--trace", kind: "written", verbs: ["run", "sandbox"], given: ["--trace=$PATH"] },
  {
    flag: "--image-path",
    kind: "images",
    verbs: ["checkpoint"],
    args: { checkpoint: ["--work-path", "$BASE/work", "--leave-running", "$LIVE"] },
  },
  {
    flag: "--image-path",
    kind: "images",
    verbs: ["restore"],
    args: { restore: ["--work-path", "$BASE/work", "--detach", "--bundle", "$BASE/again", "$ID"] },
  },
  {
    flag: "--work-path",
    kind: "images",
    verbs: ["checkpoint"],
    args: { checkpoint: ["--image-path", "$BASE/images", "--leave-running", "$LIVE"] },
  },
  {
    flag: "--work-path",
    kind: "images",
    verbs: ["restore"],
    args: { restore: ["--image-path", "$BASE/images", "--detach", "--bundle", "$BASE/again", "$ID"] },
  },
];

/** Those of `shell`: what `sandbox` has, too. */
const flagsOfShell = [
  ...["--policy", "--profile", "--read", "--write", "--deny", "--tmp", "--socket", "--cwd", "--size"],
  ...["--trace", "--html", "--json-log", "--learn"],
];

/** Flags and words that read like a path of the host, and are none, or are covered elsewhere. */
export const notOfHost: Readonly<Record<string, string>> = {
  "exec --cwd": "a directory of the container",
  "explain --field": "a field of the config",
  "sandbox --field": "a field of the config",
  "exec --cgroup": "a name beneath the container's cgroup",
  "wasm --dir": "opened once, and bound by the path that the kernel tells: as sandbox --read",
  "wasm --policy": "as sandbox --policy",
  "wasm --trace": "as sandbox --trace",
  "wasm --size": "a number of bytes",
  "init --from": "read as --profile is, and nothing is run with it",
  "sandbox --learn": "made where nothing is, as a file of --html is",
  "sandbox --tmp": "a directory of the sandbox",
  "sandbox --size": "a directory of the sandbox",
  "sandbox --read": "raced in test/defence/sandbox-paths.test.ts",
  "sandbox --socket": "bound as --read binds, and raced with it; a name leads to a path of the caller's variables",
  "sandbox --write": "raced in test/defence/sandbox-paths.test.ts",
  "sandbox --deny": "raced in test/defence/sandbox-paths.test.ts",
  "sandbox --cwd": "raced in test/defence/sandbox-paths.test.ts",
  ...Object.fromEntries(
    ["--tmp", "--size", "--read", "--write", "--deny", "--socket", "--cwd"].map((flag) => [
      `why ${flag}`,
      "looked up as in sandbox, and nothing is opened",
    ]),
  ),
  ...Object.fromEntries(
    flagsOfShell.map((flag) => [`shell ${flag}`, "read by the code of sandbox: shell is sandbox with a terminal"]),
  ),
  "apply --held": "a change of the overlay, by its path in the tree: nothing is opened by it",
  "accept file": "read once, and hashed as it was read: test/sandbox/accepted.test.ts; a link is no project's file",
  "checkpoint --parent-path": "counted from the images, and refused where it leads out of them",
};

/** The words that call a row's verb with a path. */
export function argsOf(row: PathRow, verb: VerbName, path: string): readonly string[] {
  const given = (row.given ?? [row.flag, "$PATH"]).map((word) => word.replaceAll("$PATH", path));
  const own = row.args?.[verb] ?? calls[verb].args;
  const isWord = !row.flag.startsWith("-");
  // A command, and what stands before it, come last.
  return isWord ? [...own, ...given] : [...given, ...own];
}

/** The command that calls a row's verb with a path. */
export function commandFor(
  field: Field,
  row: PathRow,
  verb: VerbName,
  path: string,
  wrap: readonly string[] = [],
): readonly string[] {
  const call: Call = calls[verb];
  return commandOf(field, verb, call, argsOf(row, verb, path), wrap);
}

/** Whether a row's verb needs a container that runs. */
export const needsLive = (row: PathRow, verb: VerbName): boolean =>
  calls[verb].live === true && !(row.flag === "--log" && verb === "state");

async function storePlan(field: Field, to: string): Promise<void> {
  const argv = [...field.prefix, ...words(field, "plan", ["--raw", to, field.path])];
  const { exitCode, stderr } = await command(argv, { env: envOf(field) });
  if (exitCode !== 0) throw new Error(stderr);
}

function listen(t: ExecutionContext, path: string): Promise<void> {
  const server = createServer((socket) => socket.on("error", () => {}).resume());
  t.teardown(() => void server.close());
  return new Promise((resolve) => server.listen(path, resolve));
}

/** Makes what a row's path leads to. */
export async function makeObject(t: ExecutionContext, field: Field, row: PathRow, path: string): Promise<void> {
  const { kind, content = "" } = row;
  if (kind === "read") writeFileSync(path, typeof content === "string" ? content : content());
  else if (kind === "bundle") copyBundle(field, path, "mark");
  else if (kind === "plan") execFileSync("cp", [join(field.base, "stored.plan"), path]);
  else if (kind === "socket") await listen(t, path);
  else if (kind === "directory") execFileSync("cp", ["-a", field.rootfs, path]);
  else if (kind !== "written") mkdirSync(path, { mode: 0o700 });
}

/** Makes what rows share: a stored plan. */
export async function makeShared(field: Field): Promise<void> {
  await storePlan(field, join(field.base, "stored.plan"));
}
