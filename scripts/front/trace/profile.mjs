// What each function of the front's TypeScript costs in a call: `npm run front:profile -- [--config FILE] [--most N] [--calls] [--again] VERB`.
// docs/develop/profile.md describes how to read it. The engine counts the edges of its own code that it takes, on a machine in
// memory: the numbers are the same in each run, however busy the machine is.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleFront } from "../bundle.mjs";
import { compile, warmUp } from "../image.mjs";
import { buildModule } from "../module.mjs";
import { prepareQuickjs } from "../tools.mjs";
import { processRecord } from "./trace-files.mjs";
import { makeTraceHost } from "./trace-host.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const cache = join(root, ".cache/front-profile");

const measure = join(root, "helper-c/front/measure");

/** `struct cost` of profile.c: six words. */
const costWords = 6;

function readWords() {
  const options = { config: undefined, most: 60, calls: false, again: false };
  const words = process.argv.slice(2);
  while (words[0]?.startsWith("--") && words[0] !== "--version") {
    const flag = words.shift();
    if (flag === "--config") options.config = readFileSync(words.shift(), "utf8");
    else if (flag === "--most") options.most = Number(words.shift());
    else if (flag === "--calls") options.calls = true;
    else if (flag === "--again") options.again = true;
    else throw new Error(`${flag} is no flag: --config FILE, --most N, --calls, --again`);
  }
  return { ...options, words: words.length > 0 ? words : ["run"] };
}

/** Which file of the sources a line of the bundle is of: esbuild writes a comment before each. */
function readFiles(text) {
  const starts = text
    .split("\n")
    .map((line, index) => ({ file: /^ {2}\/\/ (\S+\.[a-z]+)$/.exec(line)?.[1], line: index + 1 }))
    .filter(({ file }) => file !== undefined);
  return (line) => starts.findLast((start) => start.line <= line)?.file ?? "engine";
}

/** The host's calls whose first word is a path, or the name of a variable. */
const named = new Set(["open", "stat", "readlink", "access", "mkdir", "unlink", "variable"]);

/** The same calls, which note how many edges were taken before each. */
function noteCalls(host, exports, textAt) {
  const steps = [];
  const note = (name, words) => {
    steps.push({ edges: exports.profile_edges(), name, word: named.has(name) ? textAt(words[0]) : "" });
    return host[name](...words);
  };
  const names = Object.keys(host);
  return { noted: Object.fromEntries(names.map((name) => [name, (...words) => note(name, words)])), steps };
}

/** The image, sealed, and a machine on which verbs are called. */
function makeCaller(wasm, text) {
  const module = new WebAssembly.Module(wasm);
  const { exports, check, replace } = warmUp(module, compile(module, text));
  check("seal", exports.front_seal() !== 0);
  const machine = makeTraceHost(() => exports.memory);
  const textAt = (at) => {
    const memory = Buffer.from(exports.memory.buffer);
    return at === 0 ? "" : memory.subarray(at, memory.indexOf(0, at)).toString();
  };
  const { noted, steps } = noteCalls(machine.host, exports, textAt);
  replace(noted);
  const image = exports.memory.buffer.slice(0);
  let counts = false;
  const count = () => {
    counts = true;
  };
  const call = (...words) => {
    const memory = new Uint8Array(exports.memory.buffer);
    memory.set(new Uint8Array(image));
    steps.length = 0;
    if (counts) exports.profile_begin();
    machine.begin(...words);
    const status = exports.front_main();
    if (status !== 0) throw new Error(`${words.join(" ")} ended with ${status}: ${machine.said()}`);
  };
  return { exports, machine, call, count, steps, textAt };
}

