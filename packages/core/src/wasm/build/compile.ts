// Compiling a module: wasm2c and a C compiler in a sandbox. The module comes from a stranger, and so does whatever a compiler
// that it has taken over says: the program is used in a container of its own alone.
import { sandbox } from "../../api/sandbox.ts";
import type { Subprocess } from "../../api/subprocess.ts";
import { CofferError } from "../../errors.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { invalidModule } from "../module/bytes.ts";
import type { Command } from "../module/check.ts";
import type { CompileBounds } from "./administrator.ts";
import { requireCompiling } from "./administrator.ts";
import type { BuildOptions } from "./flags.ts";
import { flagsFor } from "./flags.ts";
import { shimDir } from "./places.ts";
import type { Tools } from "./tools.ts";
import { findTools } from "./tools.ts";

/** Gets how many parts are compiled, and of how many. */
export type Progress = (done: number, total: number) => void;

const mebi = 1024 * 1024;
/** What the compilers may use besides memory and time. */
const fixed = {
  disk: 2048 * mebi,
  processes: 64,
  program: 256 * mebi,
  messages: 16 * mebi,
};

/** A part of the translation has about as much code as this, in bytes of the module. */
const partSize = 100_000;
/** With one part wasm2c writes no header of what the parts share. */
const leastParts = 2;
const mostParts = 64;
/** As many compilers run at once. */
const jobs = 2;

/** What wasm2c says of a module that is not valid: its offset and reason. */
function explain(output: string): CofferError {
  const line = output.split("\n").find((one) => one.includes("error")) ?? output.split("\n")[0] ?? "";
  const [, offset, reason] = /(?:^|:)([0-9a-f]{7,}): error: (.*)/.exec(line) ?? [];
  if (offset !== undefined && reason !== undefined)
    return invalidModule(`is not valid: ${reason}`, { offset: Number.parseInt(offset, 16) });
  const [, whole] = /^(?:.*: )?error: (.*)/.exec(line) ?? [];
  const hint = "coffer wasm inspect tells what the module has";
  return new CofferError("E_COMPILE_FAILED", `the module cannot be compiled: ${whole ?? line}`, {}, { hint });
}

async function collect(
  stream: AsyncIterable<Uint8Array> | undefined,
  most: number,
  see: (part: Uint8Array) => void = () => {},
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream ?? []) {
    size += part.length;
    if (size > most) throw new CofferError("E_COMPILE_FAILED", "the module's program is too large", {});
    parts.push(part);
    see(part);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What compile.sh says behind each part. */
const partSaid = "coffer: a part is compiled";

/** Counts what compile.sh says. It may be a lie of a compiler that was taken over: the count ends at the total. */
function countParts(total: number, onProgress: Progress): (bytes: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = "";
  let done = 0;
  return (bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = (lines.pop() ?? "").slice(-partSaid.length);
    for (const line of lines) if (line === partSaid && done < total) onProgress(++done, total);
  };
}

const elf = [0x7f, 0x45, 0x4c, 0x46];

const partsOf = ({ module }: Command): number =>
  Math.min(mostParts, Math.max(leastParts, Math.ceil(module.codeSize / partSize)));

/**
 * A frame that tcc makes is not touched page by page: it must not be able to skip the guard of a quick program, of 1 GiB. A byte
 * of code makes at most 40 bytes of a frame, the size of a reference, unless a call has several results.
 */
const longestUntouched = 8 * mebi;

/** Whether tcc may compile a module. */
function fitsTcc({ module }: Command, { tier, checked }: BuildOptions): boolean {
  return tier === "quick" && !checked && !module.hasTuples && module.longestBody <= longestUntouched;
}

/** The words of compile.sh. */
export function compileWords(tools: Tools, home: string, command: Command, options: BuildOptions): readonly string[] {
  const parts = partsOf(command);
  const { wasm2c, compiler, linker, exact } = tools;
  const tcc = fitsTcc(command, options) ? (tools.tcc ?? "") : "";
  const { start = "_start", initialisers = [], seconds = 0, wasi = false } = command.snapshot ?? {};
  const head = [home, options.arch, `${jobs}`, `${parts}`, wasm2c, tcc];
  const snapshot = [start, initialisers.join(" "), `${seconds}`, wasi ? "answers" : ""];
  return [...head, ...snapshot, exact, ...compiler, "--", ...linker, "--", ...flagsFor(command, options)];
}

/** The sandbox that a module is compiled in: it sees the tools, and can write to nothing but a file system in memory. */
function startTools(
  runtime: Runtime,
  tools: Tools,
  bytes: Uint8Array,
  words: readonly string[],
  { memory, timeoutMs }: CompileBounds,
): Subprocess {
  const { warn: _warn, guard: _guard, ...quiet } = runtime;
  const home = shimDir();
  return sandbox({
    runtime: quiet,
    args: ["/bin/sh", `${home}/compile.sh`, ...words],
    cwd: home,
    read: [...tools.dirs],
    tools: "none",
    guards: false,
    sizes: { "/tmp": fixed.disk },
    limits: { memory, pids: fixed.processes },
    timeoutMs,
    input: bytes,
    buffer: false,
  });
}

/**
 * Compiles a module.
 *
 * @throws {CofferError} E_MODULE_INVALID, E_COMPILE_FAILED, E_HOST_UNSUPPORTED, E_TIMEOUT
 */
export async function compile(
  runtime: Runtime,
  bytes: Uint8Array,
  command: Command,
  options: BuildOptions,
  onProgress: Progress,
): Promise<Uint8Array> {
  const bounds = requireCompiling(runtime.system);
  const tools = findTools(runtime.system, options.arch);
  // Besides its parts there is one of coffer; for a snapshot there are three, and with imports four.
  const total = partsOf(command) + (command.snapshot === undefined ? 1 : command.snapshot.wasi ? 4 : 3);
  onProgress(0, total);
  const running = startTools(runtime, tools, bytes, compileWords(tools, shimDir(), command, options), bounds);
  const { stdout, stderr } = await running.started;
  const [program, said, result] = await Promise.all([
    collect(stdout, fixed.program),
    collect(stderr, fixed.messages, countParts(total, onProgress)),
    running,
  ]);
  const { timeoutMs } = bounds;
  if (result.timedOut)
    throw new CofferError("E_TIMEOUT", `the module was not compiled in ${timeoutMs / 1000} s`, { timeoutMs });
  const told = new TextDecoder().decode(said).replaceAll(`${partSaid}\n`, "");
  if (result.failed) throw explain(told === "" ? `the compiler ended with ${result.signal ?? result.exitCode}` : told);
  if (!elf.every((byte, at) => program[at] === byte)) throw explain("the compiler has written no program");
  return program;
}
