// The flags of `sandbox` as options of the verb, which checks them.
import type { Values } from "../../parse/flags.ts";
import { UsageError } from "../../parse/flags.ts";

const units: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** A page: the least that memory and files are limited to. */
const leastBytes = 4096;

/** A number of bytes: `4096`, `64m`, `2g`. */
export function readSize(flag: string, word: string): number {
  const [, digits = "", unit = ""] = /^(\d{1,15})([kmgt]?)i?b?$/i.exec(word) ?? [];
  const bytes = Number(digits) * (units[unit.toLowerCase()] ?? Number.NaN);
  if (digits !== "" && Number.isSafeInteger(bytes)) return bytes;
  if (bytes > Number.MAX_SAFE_INTEGER) throw new UsageError(`--${flag}: ${JSON.stringify(word)} is too large`);
  throw new UsageError(
    `--${flag}: ${JSON.stringify(word)} is no size: give a number of bytes, or one such as 64m or 2g`,
  );
}

function readPair(flag: string, word: string): readonly [string, string] {
  const at = word.indexOf("=");
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  throw new UsageError(`--${flag}: ${JSON.stringify(word)} has no =`);
}

/** `NAME=VALUE`, or `NAME` for the caller's value, which may be none. */
export function readVariable(word: string): readonly [string, string | undefined] {
  if (word === "" || word.startsWith("=")) throw new UsageError("--env: a variable has a name");
  return word.includes("=") ? readPair("env", word) : [word, process.env[word]];
}

export const all = <T>(words: readonly string[] | undefined, read: (word: string) => readonly [string, T]) =>
  Object.fromEntries((words ?? []).map(read));

function readNumber(flag: string, word: string | undefined, least: number, of = ""): number | undefined {
  if (word === undefined) return undefined;
  const value = /^\d+(?:\.\d+)?$/.test(word) ? Number(word) : Number.NaN;
  if (value >= least && value <= 1_000_000) return value;
  throw new UsageError(`--${flag}: ${JSON.stringify(word)} is no number${of} from ${least} to 1000000`);
}

export function limitsOf(values: Values) {
  const memory = values.text("memory");
  const pids = values.number("pids");
  const bytes = memory === undefined ? undefined : readSize("memory", memory);
  if (pids !== undefined && pids < 2)
    throw new UsageError("--pids: a sandbox has at least two processes, one to reap and its command");
  if (bytes !== undefined && bytes < leastBytes)
    throw new UsageError(`--memory: ${JSON.stringify(memory)} is less than ${leastBytes} bytes`);
  return {
    memory: bytes,
    pids,
    cpus: readNumber("cpus", values.text("cpus"), 0.01),
  };
}

/** What each file may have; undefined without limit. */
function diskOf(values: Values): number | undefined {
  const word = values.text("disk");
  const bytes = word === undefined ? undefined : readSize("disk", word);
  if (bytes !== undefined && bytes < leastBytes)
    throw new UsageError(`--disk: ${JSON.stringify(word)} is less than ${leastBytes} bytes`);
  return bytes;
}

/** The time that a command has, in milliseconds; undefined without end. */
export function timeoutOf(values: Values): number | undefined {
  const seconds = readNumber("timeout", values.text("timeout"), 0.001, " of seconds");
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}

/** `NAME=env:VAR@HOST[:PORT][#FIELD,…]`: the value itself is no word of a command line, which everybody can read. */
function readSecret(word: string) {
  const form = /^(?<name>[^=]+)=env:(?<from>[^@=]+)@(?<host>[^#]+)(?:#(?<fields>.*))?$/;
  const { name, from, host, fields } = form.exec(word)?.groups ?? {};
  if (name === undefined || from === undefined || host === undefined)
    throw new UsageError("--secret: give NAME=env:VAR@HOST, where VAR is a variable of yours that has the value");
  const value = process.env[from];
  if (value === undefined) throw new UsageError(`--secret: you have no variable ${JSON.stringify(from)}`);
  return { name, value, host, ...(fields === undefined ? {} : { fields: fields.split(",") }) };
}

/** What the flags say. */
export function sandboxOptions(values: Values) {
  const cache = values.texts("cache")?.flatMap((word) => word.split(","));
  return {
    profiles: values.texts("profile"),
    settings: !values.boolean("no-settings"),
    writable: values.text("rw") === undefined ? undefined : values.boolean("rw"),
    read: values.texts("read"),
    write: values.texts("write"),
    deny: values.texts("deny"),
    tmp: values.texts("tmp"),
    bind: values.texts("bind"),
    sockets: values.texts("socket"),
    cwd: values.text("cwd"),
    env: all(values.texts("env"), readVariable),
    tools: values.text("tools"),
    cache,
    name: values.text("name"),
    secrets: values.texts("secret")?.map(readSecret),
    timeoutMs: timeoutOf(values),
    limits: {
      ...limitsOf(values),
      disk: diskOf(values),
      coreDumps: values.boolean("core-dumps") ? true : undefined,
    },
    isolation: values.boolean("reduced") ? ("reduced" as const) : undefined,
    guards: values.boolean("no-guards") ? false : undefined,
    fence: values.boolean("fence") ? true : undefined,
    watch: values.boolean("explain") ? true : undefined,
    overlay: values.text("overlay"),
    sizes: all(values.texts("size"), (word) => {
      const [path, size] = readPair("size", word);
      return [path, readSize("size", size)];
    }),
  };
}
