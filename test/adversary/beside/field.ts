// The place of a cell: a bundle of the caller's, a directory of another user beside it, and what only the caller may reach.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { rootlessPatch } from "../../helpers/config.ts";
import type { Box } from "../../helpers/container.ts";
import { makeBox } from "../../helpers/container.ts";
import type { Patch } from "../../helpers/json.ts";
import { cgroupsOf, processesOf, snapshot } from "../../helpers/leftovers.ts";
import { cofferArgv, helperEnv } from "../../helpers/runtimes.ts";
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
};

function contentOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const path = join(directory, name);
      return readdirSync(directory, { withFileTypes: true }).some((one) => one.name === name && one.isFile())
        ? `${name}: ${readFileSync(path, "utf8")}`
        : name;
    });
}

/** Makes a place. Its container's program waits, unless the patch says otherwise. */
export function makeField(t: ExecutionContext, as: Caller, patch: Patch = {}): Field {
  const own = as === "root" ? {} : rootlessPatch(userIds().uid, userIds().gid);
  const box = makeBox(t, { "/process/args": ["/probe", "exit", "0"], ...own, ...patch });
  const parent = join(box.base, "parent");
  const vault = join(box.base, "vault");
  mkdirSync(parent);
  mkdirSync(vault);
  for (const name of ["file", "config.json", "state.json", "pid"])
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
  return { ...box, before, as, parent, vault, env, prefix: as === "user" ? asUser : [], vaultBefore: contentOf(vault) };
}

/** Copies the bundle, with another mark in its root directory and data, and in what its program says. */
export function copyBundle(field: Field, to: string, mark: string): void {
  cpSync(field.path, to, { recursive: true });
  mkdirSync(join(to, "data"), { recursive: true });
  for (const where of ["rootfs", "data"]) writeFileSync(join(to, where, "mark"), `${where}-${mark}\n`);
  if (field.as === "user") execFileSync("chown", ["-R", `${userIds().uid}:${userIds().gid}`, to]);
}

/** The words of a verb of coffer. */
export function words(field: Field, verb: string, args: readonly string[]): readonly string[] {
  return [...cofferArgv(), verb, ...(args.includes("--root") ? [] : ["--root", field.state]), ...args];
}

/** The environment of the caller. */
export function envOf(field: Field): Readonly<Record<string, string>> {
  return { ...helperEnv(), COFFER_TEST_TAG: field.tag, ...field.env };
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

/** What is left of the place's own, in words. Containers that the place keeps are `kept` processes. */
export function leftOf(field: Field): readonly string[] {
  const states = existsSync(field.state) ? readdirSync(field.state) : [];
  return [
    ...processesOf(field).map((row) => `a process is left: ${row}`),
    ...cgroupsOf(field).map((path) => `a cgroup is left: ${path}`),
    ...states.map((name) => `a state is left: ${name}`),
  ];
}
