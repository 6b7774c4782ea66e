// The packages as a browser has them: nothing of Node in them, and no way from a config to markup in what the page is made of.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import test from "ava";
import { build } from "esbuild";
import { browserOptions, bundleWorker } from "../../scripts/site/build.ts";
import { repository } from "../helpers/build.ts";

const bundle = (name: string, platform: "browser" | "neutral" = "browser") =>
  build({
    ...browserOptions,
    platform,
    conditions: platform === "browser" ? [...browserOptions.conditions] : ["@coffer/source"],
    stdin: { contents: `export * from "${name}";`, resolveDir: join(repository, "test/site") },
  });

for (const name of ["@coffer/core", "@coffer/spec"])
  test(`${name} has nothing of Node for a browser`, async (t) => {
    const { outputFiles } = await bundle(name);
    const text = outputFiles[0]?.text ?? "";
    t.true(text.length > 10_000);
    // Nothing of Node, and nothing of a browser either, is there when it is loaded.
    t.notThrows(() => runInNewContext(text));
  });

test("without the condition `browser` the bundle fails at what is of Node", async (t) => {
  const error = await t.throwsAsync(bundle("@coffer/core", "neutral"));
  t.regex(error?.message ?? "", /Could not resolve "node:/);
});

test("the worker is small", async (t) => {
  const size = gzipSync(await bundleWorker(), { level: 9 }).length;
  t.log(`${size} bytes compressed`);
  t.true(size < 300_000);
});

const sources = globSync("scripts/site/app/**/*.ts", { cwd: repository });

test("the page has no way from text to markup or to a program", (t) => {
  t.true(sources.length > 15);
  const ways =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|\beval\(|new Function|srcdoc/;
  for (const file of sources) t.notRegex(readFileSync(join(repository, file), "utf8"), ways, file);
});

test("the page asks nobody for anything", (t) => {
  const ways = /\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|https?:\/\//;
  for (const file of [...sources, "scripts/site/assets/index.html", "scripts/site/assets/style.css"])
    t.notRegex(readFileSync(join(repository, file), "utf8"), ways, file);
});
