// Bundles the native front's TypeScript: both faces in one script, with the files in the place of others that only Node has.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

/** Files of the front on Node, and of the native front in their place. */
const inPlaceOf = {
  "packages/core/src/system/node/build.ts": "packages/core/src/system/native/build.ts",
  "packages/core/src/system/node/builtins.ts": "packages/core/src/system/native/builtins.ts",
  "packages/core/src/system/node/caller.ts": "packages/core/src/system/native/caller.ts",
  "packages/core/src/system/node/input.ts": "packages/core/src/system/native/input.ts",
  "packages/core/src/system/node/files/gunzip.ts": "packages/core/src/system/native/gunzip.ts",
  "packages/core/src/system/node/files/kinds.ts": "packages/core/src/system/native/kinds.ts",
  "packages/core/src/system/node/files/made.ts": "packages/core/src/system/native/node/made.ts",
  "packages/core/src/system/node/files/stat.ts": "packages/core/src/system/native/node/stat.ts",
  "packages/core/src/system/node/launch/capture.ts": "packages/core/src/system/native/launch/capture.ts",
  "packages/core/src/system/node/launch/connect.ts": "packages/core/src/system/native/launch/connect.ts",
  "packages/core/src/system/node/launch/flock.ts": "packages/core/src/system/native/launch/flock.ts",
  "packages/core/src/system/node/launch/helper.ts": "packages/core/src/system/native/launch/helper.ts",
  "packages/core/src/system/node/launch/launch.ts": "packages/core/src/system/native/launch/launch.ts",
  "packages/core/src/system/node/launch/signal.ts": "packages/core/src/system/native/launch/signal.ts",
  "packages/core/src/system/node/network.ts": "packages/core/src/system/native/network.ts",
  "packages/core/src/system/node/seen.ts": "packages/core/src/system/native/seen.ts",
  "packages/core/src/system/node/text.ts": "packages/core/src/system/native/text.ts",
  "packages/core/src/runtime/egress/serve.ts": "packages/core/src/system/native/network.ts",
  "packages/core/src/wasm/build/places.ts": "packages/core/src/system/native/places.ts",
  "packages/core/src/wire/encode/keys.ts": "packages/core/src/system/native/bytes/keys.ts",
  "packages/core/src/wire/utf8.ts": "packages/core/src/system/native/bytes/utf8.ts",
  "packages/core/src/seccomp/remembered.ts": "packages/core/src/system/native/bytes/compile-once.ts",
  "packages/core/src/verify/wasm.ts": "packages/core/src/system/native/verifier.ts",
  "packages/spec/src/json/quick.ts": "packages/core/src/system/native/bytes/quick-json.ts",
  "packages/spec/src/plain.ts": "packages/core/src/system/native/bytes/plain.ts",
  "packages/cli/src/output/terminals.ts": "packages/cli/src/native/terminals.ts",
  "packages/cli/src/output/pager.ts": "packages/cli/src/native/pager.ts",
  "packages/cli/src/compile-cache.ts": "packages/cli/src/native/compile-cache.ts",
  "packages/cli/src/parse/text.ts": "packages/cli/src/native/text.ts",
  "packages/cli/src/verbs/module-bundle.ts": "packages/cli/src/native/module-bundle.ts",
  "packages/cli/src/verbs/sandbox/listening.ts": "packages/cli/src/native/listening.ts",
  "packages/cli/src/verbs/wasm.ts": "packages/cli/src/native/wasm.ts",
  "packages/cli/src/version.ts": "packages/cli/src/native/version.ts",
};

/** Modules of Node, and what stands for them. */
const modules = ["crypto", "fs", "os", "path", "process", "tty"];

/** What zod makes JSON Schemas with: each schema refers to it, and nobody asks for one. */
const unused = /zod\/v4\/core\/(json-schema-processors|to-json-schema)\.js$/;

/** Zod's patterns of formats, such as addresses and dates. No schema asks for them, and each would be a program in the image. */
const patterns = /zod\/v4\/core\/regexes\.js$/;
const usedPatterns = ["anyString", "bigint", "boolean", "integer", "lowercase", "number", "uppercase"];

