// Builds the native front, step by step as docs/develop/front.md describes. The result is one static program.
// `--all`: for every machine. `--optional`: without the tools nothing is built, and a line says so. `--valgrind`: a program that
// valgrind can run, beside the others in .cache/front (docs/develop/profile.md).
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
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
import { editDispatch, editHeader, editTable, gatherUsed } from "./edits/translation.mjs";
import { findUsed, imageStart, makeImage } from "./image.mjs";
import { buildModule, cFiles, common, tracing } from "./module.mjs";
import { licensesText, readParts } from "./parts.mjs";
import { runAll } from "./run-all.mjs";
import { findWasm2c, findZig, MissingTool, prepareQuickjs } from "./tools.mjs";
import { cutCompiler, stripData } from "./wasm/ship.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, ".cache/front");
const source = join(root, "helper-c/front");
/** What the front's host and the launcher share. */
const shared = ["host/gate.c", "sys/calls.c", "sys/run.c"].map((file) => join(root, "helper-c", file));
const output = join(root, "packages/cli/native");
const ownArch = process.arch === "arm64" ? "aarch64" : "x86_64";
const archs = process.argv.includes("--all") ? ["x86_64", "aarch64"] : [ownArch];
/** With names of functions, and with so few addresses that the engine could leave its memory: it is not installed. */
const forValgrind = process.argv.includes("--valgrind");
const limit = 10_000_000;
/** As downloads are. */
const packedLimit = 2_500_000;

const { zig, env } = (() => {
  try {
    return findZig();
  } catch (error) {
    return giveUp(error);
  }
})();
const run = (args) => execFileSync(zig, args, { cwd: cache, env, stdio: ["ignore", "inherit", "inherit"] });

const warnings = ["-std=c11", "-Wall", "-Wextra", "-Werror"];
function giveUp(error) {
  if (!(error instanceof MissingTool) || !process.argv.includes("--optional")) throw error;
  console.log(`the native front is not built: ${error.message}`);
  process.exit(0);
}

/** Translates the module to C, as many files as are compiled at once. `used` are the functions that calls use. */
function translate(shipped, used, header) {
  const folder = join(cache, "translated");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const stripped = join(folder, "engine.wasm");
  writeFileSync(stripped, stripData(shipped));
  execFileSync(
    "wasm2c",
    [stripped, "-n", "front", "--disable-simd", "--num-outputs=8", "-o", join(folder, "front.c")],
    {
      // With names it also says that the data which was cut is missing.
      stdio: ["ignore", "inherit", forValgrind ? "ignore" : "inherit"],
    },
  );
  copyFileSync(header, join(folder, "wasm-rt.h"));
  // The header that all of its files include.
  const shared = join(folder, "front-impl.h");
  writeFileSync(shared, editHeader(readFileSync(shared, "utf8")));
  const files = cFiles(folder);
  const { sources, table } = editTable(editDispatch(files.map((file) => readFileSync(file, "utf8"))));
  const { left, gathered } = gatherUsed(sources, used, 2);
  const written = [
    ...files.map((file, index) => [file, left[index]]),
    ...gathered.map((text, index) => [join(folder, `used_${index}.c`), text]),
    [join(folder, "table.S"), table],
  ];
  for (const [file, text] of written) writeFileSync(file, text);
  return { folder, files: written.map(([file]) => file) };
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

/** As much as valgrind has for a program. */
const fewAddresses = "-DFRONT_RESERVED=(UINT64_C(1) << 30)";

/** The program for a machine. */
async function buildProgram(arch, { folder, files }, { file: image, id }) {
  const target = ["-target", `${arch}-linux-musl`, "-fPIE"];
  const include = ["-I", folder, "-I", join(source, "host"), "-I", join(root, "helper-c")];
  const compile = (file, more) => {
    const object = join(cache, `${file.slice(file.lastIndexOf("/") + 1)}.${arch}.o`);
    return { args: ["cc", ...target, ...common, ...unwinding, ...more, ...include, "-c", file, "-o", object], object };
  };
  const reserved = forValgrind ? [fewAddresses] : [];
  // Nobody but valgrind unwinds the stack. The tables for that are 75 kB, and 23 packed.
  const unwinding = forValgrind ? [] : ["-fno-unwind-tables", "-fno-asynchronous-unwind-tables"];
  const jobs = [
    // A function for itself: the linker leaves out what is not called.
    ...files.map((file) =>
      compile(file, ["-w", "-ffunction-sections", "-fdata-sections", "-DWASM_RT_MEMCHECK_GUARD_PAGES=1"]),
    ),
    ...[...cFiles(join(source, "host")), ...shared].map((file) =>
      compile(file, [...warnings, `-DFRONT_IMAGE_ID="${id}"`, `-DFRONT_IMAGE_START=${imageStart}`, ...reserved]),
    ),
    compile(image, []),
  ];
  await runAll(
    zig,
    jobs.map(({ args }) => args),
    { cwd: cache, env },
  );
  const program = join(cache, forValgrind ? "coffer-valgrind" : `coffer-${arch}`);
  run([
    "cc",
    ...target,
    "-pie",
    ...(forValgrind ? [] : ["-s"]),
    ...jobs.map(({ object }) => object),
    "-Wl,--gc-sections",
    "-Wl,-z,relro",
    "-Wl,-z,now",
    "-o",
    program,
  ]);
  return program;
}

/** Puts the program where tests and packages find it, with its other name, the helper and the library of `--explain` beside it. */
function install(arch, program) {
  const folder = join(output, arch);
  mkdirSync(folder, { recursive: true });
  const place = (from, name, mode = 0o755) => {
    const temporary = join(folder, `.${name}.${process.pid}`);
    copyFileSync(from, temporary);
    chmodSync(temporary, mode);
    renameSync(temporary, join(folder, name));
  };
  place(program, "coffer");
  const helper = `coffer-helper-${arch}`;
  place(join(root, "packages/core/native", helper), helper);
  const quiet = `coffer-quiet-${arch}.so`;
  place(join(root, "packages/core/native", quiet), quiet, 0o644);
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
  const module = await buildModule(engine, { cache, name: "engine", named: forValgrind });
  const traced = await buildModule(engine, { cache, name: "traced", extra: tracing });
  const build = createHash("sha256").update(text).update(module).digest("hex");
  const made = makeImage(module, traced, text.replaceAll(unknownBuild, build));
  const shipped = cutCompiler(module);
  // Functions with names stay where they are.
  const translation = translate(shipped, forValgrind ? new Set() : findUsed(shipped, made), header);
  const image = writeImage(made, module);
  if (forValgrind) return console.log(await buildProgram(ownArch, translation, image));
  for (const arch of archs) install(arch, await buildProgram(arch, translation, image));
  writeFileSync(join(output, "LICENSES.txt"), licensesText(readParts(root, header)));
  noteBuilt("packages/cli/native");
}

main().catch(giveUp);
