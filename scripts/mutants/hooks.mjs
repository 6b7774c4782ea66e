// Module hooks of a worker: every run loads all sources of this repository again, and one of them may have another text. Packages
// of npm are loaded once. The module "ava" is a stand-in that declares tests with the runner of the file that is loading.
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "../..");
const isOurs = (url) => /^file:.*\/(?:packages\/\w+\/src|test|scripts)\/.*\.(?:ts|mjs|js)(?:\?|$)/.test(url);

/** What is loaded now: the number of the run, the file that is changed with its text, and the runner's `test`. */
export const now = { run: 0, file: "", text: "", chain: undefined };

const stand = `
const now = globalThis.mutantsNow;
const chained = (words) => new Proxy(() => {}, {
  get: (_, word) => word === "meta" ? now.chain.meta : chained([...words, word]),
  apply: (_, self, args) => words.reduce((found, word) => found[word], now.chain)(...args),
});
export default chained([]);`;
globalThis.mutantsNow = now;

const stripped = new Map();

/** The source without types, with every character where it was. */
function strip(path) {
  if (path === join(root, now.file)) return stripTypeScriptTypes(now.text);
  const known = stripped.get(path);
  if (known !== undefined) return known;
  const source = stripTypeScriptTypes(readFileSync(path, "utf8"));
  stripped.set(path, source);
  return source;
}

registerHooks({
  resolve(name, context, next) {
    const parent = context.parentURL ?? "";
    if (name === "ava" && isOurs(parent)) return { url: "mutants:ava", format: "module", shortCircuit: true };
    const found = next(name, { ...context, parentURL: parent.replace(/\?run=\d+$/, "") });
    if (!isOurs(found.url) || found.url.startsWith(pathToFileURL(import.meta.dirname).href)) return found;
    return { ...found, url: `${found.url}?run=${now.run}` };
  },
  load(url, context, next) {
    if (url === "mutants:ava") return { format: "module", source: stand, shortCircuit: true };
    if (!url.includes("?run=") || !/\.ts\?/.test(url)) return next(url, context);
    return { format: "module", source: strip(fileURLToPath(url.replace(/\?run=\d+$/, ""))), shortCircuit: true };
  },
});
