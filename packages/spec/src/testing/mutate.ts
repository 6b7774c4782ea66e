import { LosslessNumber } from "lossless-json";

/** JSON that also holds numbers by their text, to write what a double cannot. */
export type Json = null | boolean | number | string | bigint | LosslessNumber | readonly Json[] | JsonMap;
type JsonMap = { readonly [key: string]: Json };

/** A place in a document: the keys from its root. */
export type Path = readonly (string | number)[];

/** A change at one place; undefined takes the place away. */
export type Change = (old: Json) => Json | undefined;

function isMap(value: Json): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof LosslessNumber);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Lists every place in a document but its root. */
export function listPaths(value: Json, path: Path = []): readonly Path[] {
  const below = (key: string | number, item: Json): readonly Path[] => [
    [...path, key],
    ...listPaths(item, [...path, key]),
  ];
  if (isList(value)) return value.flatMap((item, index) => below(index, item));
  return isMap(value) ? Object.entries(value).flatMap(([key, item]) => below(key, item)) : [];
}

/** Makes a document that differs at one place. */
export function changeAt(value: Json, path: Path, change: Change): Json | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return change(value);
  if (isList(value)) {
    return value.flatMap((item, index) => {
      const next = index === key ? changeAt(item, rest, change) : item;
      return next === undefined ? [] : [next];
    });
  }
  if (!isMap(value)) return value;
  const entries = Object.entries(value).flatMap(([name, item]) => {
    const next = name === key ? changeAt(item, rest, change) : item;
    return next === undefined ? [] : [[name, next] as const];
  });
  return Object.fromEntries(entries);
}

const integers = [
  0n,
  -1n,
  256n,
  512n,
  0o20666n,
  65_536n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 64n,
  2n ** 65n,
  -(2n ** 31n) - 1n,
  -(2n ** 63n),
  -(2n ** 63n) - 1n,
  -(2n ** 65n),
];

const others: readonly Json[] = [
  null,
  true,
  1.5,
  new LosslessNumber("1e19"),
  new LosslessNumber("2.0"),
  "",
  "x",
  "/x",
  "1.4.0",
  "1.0.2-dev",
  "a\0b",
  "/\ud800",
  "/\udcff",
  "/\udcc3\udca9",
  "rprivate",
  "MB:0=1\n",
  [],
  [1],
  ["SCMP_ACT_ALLOW"],
  {},
  { x: 1 },
  { "": "x" },
];

const withOwnProto: Change = (old) => (isMap(old) ? JSON.parse('{"__proto__":"x"}') : [old]);
const withUnknown: Change = (old) => (isMap(old) ? { ...old, "org.example/~new": [{}] } : { old });
const isTree = (value: Json): boolean => isMap(value) || isList(value);
// A tree may hold an own "__proto__", with which it has no text.
const withCase: Change = (old) =>
  typeof old === "string" ? old.toLowerCase() : isTree(old) ? Object.keys(Object(old)).join() : `${old}`;
const withSuffix: Change = (old) => (typeof old === "string" ? `${old}X` : -1);

/** Every change that the differential test makes at a place. */
export const changes: readonly Change[] = [
  () => undefined,
  ...[...integers, ...others].map((value) => () => value),
  withOwnProto,
  withUnknown,
  withCase,
  withSuffix,
];

const isSampled = process.env.COFFER_TESTS?.split(" ").includes("quick") ?? false;
const day = Number(process.env.COFFER_DAY ?? Math.floor(Date.now() / 86_400_000));

/** In how many days `npm test` makes each change at each place once. */
const turns = 8;

/** Whether every place is changed in every way: in `npm test` each change is made at some of the places, at others each day. */
export const isWhole = !isSampled;

/** Every place of a document with each change that is made there. */
export function changedPlaces(value: Json): readonly (readonly [path: Path, change: Change])[] {
  const isTurn = (place: number, index: number): boolean => (place + index) % turns === day % turns;
  return listPaths(value).flatMap((path, place) =>
    changes.flatMap((change, index) => (isWhole || isTurn(place, index) ? [[path, change] as const] : [])),
  );
}

/** A small deterministic generator (mulberry32): the same seed gives the same numbers below `limit`. */
export function makeRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** Makes a document that differs at a random place, `times` times over. */
export function mutate(value: Json, times: number, random: (limit: number) => number): Json {
  let next = value;
  for (let done = 0; done < times; done++) {
    const paths = listPaths(next);
    const path = paths[random(paths.length)] ?? [];
    const change = changes[random(changes.length)] ?? (() => null);
    next = changeAt(next, path, change) ?? {};
  }
  return next;
}
