// What stands for Node's TextDecoder on the native front decodes as Node's does.
import test from "ava";
import { TextDecoder as Own } from "./globals.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
Object.assign(globalThis, {
  host: {
    decode: (bytes: Uint8Array): string | undefined => {
      try {
        return strict.decode(bytes);
      } catch {
        return undefined;
      }
    },
  },
});

const inputs: readonly (readonly number[])[] = [
  [],
  [0x61, 0xc3, 0xa9, 0x62],
  [0xff, 0x61],
  [0x61, 0xc3],
  [0xef, 0xbb, 0xbf, 0x61],
  [0x61, 0xef, 0xbb, 0xbf],
  [0xed, 0xb2, 0x80],
  Array.from({ length: 256 }, (_, byte) => byte),
];
const kinds = [{}, { fatal: true }, { ignoreBOM: true }, { fatal: true, ignoreBOM: true }];
/** The text, or that it is missing. Node has one U+FFFD for a cut character, and the native front one for each byte of it. */
const told = (decode: () => string): string => {
  try {
    return decode().replaceAll(/\ufffd+/g, "\ufffd");
  } catch (error) {
    return error instanceof TypeError ? "TypeError" : "another error";
  }
};

for (const input of inputs)
  test(`the bytes ${input.slice(0, 8).join(" ")}`, (t) => {
    const bytes = Uint8Array.from(input);
    for (const kind of kinds) {
      const expected = told(() => new TextDecoder("utf-8", kind).decode(bytes));
      t.is(
        told(() => new Own("utf-8", kind).decode(bytes)),
        expected,
        JSON.stringify(kind),
      );
    }
    t.is(new Own("latin1").decode(bytes), new TextDecoder("latin1").decode(bytes));
  });
