// The port, with a log of what it answers while a sandbox is prepared.
import { SystemError } from "../../../system/error.ts";
import type { Caller, FileKind, System } from "../../../system/port.ts";
import { encodeText } from "../../../wire/utf8.ts";
import type { Runtime } from "../../runtime.ts";
import type { AnswerLog, NoteOptions, Question } from "./log.ts";
import { kindBytes, makeLog, nameBytes, statBytes } from "./log.ts";

/** Names of what is looked up in each call, whatever is known: these answers change as people work. */
export type LiveName = "keys" | "key-file";

/** Where something is looked for. */
export interface Searched {
  readonly trees: readonly string[];
  /** Directories in them that the caller hides: these may have more names than are looked at. */
  readonly shut: readonly string[];
}

/** Such a question, and its answer as JSON. */
export interface Live {
  readonly name: LiveName;
  readonly within: Searched;
  readonly answer: string;
}

/** What was noted while a sandbox was prepared. */
export interface Recorder {
  /** Reads through the log. A warning spoils the log: it would be given only once. */
  readonly runtime: Runtime;
  /** Undefined when something was asked that cannot be asked again. */
  taken():
    | {
        readonly log: Uint8Array;
        /** The working directory, if it was read. */
        readonly cwd?: string;
        readonly live: readonly Live[];
        readonly told: readonly string[];
      }
    | undefined;
}

/** A longer file is not compared. A bundle of certificates has 220 KB, and is read for a setting of npm and others. */
const mostFile = 1 << 19;

const status = "/proc/self/status";
/** Lines of proc_pid_status(5) that are the same in the next call, unless the caller has other rights. */
const steady = /^(?:Umask|Uid|Gid|Groups|Cap\w+|NoNewPrivs|Seccomp\w*|Cpus_allowed\w*|Mems_allowed\w*):/;

interface Noting {
  readonly log: AnswerLog;
  /** Notes what a call gives or throws. */
  readonly noted: <T>(
    question: Question,
    path: string,
    ask: () => T,
    toBytes: (answer: T) => Uint8Array | undefined,
    how?: NoteOptions,
  ) => T;
}

function makeNoting(log: AnswerLog): Noting {
  return {
    log,
    noted(question, path, ask, toBytes, how) {
      try {
        const answer = ask();
        log.note(question, path, toBytes(answer), how);
        return answer;
      } catch (error) {
        log.note(question, path, undefined, { ...how, error });
        throw error;
      }
    },
  };
}

type Reads = Pick<System, "readText" | "readLines" | "readBytes" | "readLink">;

/** Contents of files. */
function noteContents(system: System, { noted, log }: Noting): Reads {
  const whole = (bytes: Uint8Array | undefined): Uint8Array | undefined =>
    bytes === undefined || bytes.length > mostFile ? undefined : bytes;
  const readSteady = (limit: number): string =>
    system
      .readText(status, limit)
      .split("\n")
      .filter((line) => steady.test(line))
      .map((line) => `${line}\n`)
      .join("");
  const readText: System["readText"] = (path, limit) =>
    path === status
      ? noted("lines", path, () => readSteady(limit), encodeText)
      : noted(
          "file",
          path,
          () => system.readText(path, limit),
          (text) => whole(encodeText(text)),
        );
  return {
    readText,
    readBytes: (path, limit) => noted("file", path, () => system.readBytes(path, limit), whole),
    readLink: (path) => noted("readLink", path, () => system.readLink(path), encodeText),
    readLines(path) {
      if (path === status) log.spoil();
      try {
        const lines = noted("file", path, () => system.readText(path, mostFile), encodeText).split("\n");
        return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
      } catch {
        // A file that is not there fails again. One that is too long to be compared is read all the same.
        const lines = [...system.readLines(path)];
        log.spoil();
        return lines;
      }
    },
  };
}

type Looks = Pick<System, "stat" | "kindsOf" | "canAccess" | "listDir" | "listTyped">;

/** access(2): W_OK, X_OK. */
const access = { write: 2, execute: 1 } as const;
/** Of a listing: the names have their types. */
const typed = 1;

/** What names are, and which there are. */
function noteNames(system: System, { noted, log }: Noting): Looks {
  const kindsOf: System["kindsOf"] = (paths, options = {}) => {
    const kinds: readonly (FileKind | undefined)[] = system.kindsOf(paths, options);
    const question = options.follow === false ? "kindLink" : "kind";
    for (const [index, path] of paths.entries()) log.note(question, path, kindBytes(kinds[index]));
    return kinds;
  };
  return {
    kindsOf,
    stat: (path, options = {}) =>
      noted(options.follow === false ? "statLink" : "stat", path, () => system.stat(path, options), statBytes),
    canAccess(path, how) {
      const may = system.canAccess(path, how);
      log.note("access", path, Uint8Array.of(may ? 1 : 0), { detail: access[how] });
      return may;
    },
    listDir: (path) =>
      noted(
        "names",
        path,
        () => system.listDir(path),
        (names) => nameBytes(names.map((name) => ({ name }))),
      ),
    listTyped: (path) => noted("names", path, () => system.listTyped(path), nameBytes, { detail: typed }),
  };
}

