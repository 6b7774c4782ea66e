// Fuzzes the plan verifier and decoder (helper-c/fuzz) with clang's libFuzzer, ASan and UBSan.
// Then changed plans that the verifier takes are executed (scripts/fuzz/exec-fuzz.ts), for the same time.
//   node scripts/fuzz/fuzz.mjs [--time SECONDS] [--seed]
//   node scripts/fuzz/fuzz.mjs --configs N [--seed N]    random configs instead (scripts/fuzz/fuzz-configs.ts)
//   node scripts/fuzz/fuzz.mjs --checkpoints N [--seed N]    the readers of a checkpoint against tar(1) and CRIU's decoder
//   node scripts/fuzz/fuzz.mjs --front N [--seed N]    configs of changed bytes through both fronts
// --seed adds the golden plans to the corpus first. What is found new is kept in .cache/fuzz; `--merge` takes from there
// into helper-c/fuzz/corpus what reaches code that the corpus does not.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, ".cache/fuzz");
const corpus = join(root, "helper-c/fuzz/corpus");
const target = join(cache, "verify-fuzz");

function findClang() {
  const names = process.env.CLANG ? [process.env.CLANG] : ["clang-19", "clang"];
  const found = names.find((name) => spawnSync(name, ["--version"]).status === 0);
  if (!found) throw new Error("clang was not found: install clang-19 and libclang-rt-19-dev, or set CLANG");
  return found;
}

/**
 * What is read of strangers: by satellites, by the launcher of a satellite, by a supervisor, and by the compiler of filters. They
 * have no corpus: any bytes lead on.
 */
const readers = {
  "answers-fuzz": ["satellite/bus-message.c", "satellite/criu-answer.c", "sys/str.c"],
  "frames-fuzz": ["host/frame.c", "sys/calls.c", "sys/run.c", "plan/decode.c"],
  "places-fuzz": ["sys/calls.c", "sys/path.c", "sys/str.c"],
  "filter-fuzz": ["blind", "calls", "chain", "compile", "emit", "graph", "order", "request"].map(
    (name) => `filter/${name}.c`,
  ),
};

const sanitizers = ["-g", "-O1", "-fno-builtin", "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"];

function fuzzReader(name, seconds) {
  const program = join(cache, name);
  const files = [`fuzz/${name}.c`, ...readers[name]].map((file) => join(root, "helper-c", file));
  const flags = ["-std=c11", "-D_GNU_SOURCE", ...sanitizers, `-I${join(root, "helper-c")}`];
  execFileSync(findClang(), [...flags, ...files, "-o", program], { stdio: "inherit" });
  const words = [`-max_total_time=${seconds}`, "-max_len=4096", "-verbosity=0", `-artifact_prefix=${cache}/`];
  return spawnSync(program, words, { stdio: "inherit" }).status ?? 1;
}

/** As long as a target for all of them together. */
function fuzzReaders(seconds) {
  const names = Object.keys(readers);
  return names.reduce((status, name) => status || fuzzReader(name, Math.ceil(seconds / names.length)), 0);
}

function build() {
  const plan = join(root, "helper-c/plan");
  const names = readdirSync(plan, { recursive: true });
  const sources = names.filter((name) => name.endsWith(".c") && name !== "wasm.c");
  const flags = ["-std=c11", "-g", "-O1", "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"];
  const files = [join(root, "helper-c/fuzz/verify-fuzz.c"), ...sources.sort().map((name) => join(plan, name))];
  execFileSync(findClang(), [...flags, `-I${join(root, "helper-c")}`, ...files, "-o", target], { stdio: "inherit" });
}

function seed() {
  const golden = join(root, "packages/core/src/verify/test-data");
  for (const name of readdirSync(golden)) copyFileSync(join(golden, name), join(corpus, name));
}

function option(args, name, fallback) {
  const at = args.indexOf(name);
  return at < 0 ? fallback : Number(args[at + 1]);
}

function execute(seconds) {
  const words = ["--conditions=@coffer/source", "--disable-warning=ExperimentalWarning"];
  const script = join(root, "scripts/fuzz/exec-fuzz.ts");
  return spawnSync(process.execPath, [...words, script, "--time", `${seconds}`], { stdio: "inherit" }).status ?? 1;
}

function main(args) {
  const other = ["configs", "checkpoints", "front"].find((name) => args.includes(`--${name}`));
  if (other) {
    const script = join(root, `scripts/fuzz/fuzz-${other}.ts`);
    const words = ["--conditions=@coffer/source", "--disable-warning=ExperimentalWarning", script, ...args];
    process.exitCode = spawnSync(process.execPath, words, { stdio: "inherit" }).status ?? 1;
    return;
  }
  const found = join(cache, "found");
  for (const folder of [cache, corpus, found]) mkdirSync(folder, { recursive: true });
  if (args.includes("--seed")) seed();
  build();
  const run = args.includes("--merge")
    ? ["-set_cover_merge=1", "-max_len=3300", corpus, found]
    : [`-max_total_time=${option(args, "--time", 60)}`, "-max_len=16384", "-timeout=5", found, corpus];
  const common = ["-print_final_stats=1", "-verbosity=1", `-artifact_prefix=${cache}/`];
  process.exitCode = spawnSync(target, [...common, ...run], { stdio: "inherit" }).status ?? 1;
  const seconds = option(args, "--time", 60);
  if (process.exitCode === 0 && !args.includes("--merge")) process.exitCode = fuzzReaders(seconds) || execute(seconds);
}

main(process.argv.slice(2));
