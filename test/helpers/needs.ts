// What a test needs of the machine. A missing thing skips the test with its reason, in CI only where it is allowed.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { findBrowser } from "../../scripts/site/browser.mjs";
import { command } from "./command.ts";
import { testUser } from "./user.ts";

/** Where scripts/setup-system.sh puts the source package with the core specification's tests. */
export const suiteDirectory = "/usr/src/coffer-wasm";

/** Where Debian has the programs of PostgreSQL's server: a directory for each version, of which the newest is last. */
export function postgresPrograms(): string | undefined {
  const versions = "/usr/lib/postgresql";
  const newest = existsSync(versions) ? readdirSync(versions).toSorted().at(-1) : undefined;
  return newest === undefined ? undefined : join(versions, newest, "bin");
}

const checks = {
  root: () => Promise.resolve(process.getuid?.() === 0),
  gcc: () => runs(["gcc", "--version"]),
  clang: () => runs(["clang-19", "--version"]),
  busybox: () => runs(["busybox", "true"]),
  /** Built from the sources as they are (ava.config.js). */
  "native-front": () => Promise.resolve(process.env.COFFER_NATIVE === "built"),
  wasmedge: () => runs(["wasmedge", "--version"]),
  wasm2c: () => runs(["wasm2c", "--version"]),
  tcc: () => runs(["tcc", "-v"]),
  "wasm-opt": () => runs(["wasm-opt", "--version"]),
  /** Debian's source package with the core specification's tests (scripts/setup-system.sh). */
  "core-suite": async () => existsSync(suiteDirectory) && readdirSync(suiteDirectory).length > 0,
  simde: async () => existsSync("/usr/include/simde/wasm/simd128.h"),
  spin: () => runs(["spin", "-V"]),
  cbmc: () => runs(["cbmc", "--version"]),
  "qemu-aarch64": () => runs(["qemu-aarch64", "--version"]),
  runc: () => runs(["runc", "--version"]),
  crun: () => runs(["crun", "--version"]),
  ip: () => runs(["ip", "-V"]),
  pasta: () => runs(["pasta", "--version"]),
  criu: () => runs(["criu", "check"]),
  pycriu: () => runs(["/usr/bin/python3", "-c", "import pycriu"]),
  "memory-tracking": () => runs(["criu", "check", "--feature", "mem_dirty_track"]),
  bash: () => runs(["bash", "--version"]),
  zsh: () => runs(["zsh", "--version"]),
  fish: () => runs(["fish", "--version"]),
  mandoc: () => runs(["sh", "-c", "command -v mandoc"]),
  groff: () => runs(["groff", "--version"]),
  chromium: () => Promise.resolve(findBrowser() !== undefined),
  ssh: () => runs(["sh", "-c", "command -v ssh-agent && command -v ssh-add && command -v ssh-keygen"]),
  go: () => runs(["go", "version"]),
  postgres: async () => postgresPrograms() !== undefined && (await runs(["psql", "--version"])),
  bwrap: () => runs(["bwrap", "--version"]),
  catatonit: () => runs(["catatonit", "--version"]),
  vi: () => runs(["sh", "-c", "command -v vi"]),
  htop: () => runs(["htop", "--version"]),
  tmux: () => runs(["tmux", "-V"]),
  strace: () => runs(["strace", "-V"]),
  newuidmap: () => Promise.resolve(existsSync("/usr/bin/newuidmap")),
  user: () => runs(["setpriv", "--reuid", testUser, "true"]),
  userns: () => runs(["unshare", "-U", "true"]),
  timens: () => Promise.resolve(existsSync("/proc/self/ns/time")),
  "cgroup-v1": () => Promise.resolve(existsSync("/sys/fs/cgroup/memory/cgroup.procs")),
  "hybrid-cgroups": () => Promise.resolve(existsSync("/sys/fs/cgroup/unified/cgroup.procs")),
  "cgroup-v2-controllers": () => Promise.resolve(hasControllers()),
  "runtime-tools": async () =>
    process.arch === "x64" && suiteTarball() !== undefined && (await runs(["go", "version"])),
  "raise-rlimits": () => runs(["prlimit", "--nofile=1000000:1000000", "true"]),
} as const;

/** The sources of the OCI runtime-tools, as scripts/setup-system.sh has fetched them; undefined when it could not. */
export function suiteTarball(): string | undefined {
  const directory = "/usr/src/coffer-tests";
  const names = existsSync(directory) ? readdirSync(directory) : [];
  const name = names.find((file) => file.includes("runtime-tools") && file.includes(".orig.tar."));
  return name === undefined ? undefined : join(directory, name);
}

/** A thing that a test may need. */
export type Need = keyof typeof checks;

async function runs(argv: readonly string[]): Promise<boolean> {
  try {
    return (await command(argv)).exitCode === 0;
  } catch {
    return false;
  }
}

function hasControllers(): boolean {
  const file = "/sys/fs/cgroup/cgroup.controllers";
  return existsSync(file) && readFileSync(file, "utf8").includes("memory");
}

function allowedSkips(): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(import.meta.dirname, "..", "allowed-skips.json"), "utf8"));
}

const known = new Map<Need, Promise<boolean>>();

/** Whether the machine has a thing; asked once. */
export function has(need: Need): Promise<boolean> {
  const answer = known.get(need) ?? checks[need]();
  known.set(need, answer);
  return answer;
}

/**
 * True when the machine has everything that the test needs. Otherwise the test passes as skipped, and the reason is
 * printed; with MUST_WORK=1 it fails unless test/allowed-skips.json names the need.
 */
export async function needs(t: ExecutionContext, ...wanted: readonly Need[]): Promise<boolean> {
  for (const need of wanted) {
    if (await has(need)) continue;
    const message = `skipped: needs ${need}`;
    if (process.env.MUST_WORK === "1" && !(need in allowedSkips())) t.fail(`${message}, which CI must have`);
    else t.pass();
    t.log(message);
    return false;
  }
  return true;
}
