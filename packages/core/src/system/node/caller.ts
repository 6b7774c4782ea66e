// What Node knows of its caller as strings, with the bytes that strings cannot have. Node's own have U+FFFD there, which may be
// the name of something else.
import * as fs from "node:fs";
import process from "node:process";
import { SystemError } from "../error.ts";
import type { Caller } from "../port.ts";
import { call } from "./call.ts";
import { readBytes, readLink } from "./files.ts";
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

/** The environment. What the program has set itself stays as it is. */
export function readEnv(): Caller["env"] {
  const { env } = process;
  if (!Object.values(env).some((value) => value?.includes(replacement))) return env;
  const words = toText(readBytes("/proc/self/environ", maxEnviron)).split("\0");
  const known = words.flatMap((word) => {
    const equals = word.indexOf("=");
    const [name, value] = [word.slice(0, equals), word.slice(equals + 1)];
    return equals > 0 && env[name] === asNode(value) ? [[name, value] as const] : [];
  });
  return { ...env, ...Object.fromEntries(known) };
}
