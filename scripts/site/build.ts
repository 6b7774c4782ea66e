// Builds the pages of the plan explorer. Everything is in the folder: a page in it makes no request elsewhere.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildOptions, Plugin } from "esbuild";
import { build } from "esbuild";
import { policy } from "../../packages/spec/src/documents/policy.ts";
import * as z from "../../packages/spec/src/values/zod.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The options of every bundle: the packages as a browser has them, by their public entries. */
export const browserOptions = {
  bundle: true,
  write: false,
  platform: "browser",
  format: "iife",
  target: "es2023",
  conditions: ["browser", "@coffer/source"],
  // lossless-json and zod have no comments that must stay; LICENSES.txt has their licenses.
  legalComments: "none",
  minify: true,
  logLevel: "silent",
} as const satisfies BuildOptions;

/** What the page imports that no file is. */
function virtual(modules: Readonly<Record<string, string>>): Plugin {
  return {
    name: "virtual",
    setup(esbuild) {
      const filter = new RegExp(`^(${Object.keys(modules).join("|")})$`);
      esbuild.onResolve({ filter }, ({ path }) => ({ path, namespace: "virtual" }));
      esbuild.onLoad({ filter: /.*/, namespace: "virtual" }, ({ path }) => ({
        contents: modules[path] ?? "",
        loader: "text",
      }));
    },
  };
}

async function bundle(
  entry: string,
  plugins: Plugin[] = [],
): Promise<{ readonly text: string; readonly inputs: string[] }> {
  const { outputFiles, metafile } = await build({
    ...browserOptions,
    entryPoints: [join(here, "app", entry)],
    outfile: "out.js",
    metafile: true,
    plugins,
  });
  return { text: outputFiles[0]?.text ?? "", inputs: Object.keys(metafile.inputs) };
}

/** The worker's program: the planner, the verifier and what judges plans. */
export async function bundleWorker(): Promise<string> {
  return (await bundle("worker/worker.ts")).text;
}

async function bundlePage(): Promise<string> {
  const schema = JSON.stringify(z.toJSONSchema(policy, { io: "input" }));
  const modules = { "virtual:worker": await bundleWorker(), "virtual:policy-schema": schema };
  return (await bundle("main.ts", [virtual(modules)])).text;
}

/** Writes the site into a directory. */
export async function buildApp(to: string): Promise<void> {
  mkdirSync(to, { recursive: true });
  for (const name of ["index.html", "style.css"]) cpSync(join(here, "assets", name), join(to, name));
  writeFileSync(join(to, "app.js"), await bundlePage());
}

/** A file of the sources, for what reads them. */
export const readAsset = (name: string): string => readFileSync(join(here, "assets", name), "utf8");
