// The native front reads JSON in C (helper-c/front/bind/json.c). What that gives is what the exact reader gives; what it leaves is
// read by the exact reader, in both fronts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parseJson } from "../../packages/spec/src/json/json.ts";
import { makeRandom } from "../../packages/spec/src/testing/mutate.ts";
import { evaluateIn } from "../../scripts/front/image.mjs";
import { repository } from "../helpers/build.ts";
import { needs } from "../helpers/needs.ts";

const random = makeRandom(20_261_201);
const pick = (list: readonly string[]): string => list[random(list.length)] ?? "";

const blanks = ["", "", "", " ", "\n", "\t\r\n  "];
const scalars = [
  "0",
  "-0",
  "7",
  "-12",
  "123456789012345",
  "-99999999999999",
  "true",
  "false",
  "null",
  '""',
  '"é€😀"',
  '"\x7f"',
];
const escaped = [
  '"\\u0041\\n"',
  '"\\\\\\"\\/\\b\\f\\r\\t"',
  '"\\ud83d\\ude00x"',
  '"\\u00e9\\u20ac"',
  '"\\u0000"',
  '"a\\u003cb"',
];
const keys = ["a", "b", "args", "0", "17", "4294967295", "__proto__", "constructor", "", "é"];
/** What the exact reader alone takes, or what it refuses. */
const rare = [
  ...[
    "1.5",
    "1e3",
    "-1E-2",
    "1234567890123456",
    "9007199254740993",
    "18446744073709551615",
    "01",
    "-",
    "+1",
    ".5",
    "1.",
    "0x1",
  ],
  ...[
    "NaN",
    "Infinity",
    "tru",
    "nulll",
    "undefined",
    "'a'",
    '"\\x41"',
    '"\\u12"',
    '"\\ud83d"',
    '"\\ude00"',
    '"a\nb"',
    '"',
    "[1,]",
  ],
  ...[
    '{"a":1,}',
    "{a:1}",
    "{,}",
    '{"a"}',
    "/**/1",
    "1 2",
    '{"a":1,"a":2}',
    '{"b":{"\\u0061":1,"a":2}}',
    "\u00a01",
    '"\\u00G0"',
  ],
];

function document(depth: number): string {
  const blank = pick(blanks);
  const kind = depth === 0 ? 2 : random(4);
  if (kind === 0)
    return `[${blank}${Array.from({ length: random(4) }, () => document(depth - 1)).join(`${blank},`)}${blank}]`;
  if (kind === 1) {
    const names = new Set(Array.from({ length: random(4) }, () => pick(keys)));
    const members = [...names].map((name) => `${blank}${JSON.stringify(name)}${blank}:${document(depth - 1)}`);
    return `{${members.join(",")}${blank}}`;
  }
  return `${blank}${random(3) === 0 ? pick(escaped) : pick(scalars)}${pick(blanks)}`;
}

/** The same with a letter more, less, or another. */
function damaged(text: string): string {
  const at = random(text.length + 1);
  return text.slice(0, at) + pick(["", ...'{}[],:"\\019-etu \u0001']) + text.slice(at + random(2));
}

const good = Array.from({ length: 3000 }, () => document(4));
const texts = [
  ...good,
  ...good.map(damaged),
  ...[...rare, ...rare.map((text) => `[${text}]`), ...rare.map((text) => `{"a":${text}}`)],
  ...[63, 64, 65, 127, 128, 129].map((depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`),
];

/** A value with the order of its properties, and with what JSON has no word for. */
const describe = `(function describe(value) {
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "bigint") return String(value) + "n";
  if (Array.isArray(value)) return [value.length, value.map(describe)];
  if (typeof value !== "object" || value === null) return [typeof value, value];
  return [Object.getPrototypeOf(value) === Object.prototype, Reflect.ownKeys(value).map((key) => [key, describe(value[key])])];
})`;

function readByNode(text: string): unknown {
  try {
    return new Function("value", `return ${describe}(value)`)(parseJson(text));
  } catch {
    return "refused";
  }
}

test("the reader in C gives what the exact reader gives, or leaves the text to it", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const engine = readFileSync(join(repository, ".cache/front/engine.wasm"));
  const asked = texts.filter((text) => text.isWellFormed());
  const script = `const show = (text) => { const value = host.readJson(text); return value === undefined ? "left" : ${describe}(value); };
    const told = host.encode(JSON.stringify(${JSON.stringify(asked)}.map(show)));
    for (let at = 0; at < told.length; at += 65536) host.write(1, told.subarray(at, at + 65536), 0);`;
  const told: readonly unknown[] = JSON.parse(evaluateIn(engine, script));
  const differing = asked.filter((text, at) => {
    const seen = told[at];
    return seen !== "left" && JSON.stringify(seen) !== JSON.stringify(readByNode(text));
  });
  t.deepEqual(differing, []);
  // It leaves nothing of what engines write, and takes no mistake.
  t.deepEqual(
    good.filter((text, at) => told[asked.indexOf(text)] === "left" && at >= 0),
    [],
  );
  t.deepEqual(
    rare.filter((text) => told[asked.indexOf(text)] !== "left"),
    [],
  );
});
