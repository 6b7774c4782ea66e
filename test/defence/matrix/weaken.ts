// Makes a weakened coffer. A helper is built from edited sources with gcc, an object file at a time: what an edit does not
// touch is built once. Sources of the planner and the front are edited as Node loads them, by a module that is loaded first.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { programs, repository } from "../../helpers/build.ts";
import type { Edit } from "../weakened.ts";
import type { Build } from "./types.ts";

const cache = join(repository, "test/.cache/weakened");
const root = join(repository, "helper-c");
const compileFlags = [
  "-std=c11",
  "-ffreestanding",
  "-Os",
  "-fno-stack-protector",
  "-fno-asynchronous-unwind-tables",
  "-fno-strict-aliasing",
  "-fcf-protection=none",
  "-fno-pie",
  "-fvisibility=hidden",
  "-ffunction-sections",
  "-w",
  `-I${root}`,
];
/** How init and the satellite lie in memory. */
const imageScript = join(root, "sys/image.ld");
const linkFlags = ["-nostdlib", "-static", "-no-pie", "-Wl,--gc-sections", "-Wl,--build-id=none", "-s"];

const digest = (...parts: readonly (string | Buffer)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 16);
};

/** Makes a file in the cache unless it is there. */
function made(name: string, make: (path: string) => void): string {
  const path = join(cache, name);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const temporary = join(cache, `${process.pid}-${name}`);
  make(temporary);
  renameSync(temporary, path);
  return path;
}

const gcc = (words: readonly string[]): void =>
  void execFileSync("gcc", [...words], { stdio: ["ignore", "ignore", "inherit"] });

const filesIn = (folder: string): readonly string[] => readdirSync(join(root, folder));

function headers(): string {
  const files = Object.values(programs)
    .flat()
    .flatMap((folder) => filesIn(folder).map((name) => join(root, folder, name)));
  return digest(...files.filter((file) => file.endsWith(".h")).map((file) => readFileSync(file)));
}

const isScript = ({ file }: Edit): boolean => file.endsWith(".ts");
const pathOf = (file: string): string => join(file.endsWith(".ts") ? repository : root, file);

/** The text of a source with its edits. Each must apply in exactly one place. */
function edited(file: string, edits: readonly Edit[]): string {
  const text = readFileSync(pathOf(file), "utf8");
  return edits
    .filter((edit) => edit.file === file)
    .reduce((now, { from, to }) => {
      if (now.split(from).length !== 2) throw new Error(`${file} has not once: ${from}`);
      return now.replace(from, () => to);
    }, text);
}

function objects(folders: readonly string[], edits: readonly Edit[], shared: string): readonly string[] {
  const sources = folders.flatMap((folder) =>
    filesIn(folder)
      .filter((name) => name.endsWith(".c") && name !== "wasm.c")
      .map((name) => `${folder}/${name}`),
  );
  return sources.map((source) => {
    const text = edited(source, edits);
    return made(`${digest(compileFlags.join(" "), shared, source, text)}.o`, (path) => {
      writeFileSync(`${path}.c`, text);
      gcc([...compileFlags, `-I${join(root, source, "..")}`, "-c", `${path}.c`, "-o", path]);
    });
  });
}

const image = (name: string, program: string): string => `.section .rodata.${name}_image, "a"
.balign 16
.globl ${name}_image, ${name}_image_end
${name}_image: .incbin "${program}"
${name}_image_end:
.section .note.GNU-stack, "", %progbits
`;

/** The path of a helper that is built from the sources with these edits. */
function buildHelper(edits: readonly Edit[]): string {
  const shared = headers();
  const inside = objects(programs.init, edits, shared);
  const beside = objects(programs.satellite, edits, shared);
  const outside = objects(programs.launcher, edits, shared);
  const name = digest(inside.join(), beside.join(), outside.join(), readFileSync(imageScript));
  return made(`coffer-helper-${name}`, (path) => {
    const carry = (program: string, files: readonly string[]): string => {
      const placed = `-Wl,--defsym=image_address=0x1000000,-T,${imageScript},-e,_start`;
      gcc([...linkFlags, placed, ...files, "-o", `${path}-${program}`]);
      return image(program, `${path}-${program}`);
    };
    writeFileSync(`${path}.S`, carry("init", inside) + carry("satellite", beside));
    gcc([...linkFlags, ...outside, `${path}.S`, "-o", path]);
  });
}

/** The path of a module that gives Node these sources instead of those on disk, and instead of the bundle made of them. */
function makeLoader(edits: readonly Edit[]): string {
  const files = [...new Set(edits.map(({ file }) => file))];
  const sources = Object.fromEntries(files.map((file) => [pathToFileURL(pathOf(file)).href, edited(file, edits)]));
  const text = `import { registerHooks } from "node:module";
const sources = ${JSON.stringify(sources)};
registerHooks({
  resolve(specifier, context, next) {
    return next(specifier.endsWith("/cli/bundle/main.js") ? "#main" : specifier, context);
  },
  load(url, context, next) {
    const loaded = next(url, context);
    return Object.hasOwn(sources, url) ? { ...loaded, source: sources[url] } : loaded;
  },
});
`;
  return made(`${digest(text)}.mjs`, (path) => writeFileSync(path, text));
}

/** Edits that do not apply any more are an error. */
export function checkEdits(edits: readonly Edit[]): void {
  for (const { file } of edits) edited(file, edits);
}

/** A coffer with these edits of its sources. */
export function buildWeakened(edits: readonly Edit[]): Build {
  checkEdits(edits);
  const scripts = edits.filter(isScript);
  const others = edits.filter((edit) => !isScript(edit));
  const quiet = "--disable-warning=ExperimentalWarning";
  return {
    ...(scripts.length > 0 && others.length === 0 ? {} : { helper: buildHelper(others) }),
    nodeArguments: scripts.length === 0 ? [] : ["--conditions=@coffer/source", quiet, "--import", makeLoader(scripts)],
  };
}
