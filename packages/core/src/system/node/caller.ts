// What Node knows of its caller as strings, with the bytes that strings cannot have. Node's own have U+FFFD there, which may be
// the name of something else.
import * as fs from "node:fs";
import process from "node:process";
import { SystemError } from "../error.ts";
import type { Caller, System } from "../port.ts";
import { call } from "./call.ts";
import { readBytes, readLink } from "./files/files.ts";
import { toNode, toText } from "./text.ts";

const replacement = "\ufffd";
const maxEnviron = 16 * 1024 * 1024;
/** As Node reads strings of the kernel. */
const lossy = new TextDecoder("utf-8", { ignoreBOM: true });

/** What Node makes of a text that stands for bytes. */
const asNode = (text: string): string => lossy.decode(Buffer.from(toNode(text)));

/**
 * The path of the working directory.
 *
 * @throws {SystemError} EILSEQ when its bytes cannot be found out: a /proc that is none
 */
export function readCwd(): string {
  const known = call("getcwd", ".", () => process.cwd());
  if (!known.includes(replacement)) return known;
  const path = readLink("/proc/self/cwd");
  const named = call("stat", path, (at) => fs.statSync(at, { bigint: true }));
  const held = fs.statSync(".", { bigint: true });
  if (asNode(path) === known && named.ino === held.ino && named.dev === held.dev) return path;
  throw new SystemError("getcwd", known, "EILSEQ");
}

interface Variable {
  readonly name: string;
  /** As Node reads it. */
  readonly shown: string;
  readonly value: string;
}

let lossyVariables: readonly Variable[] | undefined;

/** The variables that the process began with and that Node cannot show. */
function readLossy(): readonly Variable[] {
  if (!Object.values(process.env).some((value) => value?.includes(replacement))) return [];
  return toText(readBytes("/proc/self/environ", maxEnviron))
    .split("\0")
    .flatMap((word) => {
      const equals = word.indexOf("=");
      const [name, value] = [word.slice(0, equals), word.slice(equals + 1)];
      const shown = asNode(value);
      return equals > 0 && shown.includes(replacement) ? [{ name, shown, value }] : [];
    });
}

/** The environment. What the program has set itself stays as it is. */
export function readEnv(): Caller["env"] {
  const { env } = process;
  lossyVariables ??= readLossy();
  const kept = lossyVariables.filter(({ name, shown }) => env[name] === shown);
  return kept.length === 0 ? env : { ...env, ...Object.fromEntries(kept.map(({ name, value }) => [name, value])) };
}

/** libuv marks what the process began with like its own descriptors: nothing tells. */
export const isInherited: System["isInherited"] = undefined;
