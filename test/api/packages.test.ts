// Types that hold without the workspace's conditions, and examples that compile.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";

/** The TypeScript of a document, each example on its own. */
function examplesOf(file: string): readonly string[] {
  const text = readFileSync(join(repository, file), "utf8");
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = ""]) => code);
}

const strict = ["--noEmit", "--ignoreConfig", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false"];
const resolutions = [
  ["--module", "nodenext", "--moduleResolution", "nodenext"],
  ["--module", "esnext", "--moduleResolution", "bundler"],
] as const;

test("the examples of the documents compile against the built types, without the workspace's settings", async (t) => {
  const parent = join(repository, "test/.cache");
  mkdirSync(parent, { recursive: true });
  const base = mkdtempSync(join(parent, "examples-"));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const files = ["README.md", "packages/core/README.md"].map((document, index) => {
    const all = examplesOf(document).join("\n");
    t.true(all.includes("@coffer/core"), document);
    const file = join(base, `example-${index}.mts`);
    writeFileSync(file, all);
    return file;
  });
  const tsc = join(repository, "node_modules/.bin/tsc");
  for (const resolution of resolutions) {
    const argv = [tsc, ...strict, ...resolution, "--target", "es2022", ...files];
    const { stdout, exitCode } = await command(argv, { env: { PATH: process.env.PATH ?? "" }, timeoutMs: 120_000 });
    t.is(exitCode, 0, stdout);
  }
});
