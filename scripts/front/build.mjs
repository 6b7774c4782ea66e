// Builds the native front, step by step as docs/develop/front.md describes. The result is one static program.
// `--all`: for every machine. `--optional`: without the tools nothing is built, and a line says so.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { noteBuilt } from "../testing/built.mjs";
import { bundleFront, unknownBuild } from "./bundle.mjs";
import { editTranslation } from "./edits.mjs";
import { imageStart, makeImage, stackSize } from "./image.mjs";
import { licensesText, readParts } from "./parts.mjs";
import { runAll } from "./run-all.mjs";
import { cutCompiler, stripData } from "./ship.mjs";
import { findWasm2c, findZig, MissingTool, prepareQuickjs, quickjs } from "./tools.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, ".cache/front");
const source = join(root, "helper-c/front");
const plan = join(root, "helper-c/plan");
/** What the front's host and the launcher share. */
const shared = ["host/gate.c", "sys/run.c"].map((file) => join(root, "helper-c", file));
const output = join(root, "packages/cli/native");
const ownArch = process.arch === "arm64" ? "aarch64" : "x86_64";
const archs = process.argv.includes("--all") ? ["x86_64", "aarch64"] : [ownArch];
const limit = 10_000_000;
/** As downloads are. */
const packedLimit = 2_500_000;

const { zig, lib } = (() => {
  try {
    return findZig();
  } catch (error) {
    return giveUp(error);
  }
})();
const env = { ...process.env, ...(lib ? { ZIG_LIB_DIR: lib } : {}) };
const run = (args) => execFileSync(zig, args, { cwd: cache, env, stdio: ["ignore", "inherit", "inherit"] });

const common = [
  "-O2",
  "-fomit-frame-pointer",
  "-fno-sanitize=undefined",
  "-DNDEBUG",
  "-g0",
  `-ffile-prefix-map=${root}=.`,
];
const warnings = ["-std=c11", "-Wall", "-Wextra", "-Werror"];
const cFiles = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".c") && name !== "wasm.c")
    .sort()
    .map((name) => join(folder, name));

function giveUp(error) {
  if (!(error instanceof MissingTool) || !process.argv.includes("--optional")) throw error;
  console.log(`the native front is not built: ${error.message}`);
  process.exit(0);
}

/** What has the engine note each read and write: for layout.c. */
const tracing = ["-DFRONT_TRACED", "-fsanitize-coverage=trace-loads,trace-stores,edge"];

/** The engine as a WebAssembly module, which imports nothing but the host. */
async function buildModule({ folder, sources }, name, extra = []) {
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
    ...[...cFiles(join(source, "engine")), ...cFiles(plan), ...cFiles(join(plan, "verify"))].map((file) =>
      compile(file, ["-w"]),
    ),
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
  const link = ["-Wl,--strip-all", "-Wl,--gc-sections", `-Wl,-z,stack-size=${stackSize}`];
  run(["cc", ...target, "-O2", ...jobs.map(({ object }) => object), unpack, ...link, "-o", module]);
  return readFileSync(module);
}

/** Translates the module to C, as many files as are compiled at once. */
function translate(module, header) {
  const folder = join(cache, "translated");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const stripped = join(folder, "engine.wasm");
  writeFileSync(stripped, stripData(cutCompiler(module)));
  execFileSync("wasm2c", [stripped, "-n", "front", "--disable-simd", "--num-outputs=8", "-o", join(folder, "front.c")]);
  copyFileSync(header, join(folder, "wasm-rt.h"));
  // The header that all of its files include.
  const shared = join(folder, "front-impl.h");
  writeFileSync(shared, editTranslation(readFileSync(shared, "utf8")));
  return { folder, files: cFiles(folder) };
}

/**
 * The image between two symbols. Its id is of the image and its engine: helper-c/front/host/memory.c compares it at both ends.
 * zig does not see what is included so; the id in the text tells zig of a change.
 */
