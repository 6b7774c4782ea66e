// The validation programs of the OCI runtime-tools: built once, run with one runtime each time, their output read.
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { repository } from "../../helpers/build.ts";
import { command } from "../../helpers/command.ts";
import type { ClientRuntime, Place } from "../place.ts";
import { programOf } from "../place.ts";

/** The built programs, and the root file system that they unpack. */
export type Suite = { readonly path: string; readonly programs: readonly string[] };

/** What a program found: how many of its tests passed, and which did not. */
export type Verdict = {
  readonly passed: boolean;
  readonly ok: number;
  readonly failed: readonly string[];
  readonly told: string;
  readonly ms: number;
};

const here = join(repository, "test/clients/runtime-tools");

/** Builds the suite from its sources, once for each content of them. */
export async function buildSuite(tarball: string): Promise<Suite> {
  const hash = createHash("sha256").update(basename(tarball));
  for (const name of ["tap.go", "build.sh"]) hash.update(readFileSync(join(here, name)));
  const path = join(repository, "test/.cache", `runtime-tools-${hash.digest("hex").slice(0, 16)}`);
  if (!existsSync(path)) {
    const built = await command(["sh", join(here, "build.sh"), tarball, path], { timeoutMs: 600_000 });
    if (built.exitCode !== 0) throw new Error(`cannot build the validation programs: ${built.stderr}`);
  }
  return { path, programs: readdirSync(join(path, "bin")).sort() };
}

/**
 * The command that the programs call: one path and no further words. Its standard input is a pipe, as the programs give
 * /dev/null, which runtimes would hand over to the container's user.
 */
export function writeRuntime(place: Place, runtime: ClientRuntime): string {
  const path = join(place.base, "bin", `suite-${runtime}`);
  const root = join(place.base, `root-${runtime}`);
  for (const directory of [root, join(place.base, `tmp-${runtime}`)]) mkdirSync(directory);
  writeFileSync(path, `#!/bin/sh\n: | exec '${programOf(place, runtime)}' --root '${root}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Reads the Test Anything Protocol; tests that are known to fail (TODO) do not count. */
export function readTap(text: string): Pick<Verdict, "ok" | "failed"> {
  const lines = text.split("\n");
  const ok = lines.filter((line) => /^ok \d/.test(line)).length;
  const failed = lines.filter((line) => /^not ok \d/.test(line) && !line.includes("# TODO"));
  return { ok, failed: failed.map((line) => line.replace(/^not ok \d+ - /, "")) };
}

/** Runs one program. */
export async function runProgram(
  place: Place,
  suite: Suite,
  program: string,
  runtime: ClientRuntime,
): Promise<Verdict> {
  const started = Date.now();
  const env = { RUNTIME: join(place.base, "bin", `suite-${runtime}`), TMPDIR: join(place.base, `tmp-${runtime}`) };
  const { stdout, stderr, exitCode } = await place.sh(`cd '${suite.path}' && exec bin/${program}`, {
    env,
    timeoutMs: 300_000,
  });
  const { ok, failed } = readTap(stdout);
  const passed = exitCode === 0 && ok > 0 && failed.length === 0;
  const told = [...failed, ...stderr.split("\n").filter((line) => line !== "")].slice(0, 4).join("; ").slice(0, 600);
  return { passed, ok, failed, told, ms: Date.now() - started };
}

/** Removes what programs have left that ended early: their containers, and the cgroups that they name. */
export async function cleanUp(place: Place, runtime: ClientRuntime): Promise<void> {
  await place.sh(`for c in $(ls '${join(place.base, `root-${runtime}`)}'); do
  '${join(place.base, "bin", `suite-${runtime}`)}' delete --force "$c" 2>/dev/null
done
find /sys/fs/cgroup -depth -type d '(' -path '*/cgrouptest*' -o -name testdir ')' -exec rmdir {} + 2>/dev/null
true`);
}
