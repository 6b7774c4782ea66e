// What a release is made of: read once, and put into each of its archives.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import type { Part } from "../front/parts.mjs";
import { licensesText, readParts } from "../front/parts.mjs";
import { findWasm2c } from "../front/tools.mjs";

/** A machine, by its names. */
export interface Target {
  readonly arch: string;
  readonly debian: string;
  readonly program: string;
  readonly helper: string;
  /** The library of `--explain`. */
  readonly quiet: string;
}

export interface Release {
  readonly version: string;
  /** When the release was made, in seconds since 1970: SOURCE_DATE_EPOCH, or the last commit. */
  readonly time: number;
  readonly maintainer: string;
  readonly targets: readonly Target[];
  readonly parts: readonly Part[];
  readonly licenses: string;
  readonly license: string;
  readonly notice: string;
  readonly readme: string;
  /** Paths of man pages. */
  readonly pages: readonly string[];
  readonly completion: Readonly<Record<"bash" | "zsh" | "fish", string>>;
}

/** Writes a file with exactly that mode, and makes its folder. */
export function installFile(path: string, content: string | Buffer, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

const debianNames: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

function targetOf(root: string, arch: string): Target {
  const folder = join(root, "packages/cli/native", arch);
  const program = join(folder, "coffer");
  if (!existsSync(program)) throw new Error(`${program} is missing: run \`npm run front -- --all\``);
  const [helper, quiet] = [join(folder, `coffer-helper-${arch}`), join(folder, `coffer-quiet-${arch}.so`)];
  return { arch, debian: debianNames[arch] ?? arch, program, helper, quiet };
}

function timeOf(root: string): number {
  const { SOURCE_DATE_EPOCH: epoch } = process.env;
  if (epoch !== undefined && /^\d+$/.test(epoch)) return Number(epoch);
  return Number(execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: root, encoding: "utf8" }));
}

/** Reads a release from a checkout in which everything is built. */
export function readRelease(root: string, archs: readonly string[]): Release {
  const text = (path: string): string => readFileSync(join(root, path), "utf8");
  const parts = readParts(root, findWasm2c().header);
  const complete = (shell: string): string =>
    execFileSync(process.execPath, [join(root, "packages/cli/bin/coffer.js"), "completion", shell], {
      encoding: "utf8",
    });
  return {
    version: JSON.parse(text("packages/cli/package.json")).version,
    time: timeOf(root),
    maintainer: "The authors of Coffer <coffer@localhost>",
    targets: archs.map((arch) => targetOf(root, arch)),
    parts,
    licenses: licensesText(parts),
    license: text("LICENSE"),
    notice: text("NOTICE"),
    readme: text("packages/cli/README.md"),
    pages: readdirSync(join(root, "man"))
      .sort()
      .map((name) => join(root, "man", name)),
    completion: { bash: complete("bash"), zsh: complete("zsh"), fish: complete("fish") },
  };
}
