// Writes generated files, or with --check says which of them are stale.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

function current(path: string): string | undefined {
  try {
    return readFileSync(new URL(path, root), "utf8");
  } catch {
    return undefined;
  }
}

/** Writes each target whose text has changed. With `--check` in argv nothing is written, and a stale file is a failure. */
export function writeTargets(targets: Readonly<Record<string, () => string>>, command: string): void {
  const stale = Object.entries(targets)
    .map(([path, render]) => ({ path, text: render() }))
    .filter(({ path, text }) => current(path) !== text);
  if (process.argv.includes("--check")) {
    for (const { path } of stale) console.error(`${path} is stale: run ${command}`);
    process.exitCode = stale.length === 0 ? 0 : 1;
    return;
  }
  for (const { path, text } of stale) {
    mkdirSync(dirname(fileURLToPath(new URL(path, root))), { recursive: true });
    writeFileSync(new URL(path, root), text);
    console.log(`wrote ${path}`);
  }
}