/** What is called before the verb that is counted, and that verb's words. */
function prepare({ machine, call }, [verb, ...words], config) {
  call("spec", "--bundle", "/bundle");
  machine.change("/bundle/config.json", (text) => config ?? text.replace('"terminal": true', '"terminal": false'));
  if (["run", "create"].includes(verb)) return [verb, ...words, "--bundle", "/bundle", "one"];
  if (verb === "--version") return [verb];
  if (verb === "sandbox") {
    call(verb, ...words);
    return [verb, ...words];
  }
  call("create", "--bundle", "/bundle", "one");
  machine.change("/run/coffer/one/process", () => processRecord);
  machine.putGate("/run/coffer/one/gate");
  if (verb === "exec") {
    machine.wait(1000);
    call(verb, ...words, "one", "true");
    return [verb, ...words, "one", "true"];
  }
  return [verb, ...words, "one", ...(verb === "kill" ? ["KILL"] : [])];
}

function readCosts({ exports, textAt }, fileOf) {
  const at = exports.profile_end();
  const all = new Uint32Array(exports.memory.buffer, at, exports.profile_size() / 4).slice();
  const costs = [];
  for (let index = 0; index < all.length; index += costWords) {
    const [code, self, own, inclusive, calls] = all.subarray(index, index + costWords);
    if (code === 0) continue;
    const line = exports.profile_line(code);
    const name = textAt(exports.profile_name(code)) || "(anonymous)";
    costs.push({ name, line, file: line > 0 ? fileOf(line) : "engine", self, own, inclusive, calls });
  }
  return costs;
}

function sumBy(costs, keyOf) {
  const sums = new Map();
  for (const cost of costs) sums.set(keyOf(cost), (sums.get(keyOf(cost)) ?? 0) + cost.own);
  return [...sums].sort(([, a], [, b]) => b - a);
}

function print(costs, most) {
  const total = costs.reduce((sum, { self }) => sum + self, 0);
  const part = (count) => `${((100 * count) / total).toFixed(1).padStart(5)} % ${String(count).padStart(9)}`;
  console.log(`${total} edges`);
  console.log("\nby file, own");
  for (const [file, self] of sumBy(costs, ({ file }) => file).slice(0, most)) console.log(`${part(self)}  ${file}`);
  const where = ({ name, file, line, calls }) => `${String(calls).padStart(6)} × ${name}  ${file}:${line}`;
  for (const key of ["self", "own", "inclusive"]) {
    console.log(`\nby function, ${key}`);
    for (const cost of costs.toSorted((a, b) => b[key] - a[key]).slice(0, most))
      console.log(`${part(cost[key])} ${where(cost)}`);
  }
}

/** How far the call was at each call of the host. */
function printSteps(steps) {
  for (const [index, { edges, name, word }] of steps.entries()) {
    const since = edges - (steps[index - 1]?.edges ?? 0);
    console.log(`${String(edges).padStart(9)} ${`+${since}`.padStart(8)}  ${name} ${word}`.trimEnd());
  }
}

/** Functions keep their lines, and tell what their frames are of. */
function addFrames(file) {
  const source = readFileSync(file, "utf8");
  const strip = "rt->strip_flags = flags;";
  if (source.split(strip).length !== 2) throw new Error(`${file} has not once: ${strip}`);
  const edited = source.replace(strip, "void profile_engine(JSRuntime *); profile_engine(rt);");
  writeFileSync(file, edited + readFileSync(join(measure, "frames.inc"), "utf8"));
}

async function main() {
  const { config, most, calls, again, words } = readWords();
  mkdirSync(cache, { recursive: true });
  const engine = prepareQuickjs(cache, root);
  addFrames(join(engine.folder, "quickjs.c"));
  engine.sources.push(join(measure, "profile.c"));
  const { text } = await bundleFront(root, { readable: true });
  const extra = ["-fsanitize-coverage=trace-pc,no-prune"];
  const caller = makeCaller(await buildModule(engine, { cache, name: "profiled", extra }), text);
  const verb = prepare(caller, words, config);
  for (let calls = 0; again && calls < 2; calls++) {
    caller.machine.wait(2000);
    caller.call(...verb);
  }
  caller.count();
  caller.call(...verb);
  if (calls) printSteps(caller.steps);
  else print(readCosts(caller, readFiles(text)), most);
}

await main();
