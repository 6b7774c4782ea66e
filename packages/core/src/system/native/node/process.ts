// `node:process` for the native front: those parts of it that both faces use.

import { toText } from "../text.ts";
import { HostError } from "./errno.ts";

/** Of the process that runs, not of the one that made the image: set when it begins. */
export let pid = 0;
/** Nothing here changes who the process is. */
let ids = { euid: 0, egid: 0 };
let words: readonly string[] = [];

type ErrorListener = (error: Error) => void;

function readVariable(name: string): string | undefined {
  const value = host.variable(name);
  return typeof value === "number" ? undefined : toText(value);
}

/** The words of the command line (0) or of the environment (1). */
export function readWords(list: 0 | 1): readonly string[] {
  const read: string[] = [];
  for (;;) {
    const word = host.word(list, read.length);
    if (typeof word === "number") return read;
    read.push(toText(word));
  }
}

/** As in Node: what has no name is no variable, and the first of one name counts. */
const variableNames = (): string[] => [
  ...new Set(readWords(1).flatMap((word) => (word.indexOf("=") > 0 ? [word.slice(0, word.indexOf("="))] : []))),
];

/** The environment: a variable is read when somebody asks for it. */
const environment: Record<string, string | undefined> = new Proxy(
  {},
  {
    get: (_target, name) => (typeof name === "string" ? readVariable(name) : undefined),
    has: (_target, name) => typeof name === "string" && readVariable(name) !== undefined,
    ownKeys: variableNames,
    getOwnPropertyDescriptor: (_target, name) => {
      const value = typeof name === "string" ? readVariable(name) : undefined;
      return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: true };
    },
  },
);

/** Reads what belongs to this process. */
export function beginProcess(): readonly string[] {
  pid = host.identity(2);
  ids = { euid: host.identity(0), egid: host.identity(1) };
  words = readWords(0);
  return words;
}

/** With which status a failure of the engine ends this process from here on. */
export function setFailureStatus(status: number): void {
  host.failing(status);
}

const eagain = -11;

/** A standard stream: what is written is written at once. */
function makeStream(fd: number) {
  const listeners: ErrorListener[] = [];
  const writeAll = (bytes: Uint8Array): number => {
    for (let at = 0; at < bytes.length; ) {
      const count = host.write(fd, bytes, at);
      // Somebody has made the pipe non-blocking.
      if (count === eagain) host.sleep(5);
      else if (count < 0) return count;
      else at += count;
    }
    return 0;
  };
  return {
    write: (content: string | Uint8Array): boolean => {
      const result = writeAll(typeof content === "string" ? host.encode(content) : content);
      if (result === 0) return true;
      const error = HostError.of(result, "write");
      for (const listener of listeners) listener(error);
      return false;
    },
    prependListener: (_event: "error", listener: ErrorListener): void => void listeners.unshift(listener),
    get rows(): number {
      return Math.max(0, host.window(fd)) >> 16;
    },
    get columns(): number {
      return Math.max(0, host.window(fd)) & 0xffff;
    },
  };
}

export const geteuid = (): number => ids.euid;
/** Of programs that carry out JavaScript. */
export const versions = {};

export const hrtime = { bigint: (): bigint => BigInt(Math.round(host.clock(1) * 1e6)) };

const process = {
  get pid(): number {
    return pid;
  },
  /** As in Node: the program that runs, and what it was called as. */
  get argv(): readonly string[] {
    return ["coffer", ...words];
  },
  get env(): Record<string, string | undefined> {
    return environment;
  },
  geteuid,
  getegid: (): number => ids.egid,
  getgroups: (): readonly number[] => {
    const groups = host.groups();
    return typeof groups === "number" ? [] : groups;
  },
  umask: (mask?: number): number => {
    if (mask !== undefined) return host.umask(mask);
    const now = host.umask(0o77);
    host.umask(now);
    return now;
  },
  exit: (status: number): void => host.exit(status),
  stdout: makeStream(1),
  stderr: makeStream(2),
};

export default process;
