import test from "ava";
import fc from "fast-check";
import { decodeUtf8, pushUtf8 } from "./utf8.ts";

const encode = (text: string): Uint8Array | undefined => {
  const bytes: number[] = [];
  return pushUtf8(bytes, text) ? Uint8Array.from(bytes) : undefined;
};

test("encodes as TextEncoder does", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => t.deepEqual(encode(text), new TextEncoder().encode(text))),
  );
  t.is(encode("\ud800"), undefined);
  t.is(encode("\ud800x"), undefined);
  t.is(encode("\udc00"), undefined);
});

test("decodes as a strict TextDecoder does", (t) => {
  const strict = (bytes: Uint8Array): string | undefined => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return undefined;
    }
  };
  const bytes = fc.array(
    fc.oneof(fc.constantFrom(0x41, 0xc2, 0x80, 0xe0, 0xa0, 0xed, 0xf0, 0x90, 0xf4, 0x8f, 0xbf), fc.nat(255)),
  );
  fc.assert(
    fc.property(bytes, (list) => {
      const array = Uint8Array.from(list);
      t.is(decodeUtf8(array, 0, array.length), strict(array));
    }),
    { numRuns: 2000 },
  );
});
