// Texts and objects are in the engine what they are in Node: edits of its sources shorten how these are compared, written and made.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { makeRandom } from "../../packages/spec/src/testing/mutate.ts";
import { evaluateIn } from "../../scripts/front/image.mjs";
import { repository } from "../helpers/build.ts";
import { needs } from "../helpers/needs.ts";

const cache = join(repository, ".cache/front");
const random = makeRandom(20_261_130);
const pick = <T>(list: readonly T[], otherwise: T): T => list[random(list.length)] ?? otherwise;

const pieces = [
  "a",
  "plain",
  '"',
  "\\\\",
  "\\n",
  "\\u0001",
  "\\u001f",
  " ",
  "\\x7f",
  "é",
  "ÿ",
  "€",
  "😀",
  "\\ud83d",
  "\\udc80",
  "",
];
const texts = Array.from({ length: 600 }, () =>
  Array.from({ length: random(5) }, () => pick(pieces, "")).join(random(3) === 0 ? "x".repeat(random(40)) : ""),
);

test("texts are quoted, compared and encoded as in Node", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const source = `const texts = ${JSON.stringify(texts)}; const into = new Uint8Array(64);`;
  const engine = readFileSync(join(cache, "engine.wasm"));
  // The bytes of a text, where it is short enough, and how many they are. -1 where it has a lone surrogate.
  const native = `const write = (text) => {
    into.fill(7);
    return host.encodeInto(text, into, 80) === host.encodeInto(text, into, 9) && [host.encodeInto(text, into, 9), [...into]];
  };`;
  const node = (text: string): readonly [number, readonly number[]] => {
    const bytes = Buffer.from(text);
    const into = new Uint8Array(64).fill(7);
    if (text.isWellFormed() && bytes.length <= 55) into.set(bytes, 9);
    return [text.isWellFormed() ? bytes.length : -1, [...into]];
  };
  const told =
    "texts.map((text, at) => [JSON.stringify({ [text]: [text] }), texts.indexOf(text), text === texts[at - 1]])";
  const script = `${source} ${native} host.write(1, host.encode(JSON.stringify([${told}, texts.map(write)])), 0);`;
  const [seen, written] = JSON.parse(evaluateIn(engine, script));
  t.deepEqual(seen, new Function(`${source} return ${told};`)());
  t.deepEqual(written, texts.map(node));
});

const keys = ["a", "b", "c", "0", "7", "x-y", "get", "constructor"];
// A name that is written out stands once in a literal: V8 moves one that is there twice, and the language does not.
const literal = (size: number): string => {
  const parts = Array.from({ length: size }, (_, index) => {
    const key = JSON.stringify(pick(keys, "a"));
    return pick([`p${index}: ${index}`, `[${key}]: 2`, `...{ ${key}: 4 }`, `[${key}]: { ${key}: 5 }`], "");
  });
  return `{${parts.join(", ")}}`;
};
const derived = (change: string): string =>
  `class A { x = 1; constructor() { ${change} } } class B extends A { x = 2; y = 3 } return Object.entries(new B())`;
const objects = [
  ...Array.from({ length: 300 }, (_, index) => `return Object.entries(${literal(index % 24)})`),
  ...[
    "Object.freeze(this)",
    "Object.preventExtensions(this)",
    "Object.defineProperty(this, 'y', { value: 0 })",
    "",
  ].map(derived),
  "const o = { a: 1 }; Object.defineProperty(o, 'b', { value: 2 }); return [JSON.stringify(o), o.b]",
  "return Object.getOwnPropertyDescriptor({ get a() { return 1 }, a: 2 }, 'a')",
  "return [{ ['__proto__']: 1 }, { __proto__: { b: 1 } }, { __proto__: null, c: 1 }].map((o) => [Object.keys(o), 'b' in o])",
];

test("objects get their properties as in Node", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const told = `[${objects.map((body) => `(() => { try { ${body} } catch (error) { return error.name } })()`).join(", ")}]`;
  const engine = readFileSync(join(cache, "engine.wasm"));
  const seen = JSON.parse(evaluateIn(engine, `host.write(1, host.encode(JSON.stringify(${told})), 0);`));
  t.deepEqual(seen, JSON.parse(JSON.stringify(new Function(`"use strict"; return ${told};`)())));
});

test("the keys of a plain object are counted", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const engine = readFileSync(join(cache, "engine.wasm"));
  const made = Array.from(
    { length: 24 },
    (_, size) => `(() => { const o = ${literal(size)}; delete o.p1; return o; })()`,
  );
  const source = `const all = [${made.join(", ")}, {}, { ...{ a: 1 }, b: undefined }]; const keys = (o) => Object.keys(o).length;`;
  const others = "[[1], () => 1, new Proxy({}, {}), new Uint8Array(2), 'text', 5, null, undefined]";
  const script = `${source} host.write(1, host.encode(JSON.stringify([all.map(keys), all.map(host.countKeys), ${others}.map(host.countKeys)])), 0);`;
  const [listed, counted, rest] = JSON.parse(evaluateIn(engine, script));
  t.deepEqual(counted, listed);
  t.deepEqual(rest, Array(8).fill(-1));
});

test("a whole number of any size is written with its digits", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const engine = readFileSync(join(cache, "engine.wasm"));
  const script =
    "const all = [0n, -7n, 2n ** 64n - 1n, { a: 3n }]; host.write(1, host.encode(JSON.stringify(all)), 0);";
  t.is(evaluateIn(engine, script), '[0,-7,18446744073709551615,{"a":3}]');
});