/** Calls of which nothing can be asked again, or which change something: nothing is kept then. */
function noteOthers(system: System, { spoil }: AnswerLog) {
  const spoiling =
    <A extends readonly unknown[], R>(call: (...words: A) => R) =>
    (...words: A): R => {
      spoil();
      return call(...words);
    };
  return {
    findStat: spoiling(system.findStat),
    areMissing: spoiling(system.areMissing),
    readNamed: spoiling(system.readNamed),
    readNamedText: spoiling(system.readNamedText),
    readInput: spoiling(system.readInput),
    isBound: spoiling(system.isBound),
    writeFile: spoiling(system.writeFile),
    makeDir: spoiling(system.makeDir),
    removeDir: spoiling(system.removeDir),
    holdPlace: spoiling(system.holdPlace),
    openDir: spoiling(system.openDir),
    holdDir: spoiling(system.holdDir),
    openPath: spoiling(system.openPath),
    lock: spoiling(system.lock),
    lockToLaunch: spoiling(system.lockToLaunch),
    launch: spoiling(system.launch),
    capture: spoiling(system.capture),
    askHelper: spoiling(system.askHelper),
  };
}

/** A variable that is not set is as a file that is not there. */
const how = (value: string | undefined): NoteOptions =>
  value === undefined ? { error: new SystemError("getenv", "", "ENOENT") } : {};

/** Reads variables through the log. */
function noteEnv(env: Caller["env"], { note, spoil }: AnswerLog): Caller["env"] {
  const noted = new Proxy(env, {
    get(target, name) {
      const value = typeof name === "string" ? target[name] : undefined;
      if (typeof name === "string")
        note("variable", name, value === undefined ? undefined : encodeText(value), how(value));
      return value;
    },
    ownKeys(target) {
      spoil();
      return Reflect.ownKeys(target);
    },
    has(target, name) {
      spoil();
      return Reflect.has(target, name);
    },
  });
  return noted;
}

/** Who calls is in the question, and whether a terminal shows the output; on which terminal is not. */
function noteCaller(caller: Caller, read: { cwd?: string }, log: AnswerLog): Caller {
  const { uid, gid, groups, isInteractive, isOutputTerminal } = caller;
  const spoiling = <T>(value: T): T => {
    log.spoil();
    return value;
  };
  const env = noteEnv(caller.env, log);
  return {
    uid,
    gid,
    groups,
    isInteractive,
    isOutputTerminal,
    env,
    get pid() {
      return spoiling(caller.pid);
    },
    get cwd() {
      const { cwd } = caller;
      read.cwd = cwd;
      return cwd;
    },
    get hasTerminal() {
      return spoiling(caller.hasTerminal);
    },
    get window() {
      return spoiling(caller.window);
    },
  };
}

const recorders = new WeakMap<System, (name: LiveName, within: Searched, answer: unknown) => void>();
/** What is looked up without a log. */
const unrecorded = new WeakMap<System, System>();

/** Gives the answer to what is looked up in each call. A recorder notes the question and the answer, not how the answer came about. */
export function askLive<T>(runtime: Runtime, name: LiveName, within: Searched, ask: (runtime: Runtime) => T): T {
  const note = recorders.get(runtime.system);
  const answer = ask({ ...runtime, system: unrecorded.get(runtime.system) ?? runtime.system });
  note?.(name, within, answer);
  return answer;
}

/** Begins to note what the port answers. */
export function startRecorder(runtime: Runtime): Recorder {
  const { system } = runtime;
  const log = makeLog();
  const noting = makeNoting(log);
  const read: { cwd?: string } = {};
  const live: Live[] = [];
  const told: string[] = [];
  const recording: System = {
    ...system,
    ...noteContents(system, noting),
    ...noteNames(system, noting),
    ...noteOthers(system, log),
    caller: noteCaller(system.caller, read, log),
  };
  recorders.set(recording, (name, within, answer) => void live.push({ name, within, answer: JSON.stringify(answer) }));
  unrecorded.set(recording, system);
  return {
    runtime: {
      ...runtime,
      system: recording,
      warn: (warning) => {
        log.spoil();
        runtime.warn?.(warning);
      },
      debug: (message) => {
        told.push(message);
        runtime.debug?.(message);
      },
    },
    taken() {
      const bytes = log.bytes();
      return bytes && { log: bytes, ...read, live, told };
    },
  };
}
