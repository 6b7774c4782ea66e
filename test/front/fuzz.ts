// Bytes at random for the native front: configs that are changed byte by byte, and command lines of any bytes. The fronts say the
// same of a config; a command line ends in one line, or in what it asked for.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringifyJson } from "@coffer/spec";
import { specConfig } from "../../packages/core/src/plan/testing/builders.ts";
import type { Seen } from "./both.ts";
import { callFront, callNodeOften } from "./both.ts";

type Random = (limit: number) => number;

/** Bytes that readers of JSON and of UTF-8 take for something else than they are. */
const tokens: readonly (string | readonly number[])[] = [
  ...["{", "}", "[", "]", ",", ":", '"', "\\", "null", "true", "-", "0", "1e999", "-0", "0.1", "01", "1e", "+1"],
  ...[
    "18446744073709551616",
    "9007199254740993",
    '"\\ud800"',
    '"\\u0000"',
    '"\\x"',
    '{"a":1,"a":2}',
    '"__proto__":{},',
    "/**/",
  ],
  ...["[".repeat(3000), "9".repeat(3000), " ".repeat(3000), "\n", "\u2028", "\ufeff"],
  [0],
  [0xff],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
];

const bytesOf = (token: string | readonly number[]): Buffer =>
  typeof token === "string" ? Buffer.from(token) : Buffer.from(token);

/** The bytes with one slice of them taken away, doubled, or replaced. */
function changeOnce(bytes: Buffer, random: Random): Buffer {
  const at = random(bytes.length + 1);
  const end = Math.min(bytes.length, at + random(random(4) === 0 ? 400 : 4));
  const token = bytesOf(tokens[random(tokens.length)] ?? "");
  const slice = bytes.subarray(at, end);
  const middle = [Buffer.alloc(0), Buffer.concat([slice, slice]), token, Buffer.from([random(256)])][random(4)];
  return Buffer.concat([bytes.subarray(0, at), middle ?? token, bytes.subarray(end)]);
}

const base = Buffer.from(stringifyJson(Object(specConfig)));

/** A config of changed bytes. */
export function anyConfigBytes(random: Random): Buffer {
  let bytes: Buffer = base;
  for (let changes = 1 + random(3); changes > 0; changes--) bytes = changeOnce(bytes, random);
  return bytes;
}

/** What is wrong: two fronts that say different things of a config. */
export interface Difference {
  readonly config: Buffer;
  readonly native: Seen;
  readonly node: Seen;
}

/** Has both fronts plan so many configs; gives how many they planned, and what they do not agree on. */
export async function compareConfigs(count: number, random: Random) {
  const directory = mkdtempSync(join(tmpdir(), "cft-fuzz-"));
  try {
    const configs = Array.from({ length: count }, () => anyConfigBytes(random));
    const calls = configs.map((config, index) => {
      const bundle = join(directory, `${index}`);
      mkdirSync(join(bundle, "rootfs"), { recursive: true });
      writeFileSync(join(bundle, "config.json"), config);
      return ["plan", "--json", bundle];
    });
    const node = await callNodeOften(calls);
    const differences: Difference[] = [];
    let planned = 0;
    for (const [index, words] of calls.entries()) {
      const native = await callFront(words, true);
      const expected = node[index];
      if (native.status === 0) planned++;
      const config = configs[index];
      if (expected === undefined || config === undefined || JSON.stringify(native) === JSON.stringify(expected))
        continue;
      differences.push({ config, native, node: expected });
    }
    return { planned, differences };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Words of bytes: none has a NUL, and none asks for a file outside of `root`. */
export function anyWords(verbs: readonly string[], random: Random): readonly Buffer[] {
  const verb = Buffer.from(verbs[random(verbs.length)] ?? "state");
  const anyByte = (): number => [1 + random(255), 0x2d, 0x3d, 0xff, 0x2f][random(5)] ?? 1;
  const word = (): Buffer => Buffer.from(Array.from({ length: random(12) }, anyByte));
  const flag = (): Buffer => Buffer.concat([Buffer.from(random(2) === 0 ? "--" : "-"), word()]);
  return [verb, ...Array.from({ length: random(5) }, () => (random(2) === 0 ? word() : flag()))];
}
