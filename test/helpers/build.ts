// Builds the C programs that the tests use, once for each content of their sources.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

export const repository = join(import.meta.dirname, "..", "..");
const cache = join(import.meta.dirname, "..", ".cache");
const flags = ["-static", "-O1", "-s", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"];

/** The folders of each program that the helper is made of. */
export const programs: Readonly<Record<"init" | "satellite" | "launcher", readonly string[]>> = JSON.parse(
  readFileSync(join(repository, "helper-c/programs.json"), "utf8"),
);
/** The folders of what launches a container: not `plan`, which calls no kernel, nor `layers`, which is another verb's. */
export const launchFolders: readonly string[] = [...new Set(Object.values(programs).flat())].filter(
  (folder) => !/^(plan|layers)\b/.test(folder),
);

type Machine = "x86_64" | "aarch64";
const ownMachine: Machine = process.arch === "arm64" ? "aarch64" : "x86_64";

function compiler(machine: Machine): readonly string[] {
  return [process.env.ZIG ?? join(repository, "node_modules/.bin/zig"), "cc", "-target", `${machine}-linux-musl`];
}

function sources(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".c") || name.endsWith(".h"));
  return names.sort().map((name) => join(folder, name));
}

/** Builds the C sources of a folder (relative to the repository) into one static program; returns its path. */
export function buildProgram(folder: string, extra: readonly string[] = [], machine: Machine = ownMachine): string {
  const files = sources(join(repository, folder));
  const hash = createHash("sha256").update([...flags, ...extra].join(" "));
  for (const file of files) hash.update(readFileSync(file));
  const name = machine === ownMachine ? folder : `${folder}-${machine}`;
  const output = join(cache, `${name.replaceAll("/", "-")}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(output)) return output;
  mkdirSync(cache, { recursive: true });
  const temporary = `${output}.${process.pid}`;
  const [file = "", ...args] = compiler(machine);
  const code = files.filter((name) => name.endsWith(".c"));
  execFileSync(file, [...args, ...flags, ...extra, ...code, "-o", temporary], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  renameSync(temporary, output);
  return output;
}

/** Refuses to test what was built from other sources than these: `npx ava` does not build. */
export function refuseStale(): void {
  const { COFFER_STALE: stale = "" } = process.env;
  if (stale !== "") throw new Error(stale);
}

/** The probe: the only program in a test's rootfs. */
export const probe = (): string => buildProgram("test/probe");

/** The tools: what a test does on the host's side. */
export const tools = (): string => buildProgram("test/helpers/tools");
