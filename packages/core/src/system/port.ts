/// <reference types="node" preserve="true" />
// The one narrow door between the runtime verbs and the machine. `node.ts` implements it on Node; the native front
// implements it in C; `memory.ts` is the one of the unit tests. Nothing else in core touches the machine.
// Every string here is bytes (decision 0019). A byte that is not UTF-8 is a lone surrogate, U+DC80 to U+DCFF, in both directions.
// No bytes are an error, and no bytes become others.
import type { Report } from "../wire/report/report.ts";
import type { HeldDir, HeldMount, HeldPath, HeldPlace, Way } from "./held.ts";

/** Who calls, from where, on what. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly pid: number;
  /** EILSEQ when the bytes of its name cannot be found out. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One of the standard streams is a terminal, or the session has one. */
  readonly hasTerminal: boolean;
  /** Standard output is a terminal. */
  readonly isOutputTerminal: boolean;
  /** Standard input and output are terminals. */
  readonly isInteractive: boolean;
  /** The size of the terminal, in characters. */
  readonly window: { readonly height: number; readonly width: number } | undefined;
}

export interface Uname {
  readonly system: string;
  readonly release: string;
  readonly machine: string;
}

export type FileKind = "file" | "directory" | "link" | "char" | "block" | "fifo" | "socket";

