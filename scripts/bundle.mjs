// Bundles both fronts: packages/cli/bundle. Loading 150 modules takes Node longer than all that most verbs do. With --check
// nothing is written, and a bundle that is not that of the sources is an error.
//
// Each entry is bundled by itself, without common files for what they share. esbuild splits by whole files, so a verb would
// load the schemas that another one needs. The verbs are loaded when they are called.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { noteBuilt } from "./testing/built.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const cli = join(root, "packages/cli");
const bundle = join(cli, "bundle");

/** Leaves `import("./….ts")` for the time of the call: that file is an entry of its own. */
const keepLazy = {
  name: "keep-lazy",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/.*\.ts$/ }, ({ kind, path }) =>
      // All verbs are in one folder of the bundle: what they and core load late (policy.js, module-bundle.js) is beside them.
      kind === "dynamic-import"
        ? { path: path.replace("/verbs/sandbox/", "/verbs/").replace(/\.ts$/, ".js"), external: true }
        : undefined,
    );
  },
};

async function makeFiles() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: cli,
    entryPoints: {
      main: "src/main.ts",
      "verbs/completion": "src/verbs/completion.ts",
      "verbs/existing": "src/verbs/existing.ts",
      "verbs/making": "src/verbs/making.ts",
      "verbs/overlays": "src/verbs/sandbox/overlays.ts",
      "verbs/sandboxing": "src/verbs/sandbox/sandboxing.ts",
      "verbs/judging": "src/verbs/judging.ts",
      "verbs/module-bundle": "src/verbs/module-bundle.ts",
      "verbs/wasm": "src/verbs/wasm.ts",
      "verbs/policy": "../core/src/runtime/policy/policy.ts",
    },
    outdir: "bundle",
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    external: ["#help"],
    target: "node20",
    conditions: ["@coffer/source"],
    plugins: [keepLazy],
    // Names stay: `--debug` prints stacks.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
  });
  const files = outputFiles.map(({ path, text }) => [relative(bundle, path), text]);
  return [...files, ["LICENSES.txt", readLicenses(Object.keys(metafile.inputs))]];
}

/** The licenses of what others have written and is in the bundle. */
function readLicenses(inputs) {
  const packages = inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const texts = [...new Set(packages)].sort().map((path) => {
    const directory = join(cli, path);
    const license = readdirSync(directory).find((name) => /^licen[cs]e/i.test(name));
    if (license === undefined) throw new Error(`${path} has no license file: it may not be bundled`);
    const { name, version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
    return `${name} ${version}\n\n${readFileSync(join(directory, license), "utf8").trim()}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

const isCurrent = ([name, text]) => {
  const path = join(bundle, name);
  return existsSync(path) && readFileSync(path, "utf8") === text;
};

function check(files) {
  const stale = files.filter((file) => !isCurrent(file)).map(([name]) => name);
  if (stale.length === 0) return;
  console.error(`packages/cli/bundle is not that of the sources (${stale.join(", ")}): run npm run build`);
  process.exitCode = 1;
}

function write(files) {
  if (files.every(isCurrent)) return;
  rmSync(bundle, { recursive: true, force: true });
  for (const [name, text] of files) {
    const path = join(bundle, name.split(sep).join("/"));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

const files = await makeFiles();
if (process.argv.includes("--check")) check(files);
else {
  write(files);
  noteBuilt("packages/cli/bundle");
}
