// What the native front's host does for the engine: helper-c/front/bind/. Numbers below zero are negative errnos.

/** A path: text that is UTF-8, or bytes. */
export type HostPath = string | Uint8Array;

/**
 * Inode, device, mode with the type, user, group, major and minor of a node, and in milliseconds since 1970 when it was
 * modified and when anything of it changed. The last is how many names it has.
 */
export type HostStat = readonly [bigint, bigint, number, number, number, number, number, number, number, number];

interface Host {
  open(path: HostPath, flags: number, mode: number): number;
  close(fd: number): number;
  read(fd: number, into: Uint8Array, at: number, most: number): number;
  write(fd: number, bytes: Uint8Array, at: number): number;
  stat(path: HostPath, follow: 0 | 1): HostStat | number;
  /**
   * A digit for each path, which has a NUL behind it: the type of its mode in hexadecimal. `-` for what is not there, and `!` for
   * what cannot be looked up. E2BIG for too many. `=` for what has not changed since that moment, in milliseconds since 1970.
   */
  kinds(paths: Uint8Array, follow: 0 | 1, since?: number): string | number;
  /** Whether files are still as a log says (runtime/sandbox/known/log.ts). */
  same(log: Uint8Array): boolean;
  fstat(fd: number): HostStat | number;
  /** The type of the file system. */
  statfs(path: HostPath): number;
  /** A descriptor that gives the names which are made in a directory, by inotify(7). It does not block. */
  watch(path: HostPath): number;
  readlink(path: HostPath): Uint8Array | number;
  /** The next names of an open directory, the type before each (`0` and d_type) and a NUL behind; empty at the end. */
  entries(fd: number): Uint8Array | number;
  mkdir(path: HostPath, mode: number): number;
  /** `directory` 1: rmdir(2). */
  unlink(path: HostPath, directory: 0 | 1): number;
  rename(from: HostPath, to: HostPath): number;
  link(from: HostPath, to: HostPath): number;
  access(path: HostPath, how: number): number;
  /** Exclusive; EAGAIN when another has it until the time is over. */
  flock(fd: number, timeoutMs: number): number;
  /** Connects a stream socket, and closes it. */
  probeSocket(path: HostPath): number;

  /** 0 effective user, 1 effective group, 2 process, 3 parent. */
  identity(which: 0 | 1 | 2 | 3): number;
  groups(): readonly number[] | number;
  umask(mask: number): number;
  /** A word of the command line (0) or of the environment (1). */
  word(list: 0 | 1, index: number): Uint8Array | number;
  /** The value of a variable of the environment. */
  variable(name: string): Uint8Array | number;
  cwd(): Uint8Array | number;
  /** 0 the system, 1 its release, 2 the machine. */
  uname(field: 0 | 1 | 2): Uint8Array | number;
  isatty(fd: number): boolean;
  /** Rows << 16 | columns. */
  window(fd: number): number;
  random(into: Uint8Array): number;
  /** Milliseconds: 0 the time of day, 1 a clock that only goes forward. */
  clock(which: 0 | 1): number;
  sleep(milliseconds: number): number;

  /** A pipe, or two sockets: a record is in those whole or not at all. */
  pipe(sockets?: 0 | 1): readonly [number, number] | number;
  /**
   * Words with a NUL behind each: the number of arguments, the arguments (the first is the path too), the environment.
   * `fds`: what the descriptors are, -1 /dev/null. Nobody waits until the child is that program.
   */
  spawn(words: Uint8Array, fds: Int32Array, session: 0 | 1): number;
  /** Waits until what was started last is that program; an error of execve(2) ends it. */
  started(): number;
  /** Becomes another program: words as for `spawn`. Gives an error alone. */
  exec(words: Uint8Array): number;
  pidfd(pid: number): number;
  /** A bit for each descriptor that has something to read or has ended; 0 when the time is over. -1: no limit. */
  poll(fds: Int32Array, timeoutMs: number): number;
  /** The status, or 256 and the number of the signal. */
  wait(pid: number): number;
  kill(pid: number, signal: number): number;
  /** To the process of that number whose pidfd has that inode (Linux 6.9); ESRCH when another has the number. */
  signal(pid: number, inode: bigint, signal: number): number;
  /**
   * Lets the created container go on that has this state directory, and whose init has that number and inode: a report record.
   * An error: nobody listened at the gate.
   */
  letGo(state: HostPath, pid: number, inode: bigint, timeoutMs: number): Uint8Array | number;
  /** Ends this process. */
  exit(status: number): void;
  /** With which status a failure of the engine ends this process from here on. */
  failing(status: number): number;
  /** Passes signals on to a process; 0: to none any more. */
  forward(pid: number): number;
  /** Stops this process with its group, as the terminal's key does, until it is continued. Then `pid` gets SIGCONT or SIGTTIN. */
  suspend(pid: number): number;

  /** The text of bytes that are UTF-8. */
  decode(bytes: Uint8Array): string | undefined;
  encode(text: string): Uint8Array;
  /** Writes the UTF-8 of a text at a place, if there is room for it. How many bytes it is; -1 where the text has a lone surrogate. */
  encodeInto(text: string, target: Uint8Array, at: number): number;
  /** How many properties a plain object has; -1 for other objects. */
  countKeys(object: object): number;
  /** 0 SHA-256, 1 SHA-1, 2 a checksum of 64 bits (XXH64). */
  digest(bytes: Uint8Array, which: 0 | 1 | 2): Uint8Array;
  /** Unpacks a plain gzip file; EFBIG when the content is longer, EILSEQ when it is none. */
  gunzip(bytes: Uint8Array, limit: number): Uint8Array | number;
  /** The value of JSON; undefined if it has what is rare. */
  readJson(text: string): unknown;
  verify(image: Uint8Array): readonly [rule: number, op: number, detail: number];
  /** The program of a request (helper-c/filter/filter.h); undefined when it is longer than the kernel takes. */
  compileFilter(request: Uint8Array): Uint8Array<ArrayBuffer> | undefined;
}

declare global {
  /** Made by the engine. */
  var host: Host;
}
