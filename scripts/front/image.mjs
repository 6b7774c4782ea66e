// Makes the image: runs the engine's module here, has it evaluate the bundle and warm up, and takes its linear memory. What the
// engine asks of a host meanwhile is refused, but for the clock, which stands still: two builds are identical.
import { makeLayout } from "./trace/layout.mjs";
import { processRecord } from "./trace/trace-files.mjs";
import { makeTraceHost } from "./trace/trace-host.mjs";
import { enteredIn, notingEntries } from "./wasm/entered.mjs";

const enosys = -38;
/** `touched` of helper-c/front/engine/layout.c. */
const touchedSize = (64 << 20) / 8;
/** 2020-01-01, in milliseconds. */
const fixedTime = 1577836800000;
/** Where the stack ends and the data begins: the linker puts the stack first (build.mjs). */
export const stackSize = 1 << 20;
/** Where the image begins. What is before it is stack, and zeros. */
export const imageStart = stackSize - 65536;

/** The host while the image is made, and what the engine says. `replace` puts other functions in the place of these. */
function makeHost(module, getMemory) {
  const said = [];
  let current = {
    clock: () => fixedTime,
    write: (_fd, at, size) => {
      said.push(Buffer.from(getMemory().buffer.slice(at, at + size)));
      return size;
    },
  };
  const names = WebAssembly.Module.imports(module).map(({ name }) => name);
  const host = Object.fromEntries(names.map((name) => [name, (...all) => current[name]?.(...all) ?? enosys]));
  const replace = (other) => {
    current = other;
  };
  return { host, said, replace };
}

/** An instance that has begun, and a check that tells what the engine has said. `layout` says where its blocks are. */
function begin(module, layout) {
  const { host, said, replace } = makeHost(module, () => exports.memory);
  const { exports } = new WebAssembly.Instance(module, { host });
  const check = (name, isGood) => {
    if (!isGood) throw new Error(`the engine failed at ${name}: ${Buffer.concat(said)}`);
  };
  const give = (bytes) => {
    const at = exports.front_source(bytes.length);
    check("source", at !== 0);
    new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
  };
  exports._initialize();
  if (layout !== undefined) {
    const [, ...sizes] = layout.sizes;
    const at = exports.front_fates(layout.fates.length, ...sizes);
    check("fates", at !== 0);
    new Uint8Array(exports.memory.buffer, at, layout.fates.length).set(layout.fates);
  }
  check("begin", exports.front_begin() === 0);
  return { exports, check, give, said, replace };
}

/** What the script compiles to. */
export function compile(module, script) {
  const { exports, check, give } = begin(module);
  const text = Buffer.from(script);
  give(text);
  const at = exports.front_compile(text.length);
  check("compile", at !== 0);
  return Buffer.from(exports.memory.buffer.slice(at, at + exports.front_compiled_size()));
}

/** An instance that has evaluated what was compiled, and is warm; and where its blocks end. */
export function warmUp(module, compiled, layout) {
  const { exports, check, give, replace } = begin(module, layout);
  give(compiled);
  check("evaluate", exports.front_evaluate(compiled.length) === 0);
  check("warm", exports.front_warm() === 0);
  const end = exports.front_settle();
  check("settle", end !== 0);
  return { exports, check, end, replace };
}

/**
 * Calls that are traced, on a machine in memory: each begins with the image, which `reset` puts back. `forget` forgets what was noted
 * so far.
 */
function traceCalls(exports, replace, { reset, forget = () => {} }) {
  const machine = makeTraceHost(() => exports.memory);
  replace(machine.host);
  const call = (...words) => {
    reset();
    machine.begin(...words);
    const status = exports.front_main();
    if (status !== 0) throw new Error(`the traced call ${words.join(" ")} ended with ${status}: ${machine.said()}`);
  };
  // The plan of a sandbox is made once, and is kept for the next.
  call("sandbox", "--", "true");
  forget();
  call("sandbox", "--", "true");
  call("--version");
  call("spec", "--bundle", "/bundle");
  machine.change("/bundle/config.json", (text) => text.replace('"terminal": true', '"terminal": false'));
  call("run", "--bundle", "/bundle", "one");
  call("create", "--bundle", "/bundle", "two");
  machine.change("/run/coffer/two/process", () => processRecord);
  machine.putGate("/run/coffer/two/gate");
  call("state", "two");
  call("start", "two");
  machine.remove("/run/coffer/two/gate");
  call("exec", "two", "true");
  machine.wait(1000);
  // Its plan is kept then, and is there for the next.
  call("exec", "two", "true");
  call("exec", "two", "true");
  call("kill", "two", "KILL");
  call("delete", "--force", "two");
}

