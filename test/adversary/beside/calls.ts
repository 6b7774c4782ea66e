// How each verb is called in a cell, and what stands before and after it in the same run.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { VerbName } from "../../../packages/cli/src/table/verbs.ts";
import { command } from "../../helpers/command.ts";
import { pipes } from "../../helpers/criu/checkpoint.ts";
import { userIds } from "../../helpers/user.ts";
import type { Field } from "./field.ts";
import { copyBundle, envOf, words } from "./field.ts";
import type { Caller } from "./types.ts";

/** A verb's words: `$ID` is a new container, `$LIVE` one that runs, `$BUNDLE` the bundle, `$BASE` the test's directory. */
export type Call = {
  readonly args: readonly string[];
  /** Verbs before and after, on the same paths, of which nothing is expected. */
  readonly before?: readonly (readonly string[])[];
  readonly after?: readonly (readonly string[])[];
  /** A shell script at the end of each run. */
  readonly clear?: string;
  readonly live?: true;
  /** Only these callers can have the verb where the tests run. */
  readonly only?: Caller;
};

const create = ["create", "--bundle", "$BUNDLE", "$ID"];
const remove = ["delete", "--force", "$ID"];
const images = ["--image-path", "$BASE/images", "--work-path", "$BASE/work"];

/** Every verb of the table. */
export const calls: Readonly<Record<VerbName, Call>> = {
  accept: { args: ["--list"] },
  apply: { args: ["--help"] },
  audit: { args: ["--fail-on", "critical", "$BUNDLE"] },
  checkpoint: {
    args: [...images, "--leave-running", "$LIVE"],
    live: true,
    only: "root",
    clear: "rm -rf $BASE/images $BASE/work",
  },
  completion: { args: ["bash"] },
  create: { args: ["--bundle", "$BUNDLE", "$ID"], after: [remove] },
  delete: { before: [create], args: ["--force", "$ID"], after: [remove] },
  // No overlay has that name.
  diff: { args: ["--help"] },
  doctor: { args: [] },
  events: { args: ["--stats", "$LIVE"], live: true, only: "root" },
  exec: { args: ["$LIVE", "/probe", "exit", "0"], live: true },
  explain: { args: ["$BUNDLE"] },
  features: { args: [] },
  // It would write into the directory that the tests work in.
  init: { args: ["--help"] },
  kill: { args: ["$LIVE", "CONT"], live: true },
  list: { args: [] },
  logs: { before: [["create", "--keep-output", "--bundle", "$BUNDLE", "$ID"]], args: ["$ID"], after: [remove] },
  overlay: { args: ["list"] },
  pause: { args: ["$LIVE"], live: true, only: "root", after: [["resume", "$LIVE"]] },
  plan: { args: ["$BUNDLE"] },
  ps: { args: ["$LIVE"], live: true, only: "root" },
  restore: {
    before: [["checkpoint", ...images, "--leave-running", "$LIVE"]],
    args: [...images, "--detach", "--bundle", "$BASE/again", "$ID"],
    after: [remove],
    clear: "rm -rf $BASE/images $BASE/work",
    live: true,
    only: "root",
  },
  resume: { before: [["pause", "$LIVE"]], args: ["$LIVE"], live: true, only: "root" },
  run: { args: ["--bundle", "$BUNDLE", "$ID"] },
  sandbox: { args: ["--", "true"] },
  shell: { args: ["--", "-c", "true"] },
  spec: { args: ["--bundle", "$BASE/new"], clear: "rm -f $BASE/new/config.json" },
  start: { before: [create], args: ["$ID"], after: [remove] },
  state: { args: ["$LIVE"], live: true },
  undo: { args: ["--help"] },
  update: { args: ["--pids-limit", "100", "$LIVE"], live: true, only: "root" },
  // It would compile: test/wasm has what is its own.
  wasm: { args: ["--help"] },
  why: { args: ["/usr/bin/env"] },
};

/** Puts the field's names in. */
export function named(field: Field, word: string): string {
  return word
    .replaceAll("$BUNDLE", field.path)
    .replaceAll("$LIVE", `${field.tag}-live`)
    .replaceAll("$ID", `${field.tag}-new`)
    .replaceAll("$BASE", field.base);
}

/** A command that runs a call once; `wrap` are words before `coffer`. */
export function commandOf(
  field: Field,
  verb: VerbName,
  call: Call,
  args: readonly string[] = call.args,
  wrap: readonly string[] = [],
): readonly string[] {
  const line = ([name = "", ...rest]: readonly string[]): string =>
    `${words(
      field,
      name,
      rest.map((word) => named(field, word)),
    ).join(" ")};`;
  const before = (call.before ?? []).map(line).join(" ");
  const after = `${(call.after ?? []).map(line).join(" ")} ${named(field, call.clear ?? "")}`;
  const script = `{ ${before} :; } >/dev/null 2>&1; ${verb === "restore" ? ": | " : ""}"$@"; s=$?; { ${after.trim() || ":"}\n} >/dev/null 2>&1; exit $s`;
  return [
    ...field.prefix,
    "sh",
    "-c",
    script,
    "sh",
    ...wrap,
    ...words(
      field,
      verb,
      args.map((word) => named(field, word)),
    ),
  ];
}

/** A bundle with the root directory of the container that runs, and a cgroup of its own. */
function makeAgain({ base }: Field, config: Config): void {
  const at = join(base, "again");
  mkdirSync(at);
  const linux = {
    ...config.linux,
    ...(config.linux.cgroupsPath ? { cgroupsPath: `${config.linux.cgroupsPath}-2` } : {}),
  };
  const root = { ...config.root, path: join(base, "live/rootfs") };
  writeFileSync(join(at, "config.json"), JSON.stringify({ ...config, linux, root }));
}

type Config = {
  readonly linux: { cgroupsPath?: string };
  readonly root: object;
  readonly process: { args: readonly string[] };
};

/** Makes what the calls name: a container that runs, and an empty directory. */
export async function prepare(field: Field, isLive: boolean): Promise<void> {
  const made = join(field.base, "new");
  mkdirSync(made);
  if (field.as === "user") execFileSync("chown", [`${userIds().uid}`, made]);
  if (!isLive) return;
  const live = join(field.base, "live");
  copyBundle(field, live, "live");
  const config: Config = JSON.parse(readFileSync(join(live, "config.json"), "utf8"));
  config.process.args = ["/probe", "sleep", "1000"];
  if (config.linux.cgroupsPath) config.linux.cgroupsPath += "-live";
  writeFileSync(join(live, "config.json"), JSON.stringify(config));
  makeAgain(field, config);
  const run = words(field, "run", ["--detach", "--bundle", live, `${field.tag}-live`]);
  // Streams that are sockets cannot be checkpointed.
  const piped = ["bash", "-c", pipes, join(field.base, "live.log"), ...field.prefix, ...run];
  const { exitCode } = await command(piped, { env: envOf(field) });
  if (exitCode !== 0)
    throw new Error(`the container does not run: ${readFileSync(join(field.base, "live.log"), "utf8")}`);
}

/** Removes the container that runs. */
export async function finish(field: Field): Promise<void> {
  await command([...field.prefix, ...words(field, "delete", ["--force", `${field.tag}-live`])], { env: envOf(field) });
}
