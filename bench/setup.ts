// The bundle that is run, and the stored plans of it.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { basename, join } from "node:path";
import { buildProgram } from "../test/helpers/build.ts";
import { baseConfig } from "../test/helpers/config.ts";
import type { Json, Patch } from "../test/helpers/json.ts";
import { toJson } from "../test/helpers/json.ts";
import { cofferArgv, helperPath } from "../test/helpers/peers/runtimes.ts";

export type Stage = {
  readonly base: string;
  readonly bundle: string;
  readonly rootfs: string;
  readonly end: () => void;
};

const minute = 60;

/** Writes the config of a bundle that has been there for a while: of a younger one the native front keeps no plan. */
export function writeOldConfig(bundle: string, config: Json): void {
  const file = join(bundle, "config.json");
  writeFileSync(file, toJson(config));
  const then = Date.now() / 1000 - minute;
  utimesSync(file, then, then);
}

/** Makes a bundle whose program ends at once; with `wait` it waits for a signal. */
export function makeStage(name: string, patch: Patch = {}): Stage {
  const base = mkdtempSync(join(tmpdir(), "cft-bench-"));
  const bundle = join(base, "bundle");
  const rootfs = join(bundle, "rootfs");
  for (const directory of ["proc", "dev", "sys", "tmp"]) mkdirSync(join(rootfs, directory), { recursive: true });
  copyFileSync(buildProgram("bench/payload", ["-nostdlib"]), join(rootfs, "true"));
  chmodSync(base, 0o755);
  const config = baseConfig({
    "/process/args": ["/true"],
    "/linux/cgroupsPath": `/coffer-test/bench-${name}`,
    ...patch,
  });
  writeOldConfig(bundle, config);
  return { base, bundle, rootfs, end: () => rmSync(base, { recursive: true, force: true }) };
}

/** The words that remove the plans and filters that the native front keeps (docs/develop/front.md). */
export function forgetWords(): readonly string[] {
  const { uid } = userInfo();
  const states = uid === 0 ? ["/run/coffer"] : [`/run/user/${uid}/coffer`, `/tmp/coffer-${uid}`];
  return ["rm", "-rf", ...states.map((dir) => join(dir, ".plans"))];
}

/** A state root for a runtime, where runtimes keep their state. */
export const stateOf = (stage: Stage, runtime: string): string => join("/run", `${basename(stage.base)}-${runtime}`);

function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  const [file = "", ...args] = argv;
  execFileSync(file, args, { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "inherit"] });
}

/** Runs coffer. */
export const coffer = (...args: readonly string[]): void => run([...cofferArgv(), ...args]);

/** Stores the plan that `coffer plan` makes of the bundle. */
export function storePlan(stage: Stage): string {
  const file = join(stage.base, "plan");
  coffer("plan", "--raw", file, stage.bundle);
  return file;
}

/** The words that launch a stored plan, which is on descriptor 3, with the stage's root directory. */
export const launchWords = (stage: Stage): readonly string[] => [
  helperPath(),
  "launch",
  "--plan-fd",
  "3",
  "--input",
  `rootfs=${stage.rootfs}`,
];

/** Runs coffer with a helper that keeps a copy of the plan that it is given, which is on descriptor 3. */
export function capturePlan(stage: Stage, ...args: readonly string[]): string {
  const file = join(stage.base, `captured-${args[0]}`);
  const helper = join(stage.base, "capture");
  writeFileSync(helper, `#!/bin/sh\ncat <&3 >'${file}'\nexec '${helperPath()}' "$@" 3<'${file}'\n`, { mode: 0o755 });
  run([...cofferArgv(), ...args], { COFFER_HELPER: helper });
  return file;
}
