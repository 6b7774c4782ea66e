// Checks the options of the API for callers without a compiler. If an unknown option or a wrong type were ignored, the
// container would run with less than was asked for.

import type { SandboxFiles } from "@coffer/spec";
import { cacheNames, networkModes, overlayModes, sandboxFiles } from "@coffer/spec";
import { weakenings } from "../defaults/weakenings.ts";
import { CofferError, quote } from "../errors.ts";
import { leastLog, mostLog } from "../runtime/logs/size.ts";
import type { SessionFiles } from "../runtime/sandbox/rights/rights.ts";
import { parseSignal } from "../system/signals.ts";
import type { CreateOptions } from "./container.ts";
import type { LogsOptions } from "./logs.ts";
import type { ProcessRunOptions, SourceOptions, TerminalSize } from "./options.ts";
import type { SandboxOptions, SandboxPlace } from "./sandbox.ts";
import type { SessionExecOptions } from "./session/exec.ts";
import type { CommandOptions, SessionOptions } from "./session/session.ts";
import { fdOf, isReadable, isWritable } from "./stdio.ts";

/** What an option has to be, in words, whether a value is that, and the same of the fields of an object. */
type Check = readonly [what: string, is: (value: unknown) => boolean, fields?: Known];

/** What is known of the options of a call, by their names. */
export type Known = Readonly<Record<string, Check>>;

const isText = (value: unknown): boolean => typeof value === "string";
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const isMap = (value: unknown): value is object => isObject(value) && !Array.isArray(value);
const isNumber = (value: unknown): boolean => typeof value === "number" && value >= 0;
/** The longest that a timer of Node can wait. */
const longest = 2 ** 31 - 1;

const text: Check = ["a string", isText];
const flag: Check = ["true or false", (value) => typeof value === "boolean"];
const object: Check = ["an object", isMap];
const oneOf = (...words: readonly string[]): Check => [
  `one of ${words.join(", ")}`,
  (value) => words.some((word) => word === value),
];
const stdioWords: readonly unknown[] = ["pipe", "inherit", "ignore"];
const stream = (isStream: (value: unknown) => boolean): Check => [
  "one of pipe, inherit, ignore, or a descriptor, or a stream",
  (value) => stdioWords.includes(value) || fdOf(value) !== undefined || isStream(value),
];
const weakeningNames = Object.keys(weakenings);

function isEnv(value: unknown): boolean {
  const isVariable = ([name, content]: readonly [string, unknown]): boolean =>
    name !== "" && !name.includes("=") && (content === undefined || isText(content));
  return isMap(value) && Object.entries(value).every(isVariable);
}

/** Whether a value is an object of known fields, each as it has to be or undefined. */
function hasOnly(value: unknown, fields: Readonly<Record<string, (value: unknown) => boolean>>): value is object {
  const isKnown = ([name, content]: readonly [string, unknown]): boolean =>
    Object.hasOwn(fields, name) && (content === undefined || fields[name]?.(content) === true);
  return isMap(value) && Object.entries(value).every(isKnown);
}

/** The check of an object of known fields, each as it has to be or undefined. */
function objectOf(what: string, fields: Known): Check {
  const tests = Object.fromEntries(Object.entries(fields).map(([name, [, is]]) => [name, is]));
  return [what, (value) => hasOnly(value, tests), fields];
}

const isWhole =
  (least: number, most: number) =>
  (value: unknown): boolean =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most;

const isSize = (value: unknown): boolean =>
  isWhole(4096, Number.MAX_SAFE_INTEGER)(value) || (typeof value === "bigint" && value >= 4096n && value < 1n << 63n);

const bytes: Check = ["a number of bytes, at least 4096", isSize];
/** The least that the kernel carries out: a page, a process, a millisecond of 100. */
const limitFields = {
  memory: bytes,
  pids: [`a number from 1 to ${2 ** 31 - 1}`, isWhole(1, 2 ** 31 - 1)],
  cpus: ["a number from 0.01 to 1000000", (value) => typeof value === "number" && value >= 0.01 && value <= 1_000_000],
} as const satisfies Known;

