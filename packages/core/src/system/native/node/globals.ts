// Globals that Node has and the engine has not: as much of each as both faces use. The bundle puts them in the place of the names.
import { decodeText } from "../../../wire/utf8.ts";
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

/** What windows-1252 has from 0x80 on: the Encoding Standard, and so Node, calls that latin1. */
const from80 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** UTF-8, and what is called latin1. Of a character that is cut each byte becomes U+FFFD, if it must not be fatal. */
export class TextDecoder {
  readonly #label: string;
  readonly #options: { readonly fatal?: boolean; readonly ignoreBOM?: boolean };

  constructor(label = "utf-8", options: { readonly fatal?: boolean; readonly ignoreBOM?: boolean } = {}) {
    this.#label = label;
    this.#options = options;
  }

  decode(bytes: Uint8Array): string {
    if (this.#label === "latin1")
      return Array.from(bytes, (byte) => from80[byte - 0x80] ?? String.fromCharCode(byte)).join("");
    const known = host.decode(bytes);
    if (known === undefined && this.#options.fatal === true) throw new TypeError("the bytes are not UTF-8");
    const text = known ?? decodeText(bytes).toWellFormed();
    return this.#options.ignoreBOM === true ? text : text.replace(/^\ufeff/, "");
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
