// The place of a cell: a bundle of the caller's, a directory of another user beside it, and what only the caller may reach.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import type { Build } from "../../defence/matrix/types.ts";
import { rootlessPatch } from "../../helpers/config.ts";
import type { Box } from "../../helpers/container.ts";
import { makeBox } from "../../helpers/container.ts";
import { inMode } from "../../helpers/host-modes.ts";
import type { Patch } from "../../helpers/json.ts";
import { cgroupsOf, processesOf, settled, snapshot } from "../../helpers/leftovers.ts";
import type { RuntimeName } from "../../helpers/peers/runtimes.ts";
import { cofferArgv, helperEnv } from "../../helpers/peers/runtimes.ts";
import { asUser, giveToUser, userIds } from "../../helpers/user.ts";
import type { Caller } from "./types.ts";

/** The id of the other user. It has no name. */
export const anothers = 23_456;
/** What no output may have. */
const secret = "the-secret-of-the-caller";

/** A place with all that a verb needs, and all that an attacker may try. */
export type Field = Box & {
  readonly as: Caller;
  /** A directory of the other user, whose names that user exchanges. */
  readonly parent: string;
  /** A directory of the caller, 0700, with a file that has the secret. */
  readonly vault: string;
  readonly env: Readonly<Record<string, string>>;
  /** The words before `coffer` that make the caller. */
  readonly prefix: readonly string[];
  /** Each file of the vault with its content. */
  readonly vaultBefore: readonly string[];
  /** Another coffer than this checkout's. */
  readonly build: Build;
  readonly runtime: RuntimeName;
};

/** Every file of a directory, with its mode, owner and content. */
function contentOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const path = join(directory, name);
      const found = lstatSync(path);
      const content = found.isFile() ? readFileSync(path, "utf8").slice(0, 60) : "";
      return `${name} ${found.mode.toString(8)} ${found.uid} ${content}`;
    });
}

/** Makes a place. Its container's program waits, unless the patch says otherwise. */
export function makeField(
  t: ExecutionContext,
  as: Caller,
  patch: Patch = {},
  build: Build = {},
  runtime: RuntimeName = "coffer",
): Field {
  const own = as === "root" ? {} : rootlessPatch(userIds().uid, userIds().gid);
  const box = makeBox(t, { "/process/args": ["/probe", "exit", "0"], ...own, ...patch });
  const parent = join(box.base, "parent");
  const vault = join(box.base, "vault");
  mkdirSync(parent);
  mkdirSync(vault);
  mkdirSync(join(vault, "inner"), { mode: 0o700 });
  for (const name of ["file", "config.json", "inner/config.json", "inner/state.json"])
    writeFileSync(join(vault, name), secret, { mode: 0o600 });
  chmodSync(vault, 0o700);
  mkdirSync(box.state, { mode: 0o700 });
  let env: Readonly<Record<string, string>> = {};
  if (as === "user") {
    const { uid, gid } = userIds();
    env = giveToUser(box);
    execFileSync("chown", ["-R", `${uid}:${gid}`, vault, box.state]);
  }
  execFileSync("chown", [`${anothers}`, parent]);
  const before = snapshot(box);
  return {
    ...box,
    before,
    as,
    parent,
    vault,
    env,
    prefix: as === "user" ? asUser : [],
    vaultBefore: contentOf(vault),
    build,
    runtime,
  };
}

/** Copies the bundle, with another mark in its root directory and data, and in what its program says. */
export function copyBundle(field: Field, to: string, mark: string): void {
  cpSync(field.path, to, { recursive: true });
  mkdirSync(join(to, "data"), { recursive: true });
  for (const where of ["rootfs", "data"]) writeFileSync(join(to, where, "mark"), `${where}-${mark}\n`);
  if (field.as === "user") execFileSync("chown", ["-R", `${userIds().uid}:${userIds().gid}`, to]);
}

/** The words of a verb. Peers take the global flags before it, and crun no hybrid cgroups. */
export function words({ build, runtime, state }: Field, verb: string, args: readonly string[]): readonly string[] {
  const root = args.includes("--root") ? [] : ["--root", state];
  if (runtime === "coffer") return [...cofferArgv(build.nodeArguments), verb, ...root, ...args];
  const globals = ["--root", "--log"].flatMap((flag) => {
    const at = args.indexOf(flag);
    return at < 0 ? [] : args.slice(at, at + 2);
  });
  const own = args.filter((word) => !globals.includes(word));
  return [...(runtime === "crun" ? inMode("v1") : []), runtime, ...root, ...globals, verb, ...own];
}

/** The environment of the caller. */
export function envOf(field: Field): Readonly<Record<string, string>> {
  const { helper } = field.build;
  return {
    ...(helper === undefined ? helperEnv() : { COFFER_HELPER: helper }),
    COFFER_TEST_TAG: field.tag,
    ...field.env,
  };
}

/** What is lost of the caller's, in words: what is in the vault has changed, what it says was told. */
export function lossesOf(field: Field, texts: readonly string[]): readonly string[] {
  const now = contentOf(field.vault);
  return [
    ...(now.join("\n") === field.vaultBefore.join("\n")
      ? []
      : [`the vault changed: ${now.filter((row) => !field.vaultBefore.includes(row)).join(", ")}`]),
    ...(texts.some((text) => text.includes(secret)) ? ["the secret was told"] : []),
  ];
}

/** What is left of the place's own, in words, once what has been ended had its time to end. */
export async function leftOf(field: Field): Promise<readonly string[]> {
  await settled(field);
  const states = existsSync(field.state) ? readdirSync(field.state) : [];
  return [
    ...processesOf(field).map((row) => `a process is left: ${row}`),
    ...cgroupsOf(field).map((path) => `a cgroup is left: ${path}`),
    ...states.map((name) => `a state is left: ${name}`),
  ];
}
