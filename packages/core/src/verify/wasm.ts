// The core in C as a wasm module, the verifier and the compiler of filters: base64, the few types that we need of WebAssembly, one
// instance for the process.
import { coreWasm } from "./core-wasm.gen.ts";

/** What `helper-c/plan/wasm.c` exports. */
export interface Core {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Where an image of that size may be written; 0 when there is no memory for it. */
  buffer(size: number): number;
  /** Verifies the image in the buffer: the code of the rule that is broken, or 0. */
  verify(size: number): number;
  op(): number;
  detail(): number;
}

/** With the compiler, which wasm.c exports too. */
interface CoreModule extends Core {
  /** Compiles the request of so many bytes in the buffer, which has `size`: how many bytes the program has, or an error. */
  compile(request: number, size: number): number;
}

// Not in the lib of ECMAScript, and the whole DOM lib would let its names into pure code.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Decodes base64 with its padding: neither `atob` nor Buffer is in every engine that runs the planner. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const values = new Uint8Array(128);
  for (const [value, letter] of [...alphabet].entries()) values[letter.charCodeAt(0)] = value;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const value = (at: number): number => values[text.charCodeAt(at)] ?? 0;
  for (let at = 0, out = 0; at < text.length; at += 4, out += 3) {
    const word = (value(at) << 18) | (value(at + 1) << 12) | (value(at + 2) << 6) | value(at + 3);
    bytes[out] = word >> 16;
    bytes[out + 1] = word >> 8;
    bytes[out + 2] = word;
  }
  return bytes;
}

const names = ["memory", "buffer", "verify", "op", "detail", "compile"];
const isCore = (exports: object): exports is CoreModule => names.every((name) => name in exports);

/**
 * The exports of a module, if they are the core's.
 *
 * @throws Error if a name is missing
 */
export function asCore(exports: object): CoreModule {
  if (!isCore(exports)) throw new Error("the wasm module is not the one that belongs to this build");
  return exports;
}

/** Compiles the module and makes an instance; it has no imports. */
export function makeCore(): CoreModule {
  return asCore(new WebAssembly.Instance(new WebAssembly.Module(decodeBase64(coreWasm)), {}).exports);
}

let core: CoreModule | undefined;

/** The instance of the process. */
export function theCore(): CoreModule {
  core ??= makeCore();
  return core;
}

/** `enum filter_error` of helper-c/filter/filter.h. */
const noRoom = -1;
const tooLong = -2;

const leastRoom = 256 * 1024;
const mostRoom = 16 << 20;

/**
 * Compiles a request to a program, an array of struct sock_filter; undefined when the program is longer than the kernel takes.
 *
 * @throws Error if the request is not of this build
 */
export function compileRequest(request: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const core = theCore();
  for (let size = leastRoom; size <= mostRoom; size *= 2) {
    const at = request.length > size ? 0 : core.buffer(size);
    if (at === 0) continue;
    new Uint8Array(core.memory.buffer, at, request.length).set(request);
    const length = core.compile(request.length, size);
    if (length >= 0) return new Uint8Array(core.memory.buffer, at, length).slice();
    if (length === tooLong) return undefined;
    if (length !== noRoom) throw new Error("the compiler of seccomp filters is not the one that belongs to this build");
  }
  return undefined;
}
