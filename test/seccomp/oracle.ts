import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SeccompArg, SeccompProfile } from "../../packages/core/src/seccomp/profile.ts";

const source = fileURLToPath(new URL("oracle.c", import.meta.url));
const cache = fileURLToPath(new URL("../.cache/seccomp/", import.meta.url));
const header = "/usr/include/seccomp.h";
const maxOutput = 64 * 1024 * 1024;

/** Why libseccomp cannot be asked on this machine, or undefined. */
export const oracleMissing = existsSync(header) ? undefined : `${header} is missing: install libseccomp-dev`;

/** Builds a C program of this folder into the cache unless a newer one is there, and says where it is. */
export function buildTool(sourcePath: string, name: string, libraries: readonly string[]): string {
  const program = `${cache}${name}`;
  mkdirSync(cache, { recursive: true });
  if (existsSync(program) && statSync(program).mtimeMs >= statSync(sourcePath).mtimeMs) return program;
  // Two files of tests may build it at the same time.
  const temporary = `${program}.${process.pid}`;
  execFileSync(process.env.CC ?? "cc", ["-O1", "-Wall", "-Wextra", "-o", temporary, sourcePath, ...libraries]);
  renameSync(temporary, program);
  return program;
}

const actions: Readonly<Record<string, number>> = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
};

/** The filter's return value for an action, written down apart from the compiler. */
export function actionWord(action: string, errnoRet: number | undefined): number {
  const base = actions[action];
  if (base === undefined) throw new Error(`no number for ${action}`);
  return action === "SCMP_ACT_ERRNO" || action === "SCMP_ACT_TRACE" ? base + (errnoRet ?? 1) : base;
}

const argWords = (arg: SeccompArg): string =>
  `${arg.index} ${arg.op.replace("SCMP_CMP_", "")} ${arg.value} ${arg.valueTwo ?? 0}`;

/** The calls runc and crun make to libseccomp for a profile, as the oracle's lines. */
export function oracleLines(profile: SeccompProfile): readonly string[] {
  const defaultWord = actionWord(profile.defaultAction, profile.defaultErrnoRet);
  const archs = (profile.architectures ?? []).map((name) => `arch ${name.replace("SCMP_ARCH_", "").toLowerCase()}`);
  const rules = (profile.syscalls ?? []).flatMap(({ names, action, errnoRet, args = [] }) => {
    const word = actionWord(action, errnoRet);
    if (word === defaultWord) return [];
    const repeats = new Set(args.map((arg) => arg.index)).size < args.length;
    const alternatives = repeats ? args.map((arg) => [arg]) : [args];
    return names.flatMap((name) =>
      alternatives.map((list) => ["rule", word, name, list.length, ...list.map(argWords)].join(" ")),
    );
  });
  return [`default ${defaultWord}`, ...archs, ...rules, "write"];
}

/** What libseccomp makes of a profile. */
export interface OracleFilter {
  readonly program: Uint8Array;
  /** How many rules it refused; runc and crun then do not start the container. */
  readonly refused: number;
}

/** Compiles profiles with libseccomp, all in one run. */
export function compileWithLibseccomp(profiles: readonly SeccompProfile[]): readonly OracleFilter[] {
  const program = buildTool(source, "oracle", ["-lseccomp"]);
  const output = execFileSync(program, {
    input: `${profiles.flatMap(oracleLines).join("\n")}\n`,
    maxBuffer: maxOutput,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const filters: OracleFilter[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf("\n", at);
    const [size = 0, refused = 0] = output.toString("latin1", at, end).split(" ").map(Number);
    filters.push({ program: new Uint8Array(output.subarray(end + 1, end + 1 + size)), refused });
    at = end + 1 + size;
  }
  return filters;
}

/** libseccomp's number for each pair of architecture and name: -1 for an unknown name, below it for a pseudo number. */
export function resolveWithLibseccomp(pairs: readonly (readonly [arch: string, name: string])[]): readonly number[] {
  const program = buildTool(source, "oracle", ["-lseccomp"]);
  const input = pairs.map(([arch, name]) => `resolve ${arch} ${name}\n`).join("");
  return execFileSync(program, { input, maxBuffer: maxOutput }).toString().trim().split("\n").map(Number);
}