const isListOf =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(is);

const hosts: Check = ["a list of hosts, such as example.org:443", isListOf(isText)];
const networkFields = {
  mode: oneOf(...networkModes),
  allow: hosts,
  deny: hosts,
  hostPorts: ["a list of numbers from 1 to 65535", isListOf(isWhole(1, 65535))],
  publish: ['a list of [ADDRESS:][HOSTPORT:]PORT, such as "8080:80"', isListOf(isText)],
} as const satisfies Known;

/** The last number is none of an id: it says "unchanged" to the kernel. */
const isId = isWhole(0, 2 ** 32 - 2);
const isUser = (value: unknown): boolean =>
  hasOnly(value, { uid: isId, gid: isId }) && "uid" in value && value.uid !== undefined;

const isCells = isWhole(1, 65_535);
/** Whether a value is the size of a terminal. */
export const isTerminalSize = (value: unknown): value is TerminalSize =>
  hasOnly(value, { columns: isCells, rows: isCells }) &&
  ["columns", "rows"].every((name) =>
    Object.entries(value).some(([key, cells]) => key === name && cells !== undefined),
  );
const isTty = (value: unknown): boolean => typeof value === "boolean" || isTerminalSize(value);

function isSignal(value: unknown): boolean {
  if (typeof value !== "string" && typeof value !== "number") return false;
  try {
    return parseSignal(`${value}`) > 0;
  } catch {
    return false;
  }
}

/** Options of a process. */
const processKnown = {
  args: ["a list of strings", (value) => Array.isArray(value) && value.every(isText)],
  env: ["an object of strings, with names that are not empty and have no =", isEnv],
  cwd: text,
  user: ["an object with a uid and perhaps a gid, which are whole numbers from 0 to 4294967294", isUser],
  stdin: stream(isReadable),
  input: ["a string or bytes", (value) => isText(value) || value instanceof Uint8Array],
  stdout: stream(isWritable),
  stderr: stream(isWritable),
  tty: ["true or false, or an object with columns and rows, from 1 to 65535", isTty],
  encoding: oneOf("utf8", "buffer"),
  buffer: flag,
  maxBuffer: ["a number of bytes", isNumber],
  timeoutMs: [
    `a number of milliseconds up to ${longest}, or Infinity`,
    (value) => isNumber(value) && (value === Infinity || Number(value) <= longest),
  ],
  signal: ["an AbortSignal", (value) => isObject(value) && "aborted" in value && "addEventListener" in value],
  killSignal: ["the name or number of a signal", isSignal],
  forceKillAfterDelay: [
    `false, or a number of milliseconds up to ${longest}`,
    (value) => value === false || (isNumber(value) && Number(value) <= longest),
  ],
} as const satisfies Readonly<Record<keyof ProcessRunOptions, Check>>;

/** Options of where a container comes from. */
const sourceKnown = {
  bundle: text,
  rootfs: text,
  config: object,
  hostname: text,
  writable: flag,
  unsafe: [
    `a list of ${weakeningNames.join(", ")}`,
    (value) => Array.isArray(value) && value.every((name) => weakeningNames.includes(name)),
  ],
  pidOnlyProc: flag,
  lockMounts: flag,
  init: flag,
  limits: objectOf("an object with memory, pids or cpus", limitFields),
  cgroupManager: oneOf("cgroupfs", "systemd"),
  id: text,
  policy: ["an object or a path", (value) => isMap(value) || isText(value)],
  runtime: ["what openRuntime gives", (value) => isMap(value) && "system" in value && "root" in value],
} as const satisfies Readonly<Record<keyof SourceOptions, Check>>;

/** Options of `run`. */
export const runKnown: Known = { ...processKnown, ...sourceKnown };

const { policy, ...planned } = sourceKnown;
/** Options of `plan`. */
export const planKnown: Known = { ...processKnown, ...planned };

