// Compiles the engine: QuickJS, what binds it to the host, and the verifier of plans.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stackSize } from "./image.mjs";
import { runAll } from "./run-all.mjs";
import { findZig, quickjs } from "./tools.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const source = join(root, "helper-c/front");
const plan = join(root, "helper-c/plan");

/** How every file is compiled. */
export const common = [
  "-O2",
  "-fomit-frame-pointer",
  "-fno-sanitize=undefined",
  "-DNDEBUG",
  "-g0",
  `-ffile-prefix-map=${root}=.`,
];

/** The files of C of a folder, but for the entry of the verifier as a module of its own. */
export const cFiles = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".c") && name !== "wasm.c")
    .sort()
    .map((name) => join(folder, name));

/** What has the engine note each read and write: for layout.c. */
export const tracing = ["-DFRONT_TRACED", "-fsanitize-coverage=trace-loads,trace-stores,edge"];

/** The engine as a WebAssembly module, which imports nothing but the host. With `named`, its functions have their names. */
export async function buildModule({ folder, sources }, { cache, name, extra = [], named = false }) {
  const { zig, env } = findZig();
  const run = (args) => execFileSync(zig, args, { cwd: cache, env, stdio: ["ignore", "inherit", "inherit"] });
  const target = ["-target", "wasm32-wasi", "-mexec-model=reactor"];
  const image = ["-include", join(source, "engine/image.h")];
  const include = [
    "-I",
    join(source, "libc"),
    "-I",
    folder,
    "-I",
    join(root, "helper-c"),
    "-I",
    join(source, "engine"),
    "-I",
    join(source, "bind"),
  ];
  // EMSCRIPTEN: without threads. The limit of the stack, which that would leave out too, stays.
  const defines = ["-DEMSCRIPTEN", "-DCONFIG_STACK_CHECK", `-DCONFIG_VERSION="${quickjs.version}"`, "-D_GNU_SOURCE"];
  const compile = (file, more) => {
    const object = join(cache, `${file.slice(file.lastIndexOf("/") + 1)}.${name}.o`);
    return {
      args: ["cc", ...target, ...common, ...more, ...extra, ...image, ...include, ...defines, "-c", file, "-o", object],
      object,
    };
  };
  const jobs = [
    ...sources.map((file) => compile(file, ["-w"])),
    ...[join(source, "engine"), join(source, "bind"), plan, join(plan, "verify"), join(root, "helper-c/filter")]
      .flatMap(cFiles)
      .map((file) => compile(file, ["-w"])),
  ];
  await runAll(
    zig,
    jobs.map(({ args }) => args),
    { cwd: cache, env },
  );
  const unpack = join(cache, "unpack.o");
  run([
    "build-obj",
    "-target",
    "wasm32-wasi",
    "-O",
    "ReleaseSmall",
    "-fstrip",
    `-femit-bin=${unpack}`,
    join(source, "engine/unpack.zig"),
  ]);
  const module = join(cache, `${name}.wasm`);
  const link = [...(named ? [] : ["-Wl,--strip-all"]), "-Wl,--gc-sections", `-Wl,-z,stack-size=${stackSize}`];
  run(["cc", ...target, "-O2", ...jobs.map(({ object }) => object), unpack, ...link, "-o", module]);
  return readFileSync(module);
}