function writeImage(image, module) {
  const id = createHash("sha256").update(image).update(module).digest("hex");
  // In the engine's stack, before there is one.
  image.write(id, 0, "latin1");
  writeFileSync(join(cache, "front.image"), image);
  const file = join(cache, "image.S");
  const lines = [
    '.section .data.image, "aw", %progbits',
    ".balign 65536",
    ".globl front_image, front_image_end, front_image_id",
    ".hidden front_image, front_image_end, front_image_id",
    `front_image: .incbin "${join(cache, "front.image")}"`,
    ".balign 65536",
    "front_image_end:",
    `front_image_id: .ascii "${id}"`,
    '.section .note.GNU-stack, "", %progbits',
    "",
  ];
  writeFileSync(file, lines.join("\n"));
  return { file, id };
}

/** The program for a machine. */
async function buildProgram(arch, { folder, files }, { file: image, id }) {
  const target = ["-target", `${arch}-linux-musl`, "-fPIE"];
  const include = ["-I", folder, "-I", join(source, "host"), "-I", join(root, "helper-c")];
  const compile = (file, more) => {
    const object = join(cache, `${file.slice(file.lastIndexOf("/") + 1)}.${arch}.o`);
    return { args: ["cc", ...target, ...common, ...more, ...include, "-c", file, "-o", object], object };
  };
  const jobs = [
    // A function for itself: the linker leaves out what is not called.
    ...files.map((file) => compile(file, ["-w", "-ffunction-sections", "-DWASM_RT_MEMCHECK_GUARD_PAGES=1"])),
    ...[...cFiles(join(source, "host")), ...shared].map((file) =>
      compile(file, [...warnings, `-DFRONT_IMAGE_ID="${id}"`, `-DFRONT_IMAGE_START=${imageStart}`]),
    ),
    compile(image, []),
  ];
  await runAll(
    zig,
    jobs.map(({ args }) => args),
    { cwd: cache, env },
  );
  const program = join(cache, `coffer-${arch}`);
  run([
    "cc",
    ...target,
    "-pie",
    "-s",
    ...jobs.map(({ object }) => object),
    "-Wl,--gc-sections",
    "-Wl,-z,relro",
    "-Wl,-z,now",
    "-o",
    program,
  ]);
  return program;
}

/** Puts the program where tests and packages find it, with its other name and the helper beside it. */
function install(arch, program) {
  const folder = join(output, arch);
  mkdirSync(folder, { recursive: true });
  const place = (from, name) => {
    const temporary = join(folder, `.${name}.${process.pid}`);
    copyFileSync(from, temporary);
    chmodSync(temporary, 0o755);
    renameSync(temporary, join(folder, name));
  };
  place(program, "coffer");
  const helper = `coffer-helper-${arch}`;
  place(join(root, "packages/core/native", helper), helper);
  rmSync(join(folder, "coffer-oci"), { force: true });
  symlinkSync("coffer", join(folder, "coffer-oci"));
  const bytes = readFileSync(join(folder, "coffer"));
  const packed = gzipSync(bytes, { level: 9 }).length;
  const excess = bytes.length > limit || packed > packedLimit ? `: more than ${limit}, or ${packedLimit} packed` : "";
  console.log(`coffer-${arch}: ${bytes.length} bytes, ${packed} packed${excess}`);
  if (excess !== "") process.exitCode = 1;
}

async function main() {
  const { header } = findWasm2c();
  const engine = prepareQuickjs(cache, root);
  const { text } = await bundleFront(root);
  const module = await buildModule(engine, "engine");
  const traced = await buildModule(engine, "traced", tracing);
  const build = createHash("sha256").update(text).update(module).digest("hex");
  const image = writeImage(makeImage(module, traced, text.replaceAll(unknownBuild, build)), module);
  const translation = translate(module, header);
  for (const arch of archs) install(arch, await buildProgram(arch, translation, image));
  writeFileSync(join(output, "LICENSES.txt"), licensesText(readParts(root, header)));
  noteBuilt("packages/cli/native");
}

main().catch(giveUp);
