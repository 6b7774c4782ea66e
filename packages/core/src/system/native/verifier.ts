// The verifier and the compiler of filters: the same C source is part of the engine's module.
import type { Core } from "../../verify/wasm.ts";

/** An instance, whose memory is the image alone. */
export function makeCore(): Core {
  // A place of 0 says that there is no memory for an image.
  const start = 8;
  let memory = { buffer: new ArrayBuffer(0) };
  let verdict: readonly [rule: number, op: number, detail: number] = [0, 0, 0];
  return {
    get memory() {
      return memory;
    },
    buffer: (size) => {
      memory = { buffer: new ArrayBuffer(start + size) };
      return start;
    },
    verify: (size) => {
      verdict = host.verify(new Uint8Array(memory.buffer, start, size));
      memory = { buffer: new ArrayBuffer(0) };
      return verdict[0];
    },
    op: () => verdict[1],
    detail: () => verdict[2],
  };
}

let core: Core | undefined;

/** The instance of the process. */
export function theCore(): Core {
  core ??= makeCore();
  return core;
}

/** Compiles a request to a program; undefined when the program is longer than the kernel takes. */
export function compileRequest(request: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  return host.compileFilter(request);
}
