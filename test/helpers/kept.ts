// Results that depend on some files alone, and take long: a test that has passed for the same contents is not run again.
// CI (MUST_WORK=1) runs all of them.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { repository } from "./build.ts";

const folder = join(repository, ".cache/kept");
const isAlways = process.env.MUST_WORK === "1";

/** The files of a path (relative to the repository), which may be a folder, in a fixed order. */
function filesOf(path: string): readonly string[] {
  const absolute = join(repository, path);
  if (!statSync(absolute).isDirectory()) return [absolute];
  const entries = readdirSync(absolute, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The hash of the names and contents of files and folders. */
export function contentHash(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of paths.flatMap(filesOf)) {
    const content = readFileSync(file);
    hash.update(`${file.slice(repository.length)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 32);
}

type Test = Pick<ExecutionContext, "title" | "passed" | "log"> & { readonly pass: () => unknown };

/**
 * Runs the body of a test, unless this test has passed for the same contents of `inputs` before. The inputs are all that
 * the result depends on; the file of the test is one of them.
 */
export async function kept(t: Test, inputs: readonly string[], body: () => Promise<void>): Promise<void> {
  const name = createHash("sha256").update(t.title).digest("hex").slice(0, 16);
  const mark = join(folder, `${name}-${contentHash(inputs)}`);
  if (!isAlways && existsSync(mark)) {
    t.log("passed before for the same files");
    t.pass();
    return;
  }
  await body();
  if (!t.passed) return;
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder)) if (old.startsWith(`${name}-`)) rmSync(join(folder, old));
  writeFileSync(mark, `${t.title}\n`);
}