/** The options about files have their own schema, which their verb reads. */
const fitting = (what: string, schema: { safeParse(value: unknown): { success: boolean } }): Check => [
  what,
  (value) => schema.safeParse(value).success,
];
const { shape } = sandboxFiles;
const paths = "a list of paths";

/** Options of `sandbox` about files. */
const filesKnown = {
  read: fitting(paths, shape.read),
  write: fitting(paths, shape.write),
  deny: fitting(paths, shape.deny),
  tmp: fitting(paths, shape.tmp),
  bind: fitting("a list of SRC:DST, SRC:DST:ro or SRC:DST:rw", shape.bind),
  sockets: fitting("a list of paths and names of sockets", shape.sockets),
  tools: fitting("auto or none", shape.tools),
  cache: fitting(`a list of ${cacheNames.join(", ")}`, shape.cache),
  guards: fitting("true or false", shape.guards),
  fence: fitting("true or false", shape.fence),
  overlay: fitting(overlayModes.join(" or "), shape.overlay),
  sizes: fitting("an object of absolute paths, each with 4096 bytes or more", shape.sizes),
} as const satisfies Readonly<Record<keyof SandboxFiles, Check>>;

const callback: Check = ["a function", (value) => typeof value === "function"];

const { writable, unsafe, pidOnlyProc, runtime, limits } = sourceKnown;
const sandboxLimits = objectOf("an object with memory, disk, pids, cpus or coreDumps", {
  ...limitFields,
  disk: bytes,
  coreDumps: flag,
});
const { user, ...sandboxed } = processKnown;
const { args, env, cwd, timeoutMs, signal } = processKnown;

/** Options of what a sandbox is made of. */
const placeKnown = {
  env,
  cwd,
  writable,
  network: objectOf("an object with mode, allow, deny, hostPorts or publish", networkFields),
  profiles: ["a list of names of profiles and of paths", isListOf(isText)],
  settings: flag,
  secrets: [
    "a list of objects with name, value and host, and perhaps a list fields",
    isListOf(
      (value) =>
        hasOnly(value, { name: isText, value: isText, host: isText, fields: isListOf(isText) }) &&
        ["name", "value", "host"].every((key) => key in value),
    ),
  ],
  onDenied: callback,
  onConnected: callback,
  onFailed: callback,
  onAsked: callback,
  unsafe,
  pidOnlyProc,
  runtime,
  policy,
  name: text,
  limits: sandboxLimits,
  ...filesKnown,
} as const satisfies Readonly<Record<keyof SandboxPlace, Check>>;

/** Options of `sandbox`. */
export const sandboxKnown = {
  ...sandboxed,
  ...placeKnown,
  isolation: oneOf("namespaces", "reduced"),
  explain: flag,
} as const satisfies Readonly<Record<keyof SandboxOptions, Check>>;

/** Options of `openSandbox`. */
export const sessionKnown = { ...placeKnown, timeoutMs, signal } as const satisfies Readonly<
  Record<keyof SessionOptions, Check>
>;

/** What of its files is changed of a session. */
export const sessionFilesKnown = {
  write: ["a path, or a list of paths", (value) => isText(value) || isListOf(isText)(value)],
} as const satisfies Readonly<Record<keyof SessionFiles, Check>>;

/** Options of a command that a session runs. */
export const sessionExecKnown = { ...processKnown, explain: flag } as const satisfies Readonly<
  Record<keyof SessionExecOptions, Check>
>;

/** Options of a command of a session. */
export const commandKnown = { env, cwd } as const satisfies Readonly<Record<keyof CommandOptions, Check>>;

/** The options of another call: some of a process and a source, by their names, and its own. */
export function makeKnown(own: Known, names: readonly (keyof ProcessRunOptions | keyof SourceOptions)[]): Known {
  const all: Known = { ...processKnown, ...sourceKnown };
  return { ...Object.fromEntries(names.flatMap((name) => (all[name] ? [[name, all[name]]] : []))), ...own };
}

