// Makes the image: runs the engine's module here, has it evaluate the bundle and warm up, and takes its linear memory. What the
// engine asks of a host meanwhile is refused, but for the clock, which stands still: two builds are identical.
import { makeLayout } from "./layout.mjs";

const enosys = -38;
/** 2020-01-01, in milliseconds. */
const fixedTime = 1577836800000;
/** Where the stack ends and the data begins: the linker puts the stack first (build.mjs). */
export const stackSize = 1 << 20;
/** Where the image begins. What is before it is stack, and zeros. */
export const imageStart = stackSize - 65536;

function makeHost(module, getMemory) {
  const host = {};
  for (const { name } of WebAssembly.Module.imports(module)) host[name] = () => enosys;
  host.clock = () => fixedTime;
  const said = [];
  host.write = (_fd, at, size) => {
    said.push(Buffer.from(getMemory().buffer.slice(at, at + size)));
    return size;
  };
  return { host, said };
}

/** An instance that has begun, and a check that tells what the engine has said. `layout` says where its blocks are. */
function begin(module, layout) {
  const { host, said } = makeHost(module, () => exports.memory);
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
  return { exports, check, give, said };
}

/** What the script compiles to. */
function compile(module, script) {
  const { exports, check, give } = begin(module);
  const text = Buffer.from(script);
  give(text);
  const at = exports.front_compile(text.length);
  check("compile", at !== 0);
  return Buffer.from(exports.memory.buffer.slice(at, at + exports.front_compiled_size()));
}

/** An instance that has evaluated what was compiled, and is warm; and where its blocks end. */
function warmUp(module, compiled, layout) {
  const { exports, check, give } = begin(module, layout);
  give(compiled);
  check("evaluate", exports.front_evaluate(compiled.length) === 0);
  check("warm", exports.front_warm() === 0);
  const end = exports.front_settle();
  check("settle", end !== 0);
  return { exports, check, end };
}

/** Where the blocks shall be: what the calls of the warm-up touch once the image is made. */
function traceLayout(module, compiled) {
  const { exports, check, end } = warmUp(module, compiled);
  const count = exports.front_allocations();
  check("seal", exports.front_seal() !== 0);
  new Uint8Array(exports.memory.buffer, exports.front_touched(), end / 8).fill(0);
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

/** What a script writes that is evaluated in the engine: for tests of the engine itself. */
export function evaluateIn(wasm, script) {
  const module = new WebAssembly.Module(wasm);
  const compiled = compile(module, script);
  const { exports, check, give, said } = begin(module);
  give(compiled);
  check("evaluate", exports.front_evaluate(compiled.length) === 0);
  return Buffer.concat(said).toString();
}