export interface FileStat {
  readonly kind: FileKind;
  /** Permission bits, without the type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** The device that a char or block node names. */
  readonly major: number;
  readonly minor: number;
  readonly inode: bigint;
  /** The file system that has the inode. */
  readonly device: bigint;
  /** How many names it has: those of a file are hard links. */
  readonly links: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** A held lock. It ends with `release`, and with the last process that has the open file. */
export interface Lock {
  /** The open file: whoever has a copy of it has the lock. */
  readonly fd: number;
  release(): void;
}

/** Where a standard stream of the launched process goes: the caller's, nowhere, a pipe to the caller, a descriptor. */
export type Stdio = "inherit" | "ignore" | "pipe" | number;

export type LaunchInput =
  | { readonly name: string; readonly path: string }
  /** `known`: the path that the descriptor leads to. */
  | { readonly name: string; readonly fd: number; readonly known?: string }
  /** A directory beneath one that is held: opened when the launcher starts, and given to it as a descriptor. */
  | { readonly name: string; readonly beneath: string };

/**
 * The caller's end of an input of type `socket`, over which sockets come from the container's network namespace. Each comes with
 * a name (`Network.nameMessage`).
 */
export interface Answers {
  readonly input: string;
  readonly names: readonly string[];
  /** Is given every connection to the listening socket of that name, or the connection of that name. It may not throw. */
  readonly answer: (name: string, connection: Duplex) => void;
}

/** The caller's end of an input of type `socket` that gets bytes. */
export interface Watcher {
  readonly input: string;
  /** Is given them as they come. It may not throw. */
  readonly take: (chunk: Uint8Array) => void;
}

/** How a front may keep a helper for many launches. */
export interface Warm {
  /** Which launch of the process is the first that goes there: 1 is the first. */
  readonly from: number;
  /** How long it stays without a launch. */
  readonly idleMs: number;
}

/** What a launcher is given at its start, where its plan may come later. */
export interface LaunchSetup {
  /** A plan need not ask for all of them. */
  readonly inputs: readonly LaunchInput[];
  readonly stdio: readonly [Stdio, Stdio, Stdio];
  /** Asks the helper for the time of every op. */
  readonly trace?: boolean;
  /** Passes signals that the caller gets on to the launcher while it runs. */
  readonly forwardSignals?: boolean;
  /** ^Z stops the container, whose first process is the helper's, and then this process with its group. */
  readonly suspend?: boolean;
  /** What the program writes is kept in two files of the input `state`, of so many bytes at most; its outputs are pipes then. */
  readonly logBytes?: number | undefined;
  /** The plan makes a network namespace, and no user namespace: the helper may make it while the plan comes. */
  readonly netns?: boolean;
  /** How long init may say nothing before the launch fails, beside the time that its hooks have; 0: without limit. Default 30 s. */
  readonly initTimeoutMs?: number;
  /** The caller may change the size of the container's terminal (`Launch.resize`). */
  readonly resizes?: boolean;
  /** Who answers what connects to ports of the container (`Network`). */
  readonly answers?: Answers;
  /** Who gets what the program asks for. */
  readonly watcher?: Watcher;
  /** Ends the launch, and the container that the launcher waits for, when the caller ends, however it does. */
  readonly dieWithParent?: boolean;
  /** A helper that stays may launch this, where the front has one and can give it all that the launch needs. */
  readonly warm?: Warm | undefined;
}

export interface LaunchRequest extends LaunchSetup {
  readonly plan: Uint8Array;
}

/** What a launch tells. `exit` is the last event of every launch. */
export type LaunchEvent =
  | { readonly kind: "report"; readonly report: Report }
  | { readonly kind: "exit"; readonly status: number; readonly signal: string | undefined; readonly trace: Uint8Array }
  | { readonly kind: "timeout" };

export type Duplex = import("node:stream").Duplex;
type Readable = import("node:stream").Readable;
type Writable = import("node:stream").Writable;

/** Streams of Node, of which only the types are known here. */
export interface LaunchStreams {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
}

/** The size of a terminal, in characters. */
export interface WindowSize {
  readonly height: number;
  readonly width: number;
}

/** A running launcher. */
export interface Launch extends LaunchStreams {
  /** The pid of the launcher. */
  readonly pid: number;
  /** Waits for the next event, at most that many milliseconds. */
  nextEvent(timeoutMs?: number): Promise<LaunchEvent>;
  /** Only the native front's, in the place of a stream: who gets what comes on a standard error that is a pipe, until its end. */
  hear?(take: (chunk: Uint8Array) => void): Promise<void>;
  /** Sends a signal to the launcher, which passes it on. */
  signal(signal: number): void;
  /** Gives the container's terminal another size. Whether there is one, and somebody to tell. */
  resize?(size: WindowSize): boolean;
  /** Lets the caller end while the launcher runs on. */
  detach(): void;
  /** Lets the caller end although the launcher runs, which then ends too if it was told to. Absent where nothing keeps the caller. */
  unref?(): void;
  /** Of a launcher that may hold its container for long. Absent where it cannot be reached. */
  readonly held?: HeldLaunch | undefined;
}

/** A launcher whose plan has a `hold`, seen by its caller. */
export interface HeldLaunch {
  /** Lets the caller end although the launcher waits. */
  rest(): void;
  /** Keeps the caller again. */
  wake(): void;
  /** Whether the caller is still what it was at the launch: its rights, its limits, its cgroup. */
  isCurrent(): boolean;
  /** Lets the container go on. Whether the launcher was still there to hear it. */
  goOn(): Promise<boolean>;
}

/**
 * A lock that a launcher has taken for its caller and itself, before it has a plan. Even if the caller dies, the lock is
 * held until the plan has been carried out up to its report.
 */
export interface LaunchLock {
  launch(plan: Uint8Array): Promise<Launch>;
  /** Ends the launcher too, if it has got no plan. */
  release(): Promise<void>;
}

/** A launcher that gets its plan before it is certain that the plan is to be carried out. */
export interface AheadLaunch extends LaunchLock {
  /**
   * Gives the plan. The launcher does what nobody else can notice, and waits for `launch` with the same bytes before it does
   * anything else. After `release`, or our end, it takes back what it did.
   */
  send(plan: Uint8Array): void;
}

/** How a program of the host ended, and what it wrote to its two outputs. */
export interface Captured {
  readonly status: number;
  readonly output: string;
}

export interface WriteOptions {
  readonly mode?: number;
  /** Fails with EEXIST when the file is there. */
  readonly exclusive?: boolean;
}

/** A directory that is held open: names are looked up in it, whatever becomes of its path. Links in it are not followed. */
export interface Dir {
  readonly fd: number;
  /** Its path as the kernel has it: without links. */
  readonly path: string;
  list(): readonly string[];
  /** `.` is the directory itself. */
  stat(name: string): FileStat;
  readLink(name: string): string;
  /** Opens a directory in it, through a link if that is one: for a caller that has looked at the link. */
  openDir(name: string): Dir;
  /** Reads a regular file of at most `limit` bytes: EFBIG when it is longer, ELOOP for a link, EPERM for anything else. */
  readBytes(name: string, limit: number): Uint8Array;
  /** Makes an empty file in the place of what had its name, and opens it for appending. */
  createFile(name: string): number;
  /** Writes a file whole or not at all. */
  writeFile(name: string, content: string): void;
  close(): void;
}

/** A file that somebody else writes while it is read. */
export interface Growing {
  /** The next bytes, at most 64 KiB unless said. At the end they are empty. */
  read(most?: number): Uint8Array;
  close(): void;
}

/** Names that are made in a directory, or were moved there. */
export interface MadeNames {
  /** Those so far, in any order. The kernel may have lost some. */
  taken(): Promise<ReadonlySet<string>>;
  close(): void;
}

/** One connection of a container to a host whose requests are changed on the way. */
export interface Interception {
  /** The name that the host's certificate must have. */
  readonly host: string;
  readonly port: number;
  /** Connects to the host, each time as if the container did. */
  connect(): Promise<Duplex>;
  /** How long the TLS handshake with the host may take then. */
  readonly timeoutMs: number;
  /** Changes the value of a field of a request. */
  toHost(name: string, value: string): string;
  /** Begins to change the letters, which are bytes, of a part of an answer: `push` tells what may be passed on, `end` the rest. */
  fromHost(): { push(text: string): string; end(): string };
}

/** Speaks for hosts with certificates of its own. */
export interface Authority {
  /** Its certificate, as PEM. */
  readonly certificate: string;
  /** Ends the TLS of a connection to one of its hosts. */
  serve(client: Duplex, told: Interception): void;
}

/** The host's network, for what a container may reach of it. */
export interface Network {
  /** What has to be sent with a socket of that name: one that listens (op `send-fd`), or a connection (op `dial`). */
  nameMessage(name: string, kind: "listener" | "connection"): string;
  /** The addresses of a name, as the host resolves it. ENOENT if it has no address. */
  resolve(name: string): Promise<readonly string[]>;
  /** Connects to an address, never to a name. ETIMEDOUT when the time is over, ECANCELED once who asks for it has closed. */
  connect(address: string, port: number, timeoutMs: number, asker?: Duplex): Promise<Duplex>;
  /** Listens on an address of the host until `close`. EADDRINUSE, EACCES, EADDRNOTAVAIL. */
  listen(address: string, port: number, answer: (connection: Duplex) => void): Promise<{ readonly close: () => void }>;
  /** An authority that can speak for these hosts alone, in memory. */
  makeAuthority?(hosts: readonly string[]): Authority;
}

/**
 * About twenty calls to the machine. Every one that fails throws a `SystemError`, which names the call, the path and
 * the errno. Paths are absolute.
 */
export interface System {
  readonly caller: Caller;
  /** What tells this program from any other that plans otherwise. Absent where no plan is kept for a later call. */
  readonly build?: string;
  /** Asks again all that a log has, and tells whether the answers are the same. Absent where that saves nothing. */
  isSame?(log: Uint8Array): boolean;
  uname(): Uname;
  /** Reads a file of at most `limit` bytes; EFBIG when it is longer. */
  readText(path: string, limit: number): string;
  /** The lines of a table of any length: they are read as they are taken. */
  readLines(path: string): Iterable<string>;
  readBytes(path: string, limit: number): Uint8Array;
  /** Opens a regular file to read it from its begin on as it grows: ELOOP for a link, EPERM for anything else. */
  openGrowing(path: string): Growing;
  /** Watches the names of a directory from now on. */
  watchNames?(path: string): MadeNames;
  /** Reads a file that the caller names: one that is a device is not even opened (EPERM). */
  readNamed(path: string, limit: number): Uint8Array;
  readNamedText(path: string, limit: number): string;
  /** Reads standard input to its end; EFBIG when it is longer. */
  readInput(limit: number): Promise<string>;
  readLink(path: string): string;
  stat(path: string, options?: { readonly follow?: boolean }): FileStat;
  /** The same; undefined where there is nothing of that name: ENOENT, ENOTDIR. No error is made for that. */
  findStat(path: string, options?: { readonly follow?: boolean }): FileStat | undefined;
  /** What each of these paths is: undefined for one that cannot be looked up, for whatever reason. */
  kindsOf(paths: readonly string[], options?: { readonly follow?: boolean }): readonly (FileKind | undefined)[];
  /** Whether nothing is there under all of these names. False if one cannot be looked up. Links are not followed. */
  areMissing(paths: readonly string[]): boolean;
  /**
   * Which of these paths are there, and have changed in any way since a moment, in milliseconds since 1970; links are not followed.
   * The kernel alone sets the time of a change, by the clock of whatever has the file system.
   */
  changedSince(paths: readonly string[], since: number): readonly boolean[];
  /** True if some process is bound to this datagram socket. The owner cannot observe the check. */
  isBound(path: string): Promise<boolean>;
  canAccess(path: string, how: "write" | "execute"): boolean;
  listDir(path: string): readonly string[];
  /** The same with the kind of each entry; links are not followed. */
  listTyped(path: string): readonly { readonly name: string; readonly kind: FileKind }[];
  /**
   * Writes a file whole or not at all: exclusively under another name, then renamed. An existing character device or FIFO is
   * written to. A block device is rejected (EPERM), and so is a FIFO without a reader (ENXIO). A link is followed only if it
   * stands for a descriptor of the process, like /dev/stdout; otherwise ELOOP. A link of another user on the way is EACCES.
   */
  writeFile(path: string, content: string | Uint8Array, options?: WriteOptions): void;
  /**
   * Makes a directory, 0700, exclusively; with `parents` it may exist and missing parents are made, through no link of another
   * user (EACCES).
   */
  makeDir(path: string, options?: { readonly parents?: boolean }): void;
  /** Holds the directory of a name, to which no link of another user leads (EACCES). The name itself is not looked up. */
  holdPlace(path: string): HeldPlace;
  /** Removes the named files of a directory and then the directory; missing files are ignored. */
  removeDir(path: string, names: readonly string[]): void;
  /** Opens a directory. The path itself is not followed when it is a link. */
  openDir(path: string): Dir;
  /**
   * Holds a directory, and looks up each name on the way once. Links are followed. A directory that is gone, or that was
   * replaced, is opened again.
   */
  holdDir(path: string, way: Way): HeldDir;
  /**
   * Opens a directory, or anything, by the caller's own word, which may be relative: then to the working directory itself, not
   * to the name of that. Only names the object (O_PATH). ESTALE when the absolute name leads to something else.
   */
  openPath(word: string, name: string, kind: "directory" | "any"): HeldPath;
  /**
   * Opens what a process sees at an absolute path, and only names the object (O_PATH). Where a link on the way leads is not told:
   * the mount is. Absent where sessions are not.
   */
  openSeen?(pid: number, path: string): HeldMount;
  /** Descriptors of the process that lead to directories, and are not the caller's. */
  readonly ownFds: ReadonlySet<number>;
  /**
   * Whether an open descriptor is one that the process began with. Absent where nothing tells: Node opens descriptors of its own,
   * and marks all alike.
   */
  isInherited?(fd: number): boolean;
  /** Closes a descriptor that the port has given. */
  closeFd(fd: number): void;
  /** Unpacks a gzip file of at most `limit` bytes, which nothing but zeros may follow; EFBIG when it is longer. */
  gunzip(bytes: Uint8Array, limit: number): Uint8Array;
  /** Takes the exclusive lock of a file, which is made when it is missing; undefined when the time is over. */
  lock(path: string, timeoutMs: number): Promise<Lock | undefined>;
  /**
   * The same, by a launcher that then waits for a plan: one process where a lock and a launch would be two. `late`: a front that
   * takes a free lock itself starts the launcher for the first plan only.
   */
  lockToLaunch(path: string, timeoutMs: number, setup: LaunchSetup, late?: boolean): Promise<LaunchLock | undefined>;
  launch(request: LaunchRequest): Promise<Launch>;
  /** Starts a launcher that waits for a plan, and has no lock. Absent where a launch takes no time before the plan is read. */
  launchLater?(setup: LaunchSetup): Promise<LaunchLock>;
  /** Starts a launcher that gets its plan ahead. Absent as `launchLater` is. */
  launchAhead?(setup: LaunchSetup): AheadLaunch;
  /**
   * Sends a signal to a process, found by its number and by the inode of its pidfd. False if this fails: a launcher then tries
   * again, and says why. Absent where the front cannot send signals so.
   */
  signalProcess?(pid: number, inode: bigint, signal: number): boolean;
  /**
   * Lets a created container go on, whose init is found by its number and by the inode of its pidfd, and gives the report that a
   * launcher would give. Undefined if nothing was done: a launcher then tries again, and says why. Absent where the front cannot
   * let a container go on.
   */
  letGo?(
    state: string,
    target: { readonly pid: number; readonly inode: bigint },
    timeoutMs: number,
  ): Report | undefined;
  /** The path of the helper, for programs that start it themselves. Absent where the helper is no program of its own. */
  helperPath?(): string;
  /** Does something when the process ends by itself, and gives what undoes that. Absent where sessions are not. */
  atExit?(action: () => void): () => void;
  /**
   * Runs a program of the host by its name, never found through the caller's PATH, and gives back what it prints: with
   * `isWanted` only those lines. A program whose lines take more than 64 MiB is killed.
   */
  capture(name: string, args: readonly string[], isWanted?: (line: Uint8Array) => boolean): Promise<Captured>;
  /**
   * Runs the helper for what it prints: with those descriptors from 3 on, and with the input, which it reads to the end before it
   * prints.
   */
  askHelper(args: readonly string[], fds: readonly number[], input?: string): Promise<Captured>;
  /** Absent where the front has no sockets. */
  readonly network?: Network;
  /** Goes on as the front on Node, with the words of this call. Returns where there is no such front, or this is one. */
  handOver?(): void;
  /** Tells damage from what was written, and is no defence against somebody who writes. Absent where `digest` is as fast. */
  checksum?(bytes: Uint8Array): string;
  /** SHA-256 in hexadecimal, or SHA-1 for the names of git. */
  digest(bytes: Uint8Array, algorithm?: "sha256" | "sha1"): string;
  /** Random letters and digits, for the ids of containers that have none. */
  randomId(): string;
  /** The time of day, RFC 3339 with nanoseconds as far as they are known. */
  now(): string;
  /** Milliseconds of a clock that only goes forward. */
  elapsed(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** What has the port. */
export interface WithSystem {
  readonly system: System;
}
