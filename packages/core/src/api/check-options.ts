// The options of the API as callers give them who have no compiler: an option that is not known or of another type would be
// passed over, and a container run with less than was asked for.
import { CofferError, quote } from "../errors.ts";
import { weakenings } from "../plan/weakenings.ts";
import type { CreateOptions } from "./container.ts";
import type { ProcessRunOptions, SourceOptions } from "./options.ts";
import type { SandboxOptions } from "./sandbox.ts";

/** What an option has to be, in words, and whether a value is that. */
type Check = readonly [what: string, is: (value: unknown) => boolean];

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
const stream = oneOf("pipe", "inherit", "ignore");
const weakeningNames = Object.keys(weakenings);

function isEnv(value: unknown): boolean {
  const isVariable = ([name, content]: readonly [string, unknown]): boolean =>
    name !== "" && !name.includes("=") && (content === undefined || isText(content));
  return isMap(value) && Object.entries(value).every(isVariable);
}

function isLimits(value: unknown): boolean {
  const names = ["memory", "pids", "cpus"];
  return (
    isMap(value) &&
    Object.entries(value).every(
      ([name, limit]) => names.includes(name) && (limit === undefined || isNumber(limit) || typeof limit === "bigint"),
    )
  );
}

/** Options of a process. */
const processKnown = {
  args: ["a list of strings", (value) => Array.isArray(value) && value.every(isText)],
  env: ["an object of strings, with names that are not empty and have no =", isEnv],
  cwd: text,
  user: object,
  stdin: stream,
  input: ["a string or bytes", (value) => isText(value) || value instanceof Uint8Array],
  stdout: stream,
  stderr: stream,
  buffer: flag,
  maxBuffer: ["a number of bytes", isNumber],
  timeoutMs: [
    `a number of milliseconds up to ${longest}, or Infinity`,
    (value) => isNumber(value) && (value === Infinity || Number(value) <= longest),
  ],
  signal: ["an AbortSignal", (value) => isObject(value) && "aborted" in value && "addEventListener" in value],
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
  limits: ["an object with memory, pids or cpus as numbers", isLimits],
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

const { writable, unsafe, pidOnlyProc, runtime } = sourceKnown;
const { user, ...sandboxed } = processKnown;
/** Options of `sandbox`. */
export const sandboxKnown = {
  ...sandboxed,
  writable,
  unsafe,
  pidOnlyProc,
  runtime,
  policy,
} as const satisfies Readonly<Record<keyof SandboxOptions, Check>>;

/** Options of `exec`. */
export const execKnown: Known = { ...processKnown, policy, runtime };

const { args, env, cwd } = processKnown;

/** Options of `create`. */
export const createKnown = {
  ...sourceKnown,
  args,
  env,
  cwd,
  user,
  stdio: oneOf("inherit", "ignore"),
} as const satisfies Readonly<Record<keyof CreateOptions, Check>>;

/** Looks for an option that is not known, or not what it has to be. */
export function findBadOption(options: object, known: Known): CofferError | undefined {
  for (const [argument, value] of Object.entries(options)) {
    const check = Object.hasOwn(known, argument) ? known[argument] : undefined;
    if (check === undefined) {
      const hint = `known are ${Object.keys(known).join(", ")}`;
      return new CofferError("E_USAGE", `there is no option ${quote(argument)}`, { argument }, { hint });
    }
    const [what, is] = check;
    if (value !== undefined && !is(value))
      return new CofferError("E_USAGE", `the option ${argument} is not ${what}`, { argument });
  }
  return undefined;
}

/**
 * Refuses options that are not known, or not what they have to be.
 *
 * @throws {CofferError} E_USAGE
 */
export function checkOptions(options: object, known: Known): void {
  const bad = findBadOption(options, known);
  if (bad !== undefined) throw bad;
}
