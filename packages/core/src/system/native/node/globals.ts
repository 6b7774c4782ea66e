// Globals that Node has and the engine has not: as much of each as both faces use. The bundle puts them in the place of the names.
import { clearTimer, setTimer } from "../loop.ts";
import defaultProcess from "./process.ts";

/** Bytes: made and joined. */
export const Buffer = {
  from: (content: string | ArrayLike<number>): Uint8Array =>
    typeof content === "string" ? host.encode(content) : Uint8Array.from(content),

  concat: (chunks: readonly Uint8Array[], total?: number): Uint8Array => {
    const [first] = chunks;
    if (chunks.length === 1 && first !== undefined) return first;
    const whole = new Uint8Array(total ?? chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  },

  byteLength: (text: string): number => host.encode(text).length,
};

/** UTF-8 that is UTF-8, and latin1. */
export class TextDecoder {
  readonly #label: string;

  constructor(label = "utf-8") {
    this.#label = label;
  }

  decode(bytes: Uint8Array): string {
    if (this.#label === "latin1") return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    const text = host.decode(bytes);
    if (text === undefined) throw new TypeError("the bytes are not UTF-8");
    return text;
  }
}

export class TextEncoder {
  encode(text: string): Uint8Array {
    return host.encode(text.toWellFormed());
  }
}

export const performance = { now: (): number => host.clock(1) };

/** Nothing can wake who waits: a sleep. */
const atomics = {
  wait: (_cells: unknown, _index: number, _value: number, milliseconds: number): void => void host.sleep(milliseconds),
};
class Shared extends ArrayBuffer {}

export { atomics as Atomics, Shared as SharedArrayBuffer };

// QuickJS 2025-04-26 gives the negative number itself where the bits are as many as its own.
BigInt.asUintN = (bits, value) => value & ((1n << BigInt(bits)) - 1n);

export const setTimeout = setTimer;
export const clearTimeout = clearTimer;
export const process = defaultProcess;
