// Makes the image: runs the engine's module here, has it evaluate the bundle and warm up, and takes its linear memory. What the
// engine asks of a host meanwhile is refused, but for the clock, which stands still: two builds are identical.

const enosys = -38;
/** 2020-01-01, in milliseconds. */
const fixedTime = 1577836800000;
/** Where the stack ends and the data begins: the linker puts the stack first (build.mjs). */
export const stackSize = 1 << 20;

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

/** An instance that has begun, and a check that tells what the engine has said. */
function begin(module) {
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

/** The image for a module and a script. */
export function makeImage(wasm, script) {
  const module = new WebAssembly.Module(wasm);
  const compiled = compile(module, script);
  const { exports, check, give } = begin(module);
  give(compiled);
  check("evaluate", exports.front_evaluate(compiled.length) === 0);
  check("warm", exports.front_warm() === 0);
  const end = exports.front_seal();
  check("seal", end !== 0);
  const image = Buffer.from(exports.memory.buffer.slice(0, end));
  image.fill(0, 0, stackSize);
  return image;
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