/** Where the blocks shall be: what the calls of the warm-up touch once the image is made. */
function traceLayout(module, compiled) {
  const { exports, check, end, replace } = warmUp(module, compiled);
  const count = exports.front_allocations();
  check("seal", exports.front_seal() !== 0);
  const touchedAt = exports.front_touched();
  const forget = () => new Uint8Array(exports.memory.buffer, touchedAt, end / 8).fill(0);
  forget();
  const image = exports.memory.buffer.slice(0);
  const reset = () => {
    const touched = exports.memory.buffer.slice(touchedAt, touchedAt + touchedSize);
    const memory = new Uint8Array(exports.memory.buffer);
    memory.set(new Uint8Array(image));
    memory.set(new Uint8Array(touched), touchedAt);
  };
  traceCalls(exports, replace, { reset, forget });
  reset();
  check("traced calls", exports.front_warm() === 0);
  return makeLayout(exports, exports.front_start(), end, count);
}

/** The image for a module and a script. `traced` is the same module, which notes what is read and written. */
export function makeImage(wasm, traced, script) {
  const module = new WebAssembly.Module(wasm);
  const compiled = compile(module, script);
  const layout = traceLayout(new WebAssembly.Module(traced), compiled);
  const { exports, check } = warmUp(module, compiled, layout);
  const end = exports.front_seal();
  check("seal", end !== 0);
  const image = Buffer.from(exports.memory.buffer.slice(0, end));
  image.fill(0, 0, stackSize);
  return image.subarray(imageStart);
}

/** An instance of the module that is shipped, with the memory of another. */
function beginShipped(module, image, host) {
  const { exports } = new WebAssembly.Instance(module, { host });
  exports.memory.grow((image.length - exports.memory.buffer.byteLength) / 65536);
  new Uint8Array(exports.memory.buffer).set(image);
  return exports;
}

/** The numbers of the functions of the module that is shipped which the traced calls use. `image` is of that module. */
export function findUsed(shipped, image) {
  const module = new WebAssembly.Module(notingEntries(shipped));
  const { host, replace } = makeHost(module, () => exports.memory);
  const memory = new Uint8Array(Math.ceil((imageStart + image.length) / 65536) * 65536);
  memory.set(image, imageStart);
  const exports = beginShipped(module, memory, host);
  const reset = () => new Uint8Array(exports.memory.buffer).fill(0, memory.length).set(memory);
  traceCalls(exports, replace, { reset });
  return enteredIn(exports);
}

/** What a script writes that is evaluated in the engine: for tests of the engine itself. */
export function evaluateIn(wasm, script) {
  const module = new WebAssembly.Module(wasm);
  const compiled = compile(module, script);
  const { exports, check, give, said } = begin(module);
  give(compiled);
  check("evaluate", exports.front_evaluate(compiled.length) === 0);
  return Buffer.concat(said).toString();
}

/**
 * What a script of the image says in the program as it is shipped. The script is evaluated and sealed in the module `wasm`, and
 * its `front` is called in `shipped`, which has the same memory. Without `sealed` the image still asks for the compiler.
 */
export function runShipped(wasm, shipped, script, { sealed }) {
  const compiled = compile(new WebAssembly.Module(wasm), script);
  const { exports: made, check, give } = begin(new WebAssembly.Module(wasm));
  give(compiled);
  check("evaluate", made.front_evaluate(compiled.length) === 0);
  if (sealed) check("seal", made.front_seal() !== 0);
  const module = new WebAssembly.Module(shipped);
  const { host, said } = makeHost(module, () => exports.memory);
  const exports = beginShipped(module, new Uint8Array(made.memory.buffer), host);
  const status = exports.front_main();
  return { status, said: Buffer.concat(said).toString() };
}
