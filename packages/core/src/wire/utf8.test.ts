import test from "ava";
import fc from "fast-check";
import { decodeText, encodeInto, isUtf8, pushText, textLength } from "./utf8.ts";

const encode = (text: string): Uint8Array | undefined => {
  const bytes: number[] = [];
  return pushText(bytes, text) ? Uint8Array.from(bytes) : undefined;
};

/** Bytes of which many are UTF-8 and many nearly. */
const bytes = fc
  .array(fc.oneof(fc.constantFrom(0x41, 0xc2, 0x80, 0xe0, 0xa0, 0xed, 0xb2, 0xf0, 0x90, 0xf4, 0x8f, 0xbf), fc.nat(255)))
  .map((list) => Uint8Array.from(list));

test("encodes what is UTF-8 as TextEncoder does", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => t.deepEqual(encode(text), new TextEncoder().encode(text))),
  );
});

test("decodes what is UTF-8 as a strict TextDecoder does, and tells that it is", (t) => {
  const strict = (array: Uint8Array): string | undefined => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(array);
    } catch {
      return undefined;
    }
  };
  fc.assert(
    fc.property(bytes, (array) => {
      const text = decodeText(array);
      t.is(isUtf8(text) ? text : undefined, strict(array));
    }),
    { numRuns: 2000 },
  );
});

test("any bytes come back as they were", (t) => {
  fc.assert(
    fc.property(bytes, (array) => t.deepEqual(encode(decodeText(array)), array)),
    { numRuns: 2000 },
  );
});

test("no two texts stand for the same bytes", (t) => {
  const units = fc.constantFrom("a", "é", "😀", "\udcc3", "\udca9", "\udcf0", "\udc9f", "\udc98", "\udc80", "\ud83d");
  fc.assert(
    fc.property(fc.array(units), (list) => {
      const text = list.join("");
      const found = encode(text);
      t.is(found === undefined ? text : decodeText(found), text);
    }),
    { numRuns: 2000 },
  );
});

const stands = test.macro({
  exec(t, text: string, expected: readonly number[] | undefined) {
    t.deepEqual(encode(text), expected && Uint8Array.from(expected));
  },
  title: (_, text) => `the bytes of ${JSON.stringify(text)}`,
});

test(stands, "a\udcffb", [0x61, 0xff, 0x62]);
test(stands, "\udc80", [0x80]);
test(stands, "\udced\udcb2\udc80", [0xed, 0xb2, 0x80]);
test(stands, "\udcc3", [0xc3]);
test(stands, "\udcc3\udca9", undefined);
test(stands, "\udc2f", undefined);
test(stands, "\udc7f", undefined);
test(stands, "\udd00", undefined);
test(stands, "\ud800", undefined);
test(stands, "\ud800x", undefined);

test("the length of a text is that of its bytes", (t) => {
  t.deepEqual(["", "a", "é", "€", "\u{1f600}", "\udcff"].map(textLength), [0, 1, 2, 3, 4, 1]);
});

test("a part of bytes is decoded", (t) => {
  const bytes = new TextEncoder().encode("aéb€");
  t.is(decodeText(bytes, 1, 4), "éb");
  t.is(decodeText(bytes, 4, 6), "\udce2\udc82");
});

test("a text is written where there is room for all of it, and it stands for bytes", (t) => {
  const write = (text: string, at: number): readonly [number, readonly number[]] => {
    const target = new Uint8Array(4).fill(7);
    return [encodeInto(text, target, at), [...target]];
  };
  t.deepEqual(write("é\udcff", 1), [3, [7, 0xc3, 0xa9, 0xff]]);
  t.deepEqual(write("€", 2), [3, [7, 7, 7, 7]]);
  t.deepEqual(write("a\ud800", 0), [-1, [7, 7, 7, 7]]);
  t.deepEqual(write("", 4), [0, [7, 7, 7, 7]]);
});
