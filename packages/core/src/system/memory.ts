// The port in memory, for unit tests: files are a map, and a launch plays a script.
import { decodeText, pushText } from "../wire/utf8.ts";
import { readOr, SystemError } from "./error.ts";
import type { FileKind, FileStat, Launch, LaunchEvent, LaunchRequest, Lock, System } from "./port.ts";

interface Entry {
  kind: FileKind;
  content: Uint8Array;
  mode: number;
  uid: number;
  gid: number;
}

/** What a test can see and set of the machine. */
export interface MemorySystem extends System {
  readonly entries: Map<string, Entry>;
  readonly launches: LaunchRequest[];
  /** Says what a launch does: its events. It may change `entries` before. */
  onLaunch: (request: LaunchRequest) => readonly LaunchEvent[];
  /** Makes a directory with its parents, or a file. */
  put(path: string, content?: string, how?: Partial<Entry>): void;
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

function toBytes(content: string | Uint8Array): Uint8Array {
  if (typeof content !== "string") return content;
  const bytes: number[] = [];
  if (!pushText(bytes, content)) throw new SystemError("write", "text", "EILSEQ");
  return Uint8Array.from(bytes);
}

function makeLaunch(events: readonly LaunchEvent[]): Launch {
  const left = [...events];
  return {
    pid: 1,
    stdin: undefined,
    stdout: undefined,
    stderr: undefined,
    nextEvent: async () => left.shift() ?? { kind: "timeout" },
    signal: () => {},
    detach: () => {},
  };
}

/** Makes a machine with an empty root directory. */
export function makeMemorySystem(uid = 0): MemorySystem {
  const entries = new Map<string, Entry>();
  const locked = new Set<string>();
  const launches: LaunchRequest[] = [];

  function find(call: string, path: string): Entry {
    const entry = entries.get(path);
    if (entry === undefined) throw new SystemError(call, path, "ENOENT");
    return entry;
  }

  function put(path: string, content?: string, how: Partial<Entry> = {}): void {
    if (path !== "/" && !entries.has(parentOf(path))) put(parentOf(path));
    const kind = content === undefined ? "directory" : "file";
    entries.set(path, { kind, content: toBytes(content ?? ""), mode: 0o700, uid, gid: 0, ...how });
  }

  function readBytes(path: string, limit: number): Uint8Array {
    const { content } = find("open", path);
    if (content.length > limit) throw new SystemError("read", path, "EFBIG");
    return content;
  }

  function stat(path: string): FileStat {
    const { kind, mode, uid: owner, gid } = find("stat", path);
    return { kind, mode, uid: owner, gid, major: 0, minor: 0, inode: 1n, device: 1n, links: 1, modified: 0 };
  }

  function makeDir(path: string, options: { readonly parents?: boolean } = {}): void {
    if (entries.has(path) && !options.parents) throw new SystemError("mkdir", path, "EEXIST");
    if (!options.parents) find("mkdir", parentOf(path));
    put(path);
  }

  function listDir(path: string): readonly string[] {
    find("readdir", path);
    const below = [...entries.keys()].filter((name) => name !== path && parentOf(name) === path);
    return below.map((name) => name.slice(name.lastIndexOf("/") + 1));
  }

  const listTyped = (path: string): ReturnType<System["listTyped"]> =>
    listDir(path).map((name) => ({ name, kind: find("readdir", `${path}/${name}`).kind }));

  async function lock(path: string): Promise<Lock | undefined> {
    find("open", parentOf(path));
    if (locked.has(path)) return undefined;
    locked.add(path);
    put(path, "");
    return { fd: 100, release: () => void locked.delete(path) };
  }

  async function launch(request: LaunchRequest): Promise<Launch> {
    launches.push(request);
    return makeLaunch(system.onLaunch(request));
  }

  const system: MemorySystem = {
    entries,
    launches,
    onLaunch: () => [],
    put,
    caller: {
      uid,
      gid: uid,
      groups: [],
      pid: 1,
      cwd: "/work",
      env: {},
      hasTerminal: false,
      isOutputTerminal: false,
      isInteractive: false,
      window: undefined,
    },
    uname: () => ({ system: "Linux", release: "6.18.0", machine: "x86_64" }),
    readBytes,
    readText: (path, limit) => decodeText(readBytes(path, limit)),
    readLines: (path) => decodeText(readBytes(path, Number.POSITIVE_INFINITY)).replace(/\n$/, "").split("\n"),
    openGrowing: (path) => {
      throw new SystemError("open", path, "ENOSYS");
    },
    readNamed: readBytes,
    readNamedText: (path, limit) => decodeText(readBytes(path, limit)),
    readInput: async () => "",
    readLink: (path) => {
      if (path === "/proc/self") return "1";
      if (path.startsWith("/proc/self/ns/")) return `${path.slice("/proc/self/ns/".length)}:[1]`;
      throw new SystemError("readlink", path, "EINVAL");
    },
    stat,
    findStat: (path) => readOr(undefined, () => stat(path), "ENOENT", "ENOTDIR"),
    kindsOf: (paths) => paths.map((path) => entries.get(path)?.kind),
    areMissing: (paths) => paths.every((path) => !entries.has(path)),
    changedSince: (paths) => paths.map((path) => entries.has(path)),
    canAccess: (path) => entries.has(path),
    listDir,
    listTyped,
    writeFile: (path, content, options = {}) => {
      find("write", parentOf(path));
      if (options.exclusive && entries.has(path)) throw new SystemError("write", path, "EEXIST");
      entries.set(path, { kind: "file", content: toBytes(content), mode: options.mode ?? 0o600, uid, gid: 0 });
    },
    makeDir,
    isBound: async (path) => find("connect", path).content.length === 0,
    removeDir: (path, names) => {
      for (const name of names) entries.delete(`${path}/${name}`);
      if (entries.has(path) && listDir(path).length > 0) throw new SystemError("rmdir", path, "ENOTEMPTY");
      entries.delete(path);
    },
    openDir: (path) => {
      throw new SystemError("open", path, "ENOSYS");
    },
    holdPlace: (path) => ({ at: path, links: [], end: parentOf(path), close: () => {} }),
    holdDir: (path, { passes, make = false }) => {
      if (make && !entries.has(path)) put(path);
      for (let at = path; at !== "/"; at = parentOf(at)) passes({ path: at, stat: stat(at) });
      return { fd: 100, at: path, stat: stat(path) };
    },
    openPath: (_word, path, kind) => {
      if (stat(path).kind !== "directory" && kind === "directory") throw new SystemError("open", path, "ENOTDIR");
      return { fd: 100, path, at: path, close: () => {} };
    },
    ownFds: new Set(),
    closeFd: () => {},
    gunzip: () => {
      throw new SystemError("gunzip", "archive", "ENOSYS");
    },
    lock,
    lockToLaunch: async (path, _timeoutMs, setup) => {
      const held = await lock(path);
      return held && { launch: (plan) => launch({ ...setup, plan }), release: async () => held.release() };
    },
    launch,
    capture: async (name) => {
      throw new SystemError("execve", name, "ENOENT");
    },
    askHelper: async () => {
      throw new SystemError("execve", "coffer-helper", "ENOENT");
    },
    digest: (bytes) => `${bytes.length}`,
    randomId: () => "0123456789abcdef",
    now: () => "2026-01-01T00:00:00.000Z",
    elapsed: () => 0,
    sleep: async () => {},
  };
  return system;
}
