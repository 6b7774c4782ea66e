// The bundle of both fronts: that of the sources, alone enough, and no verb loads what only another needs.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

const packages = join(repository, "packages");

test("it is that of the sources", async (t) => {
  const { exitCode, stderr } = await command([process.execPath, join(repository, "scripts/bundle.mjs"), "--check"]);
  t.is(exitCode, 0, stderr);
});

test("verbs on a container that is there load no schemas and no planner of containers", (t) => {
  const read = (name: string): string => readFileSync(join(packages, "cli/bundle/verbs", name), "utf8");
  for (const mark of ["ZodError", "planCreate", "planJoin"]) {
    t.true(read("making.js").includes(mark));
    t.false(read("existing.js").includes(mark), mark);
  }
});

/** What `npm install coffer` makes, but for `dist` and the dependencies that only `coffer` has. */
function install(t: ExecutionContext): string {
  const base = mkdtempSync(join(tmpdir(), "cft-"));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const parts = {
    coffer: ["cli", "package.json", "bin/coffer-oci.js", "bundle"],
    "@coffer/core": ["core", "package.json", "native"],
  };
  for (const [name, [folder = "", ...files]] of Object.entries(parts)) {
    for (const file of files) {
      const target = join(base, "node_modules", name, file);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(packages, folder, file), target, { recursive: true });
    }
  }
  return join(base, "node_modules/coffer/bin/coffer-oci.js");
}

test.serial("it runs a container where nothing else is installed", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const entry = install(t);
  const call = (...words: readonly string[]) => command([process.execPath, entry, "--root", box.state, ...words]);
  const version = await command([process.execPath, entry, "--version"]);
  t.regex(version.stdout, /^coffer-oci version \d/);
  const ran = await call("run", "--bundle", box.path, box.tag);
  t.is(ran.exitCode, 0, ran.stderr);
  t.is((await call("list", "-q")).stdout, "");
  await nothingLeft(t, box, box.before);
});