/** Bounds of what a call may use. */
export const limitKnown = limits;

/** Options of `exec`. */
export const execKnown: Known = { ...processKnown, policy, runtime };

/** Options of `exec` of a container, which has its runtime. */
export const containerExecKnown: Known = processKnown;

/** Options of `kill`. */
export const killKnown: Known = { runtime };

/** Options of `logs` of a container. */
export const logsKnown = {
  follow: flag,
  tail: ["a number of lines", isWhole(0, Number.MAX_SAFE_INTEGER)],
  since: ["a Date", (value) => value instanceof Date && !Number.isNaN(value.getTime())],
  stdout: flag,
  stderr: flag,
  encoding: processKnown.encoding,
} as const satisfies Readonly<Record<keyof LogsOptions, Check>>;

/** Options of `create`. */
export const createKnown = {
  ...sourceKnown,
  args,
  env,
  cwd,
  user,
  timeoutMs,
  signal,
  stdio: oneOf("inherit", "ignore"),
  logs: [
    `true or false, or an object with size, from ${leastLog} to ${mostLog} bytes`,
    (value) => typeof value === "boolean" || hasOnly(value, { size: isWhole(leastLog, mostLog) }),
  ],
} as const satisfies Readonly<Record<keyof CreateOptions, Check>>;

/** What is given as it is: objects with methods, and bytes. */
const asGiven = ["signal", "since", "runtime", "input", "module", "stdin", "stdout", "stderr"];

const deepest = 64;

/** An object of no class, of any realm. */
function isPlain(value: unknown): value is object {
  if (!isMap(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (isObject(prototype) && Object.hasOwn(prototype, "isPrototypeOf"));
}

const usage = (argument: string, message: string, hint?: string): CofferError =>
  new CofferError("E_USAGE", message, { argument }, hint === undefined ? {} : { hint });

const noOption = (argument: string, path: string, known: Known): CofferError =>
  usage(argument, `there is no option ${quote(path)}`, `known are ${Object.keys(known).join(", ")}`);

/** What is wrong with an option; of an object it is the first field that is wrong. */
function wrong(argument: string, path: string, [what, , fields]: Check, value: unknown): CofferError {
  if (fields === undefined || !isMap(value)) return usage(argument, `the option ${path} is not ${what}`);
  for (const [name, content] of Object.entries(value)) {
    const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (check === undefined) return noOption(argument, `${path}.${name}`, fields);
    if (content !== undefined && !check[1](content)) return wrong(argument, `${path}.${name}`, check, content);
  }
  return usage(argument, `the option ${path} is not ${what}`);
}

/** Copies plain data. */
function copyPlain(argument: string, value: unknown, depth = 0): unknown {
  if (!isObject(value)) return value;
  if (depth === deepest) throw usage(argument, `the option ${argument} is nested more than ${deepest} levels deep`);
  const copy = (one: unknown): unknown => copyPlain(argument, one, depth + 1);
  if (Array.isArray(value)) return Array.from(value, copy);
  if (isPlain(value)) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copy(one)]));
  throw usage(argument, `the option ${argument} is not plain data: it has an object of a class`);
}

/**
 * The options of a call, as plain data of the call's own: each is read once. What a getter says later, what a prototype
 * has, and what the caller changes while the call goes on would not have been checked.
 *
 * @throws {CofferError} E_USAGE when an option is not known, or is not what it has to be
 */
export function readOptions<T extends object>(given: T, known: Known): T {
  if (!isPlain(given)) throw usage("options", "the options are not a plain object: give them as { name: value }");
  const own = { ...given };
  for (const [argument, value] of Object.entries(own)) {
    const check = Object.hasOwn(known, argument) ? known[argument] : undefined;
    if (check === undefined) throw noOption(argument, argument, known);
    const copy = asGiven.includes(argument) ? value : copyPlain(argument, value);
    if (copy !== undefined && !check[1](copy)) throw wrong(argument, argument, check, copy);
    Object.assign(own, { [argument]: copy });
  }
  return own;
}