/** The same module, with a pattern that matches nothing in the place of those that nobody asks for. */
function withoutFormats(path) {
  const never = (line, name) => (usedPatterns.includes(name) ? line : `export const ${name} = never;`);
  return `const never = /(?!)/;\n${readFileSync(path, "utf8").replaceAll(/^export const (\w+) = \/.*\/\w*;$/gm, never)}`;
}

/** Zod's schemas of formats, which nobody asks for either, and its reader for engines that compile text, which this one does not. */
const schemas = /zod\/v4\/(core|classic)\/(schemas|iso)\.js$/;
const formats =
  "GUID|UUID|Email|URL|Emoji|NanoID|CUID2?|ULID|XID|KSUID|ISO\\w+|IPv[46]|MAC|CIDRv[46]|Base64(URL)?|E164|CreditCard|IBAN|JWT";

/** The same module without them. */
function withoutSchemas(path) {
  const made = new RegExp(`^export const (\\$?Zod(${formats})) = .*?^\\}\\);$`, "gms");
  const reader = /^export const (\$ZodObjectJIT) = .*?^\}\);$/ms;
  return readFileSync(path, "utf8")
    .replaceAll(made, "export const $1 = undefined;")
    .replace(reader, "export const $1 = $ZodObject;");
}

/** Functions in the place of what a module of others exports, which give nothing. */
function emptied(path) {
  const names = [...readFileSync(path, "utf8").matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => name);
  return names.map((name) => `export const ${name} = () => undefined;`).join("\n");
}

function replacing(root) {
  const files = new Map(Object.entries(inPlaceOf).map(([from, to]) => [join(root, from), join(root, to)]));
  return {
    name: "native-front",
    setup(esbuild) {
      esbuild.onResolve({ filter: /^\./ }, ({ path, resolveDir, importer, kind }) => {
        const other = kind === "entry-point" ? undefined : files.get(resolve(resolveDir, path));
        // What is in the place of a file may use that file.
        return other === undefined || other === importer ? undefined : { path: other };
      });
      esbuild.onResolve({ filter: /^#help$/ }, () => ({ path: join(root, "packages/cli/src/native/help.ts") }));
      esbuild.onLoad({ filter: patterns }, ({ path }) => ({ contents: withoutFormats(path) }));
      esbuild.onLoad({ filter: schemas }, ({ path }) => ({ contents: withoutSchemas(path) }));
      esbuild.onLoad({ filter: unused }, ({ path }) => ({ contents: emptied(path) }));
      esbuild.onResolve({ filter: /^node:/ }, ({ path, importer }) => {
        const name = path.slice("node:".length);
        if (!modules.includes(name))
          throw new Error(`${importer} imports ${path}, which the native front does not have`);
        return { path: join(root, `packages/core/src/system/native/node/${name}.ts`) };
      });
    },
  };
}

/** Stands in the bundle for what tells the program from others: `build.mjs` knows that when the engine is compiled. */
export const unknownBuild = "?".repeat(64);

/** The text of the bundle. With `readable` its lines and names are those of the sources. */
export async function bundleFront(root, { readable = false } = {}) {
  const { version } = JSON.parse(readFileSync(join(root, "packages/cli/package.json"), "utf8"));
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["packages/cli/src/native/entry.ts"],
    outfile: "front.js",
    bundle: true,
    write: false,
    metafile: true,
    format: "iife",
    platform: "neutral",
    target: "es2023",
    conditions: ["@coffer/source"],
    mainFields: ["module", "main"],
    plugins: [replacing(root)],
    inject: ["packages/core/src/system/native/node/globals.ts"],
    define: { COFFER_VERSION: JSON.stringify(version), COFFER_BUILD: JSON.stringify(unknownBuild) },
    minifySyntax: true,
    minifyIdentifiers: !readable,
    minifyWhitespace: !readable,
    legalComments: "none",
    logLevel: "warning",
  });
  return { text: outputFiles[0].text, inputs: Object.keys(metafile.inputs) };
}
