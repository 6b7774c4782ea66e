// How much stack the C parts take at most, by gcc's view of every function and of who calls whom. No function may take an
// amount that its arguments decide, none is of a library, and the processes that get a stack of ours must fit into it.
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import programs from "../../helper-c/programs.json" with { type: "json" };

const run = promisify(execFile);

/** Bytes of one function. */
const functionLimit = 9 << 10;

/** Where a program or a process of it begins, and what it may take from there on. */
const roots = {
  init: [
    { name: "start_main", limit: 64 << 10 },
    // The stack that op_fork() of fork.c makes.
    { name: "forked_main", limit: (64 << 10) - 1024 },
  ],
  satellite: [{ name: "start_main", limit: 64 << 10 }],
  launcher: [
    { name: "start_main", limit: 384 << 10 },
    // `child_stack` of clone.c, with room for what is beneath the first frame.
    { name: "child_main", limit: 8192 - 1024 },
    { name: "hold_userns", limit: 4096 },
  ],
};

/** How often a function may be in the call chain: its own check of the depth says so. */
const recursions = { copy_directory: 33 };

/** Which functions a call through a pointer may reach. */
const indirect = {
  op_run: /^op_/,
  op_after_word: /^op_(?!after_word$|run$)/,
  knock: /^(reach|await_answer)$/,
  let_go: /^await_answer$/,
  ask: /^read_(link|address|departure)$/,
  satellite_ask: /^note_process$/,
  take_frame: /^note_process$/,
  plan_verify: /^verify_/,
  path_mount_point: /^mount_point_(plain|in_root)$/,
};

const bare = (title) => title.replace(/^.*:/, "").replace(/\.(part|constprop|isra|cold)\.?\d*/g, "");

/** Reads what gcc has written: bytes of each function, and whom it calls. */
function readGraph(directory) {
  const sizes = new Map();
  const calls = new Map();
  const problems = [];
  for (const file of readdirSync(directory).filter((name) => name.endsWith(".ci"))) {
    const text = readFileSync(join(directory, file), "utf8");
    for (const [, title, size, kind] of text.matchAll(
      /node: \{ title: "([^"]+)" label: "[^"]*\\n(\d+) bytes \(([^)]*)\)/g,
    )) {
      sizes.set(bare(title), Math.max(Number(size), sizes.get(bare(title)) ?? 0));
      if (kind !== "static") problems.push(`${title}: the size of its frame is ${kind}`);
      if (Number(size) > functionLimit) problems.push(`${title}: ${size} bytes, more than ${functionLimit}`);
    }
    for (const [, from, to] of text.matchAll(/edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"/g))
      calls.set(bare(from), (calls.get(bare(from)) ?? new Set()).add(bare(to)));
  }
  return { sizes, calls, problems };
}

/** Puts the functions in the place of calls through pointers. */
function resolvePointers({ sizes, calls }) {
  for (const [from, targets] of calls) {
    if (!targets.delete("__indirect_call")) continue;
    const pattern = indirect[from];
    const found = [...sizes.keys()].filter((name) => pattern?.test(name));
    // What nothing calls may call what it likes: it is not linked.
    if (found.length === 0) targets.add("through a pointer, and check-stack.mjs does not say what");
    for (const name of found) targets.add(name);
  }
}

/** No function comes from a library, which might have a heap. What nothing calls is not linked. */
function checkOwn({ sizes, calls, problems }, starts) {
  const reached = new Set(starts.map(({ name }) => name));
  for (const from of reached)
    for (const name of calls.get(from) ?? []) {
      if (!sizes.has(name)) problems.push(`${from}: calls ${name}, which is not of this program`);
      reached.add(name);
    }
}

/** The most that a call of a function takes. */
function makeDepth({ sizes, calls, problems }) {
  const known = new Map();
  const depth = (name, path) => {
    if (known.has(name)) return known.get(name);
    const own = sizes.get(name) ?? 0;
    const next = [...(calls.get(name) ?? [])];
    for (const other of next.filter((target) => path.includes(target))) {
      const cycle = [...path.slice(path.indexOf(other)), name];
      if (!cycle.some((member) => member in recursions))
        problems.push(`${cycle.join(" → ")}: calls itself without a bound`);
    }
    const rest = next.filter((target) => target !== name && !path.includes(target));
    const below = Math.max(0, ...rest.map((target) => depth(target, [...path, name])));
    const total = own + below;
    // A function that calls itself by way of others has those in `below`.
    const result = name in recursions ? total * recursions[name] : total;
    if (path.length === 0 || name in recursions) known.set(name, result);
    return result;
  };
  return (name) => depth(name, []);
}

/** Checks one program. What is wrong, and what was found. */
async function checkProgram(compiler, flags, source, files, starts) {
  const directory = mkdtempSync(join(tmpdir(), "coffer-stack-"));
  try {
    for (const file of files) {
      // Files of two folders may have one name.
      const name = file.replaceAll("/", "-");
      const object = join(directory, `${name}.o`);
      const own = ["-Os", "-fstack-usage", "-fcallgraph-info=su", "-c", "-o", object, "-dumpdir", `${directory}/`];
      own.push("-dumpbase", name, "-dumpbase-ext", "");
      await run(compiler, [...flags, ...own, file], { cwd: source, maxBuffer: 1 << 26 });
    }
    const graph = readGraph(directory);
    resolvePointers(graph);
    checkOwn(graph, starts);
    const depth = makeDepth(graph);
    const found = starts.map(({ name, limit }) => {
      if (!graph.sizes.has(name)) graph.problems.push(`${name}: is not there`);
      const bytes = depth(name);
      if (bytes > limit) graph.problems.push(`${name}: ${bytes} bytes of stack, more than ${limit}`);
      return `${name} ${bytes}`;
    });
    return { problems: graph.problems, found };
  } catch (error) {
    return { problems: [String(error.stderr ?? error)], found: [] };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Checks both programs. `filesOf`: the C files of folders. What is wrong, and a line that tells what was found. */
export async function checkStack(compiler, flags, source, filesOf) {
  const problems = [];
  const told = [];
  for (const [program, starts] of Object.entries(roots)) {
    const result = await checkProgram(compiler, flags, source, filesOf(programs[program]), starts);
    problems.push(...result.problems.map((problem) => `${program}: ${problem}`));
    told.push(`${program}: ${result.found.join(", ")}`);
  }
  return { problems, told: told.join("; ") };
}
