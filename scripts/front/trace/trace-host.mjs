// A machine in memory behind the host's calls, for the calls that show what of the image the native port uses (image.mjs). It is
// the same wherever the program is built, so that two builds are identical.
import { files, links, makeReports, pid, reportSize } from "./trace-files.mjs";

const errno = { ENOENT: -2, EEXIST: -17, EINVAL: -22, ENOTTY: -25, EPROTOTYPE: -91 };
const flags = { create: 0o100, exclusive: 0o200 };
/** `STAT_WORDS` of helper-c/front/engine/imports.h. */
const statWords = 10;
const procMagic = 0x9fa0;
const formats = { directory: 0o40000, file: 0o100000, link: 0o120000, socket: 0o140000 };
/** d_type behind '0', as helper-c/front/host/files.c gives it. */
const types = { directory: "4", file: "8", link: ":", socket: "<" };
const directories = [
  ...["/", "/proc/self/fd", "/run/coffer", "/bundle/rootfs", "/tmp", "/sys/fs/cgroup"],
  // What a sandbox is made of.
  ...["/usr/bin", "/usr/lib", "/etc", "/root", "/mnt", "/dev"],
];
const variables = { HOME: "/root", PATH: "/usr/bin:/bin" };
const cwd = "/bundle";

const parentOf = (path) => path.slice(0, Math.max(1, path.lastIndexOf("/")));

/** The files by their paths. */
function makeTree() {
  const nodes = new Map();
  let inode = 1n;
  const add = (path, node) => {
    inode += 1n;
    nodes.set(path, { inode, mode: 0o755, ...node });
  };
  const put = (path, node) => {
    for (let at = parentOf(path); !nodes.has(at); at = parentOf(at)) add(at, { kind: "directory" });
    add(path, node);
  };
  add("/", { kind: "directory" });
  for (const path of directories) put(path, { kind: "directory" });
  for (const [path, text] of Object.entries(files)) put(path, { kind: "file", data: Buffer.from(text) });
  for (const [path, target] of Object.entries(links)) put(path, { kind: "link", target });
  return { nodes, put };
}

/** What the engine names: texts and paths of its memory, and open descriptors. */
function makeView(getMemory) {
  const open = new Map();
  let next = 3;
  const bytesAt = (at, size) => new Uint8Array(getMemory().buffer, at, size);
  const textAt = (at) => {
    const memory = Buffer.from(getMemory().buffer);
    return memory.subarray(at, memory.indexOf(0, at)).toString();
  };
  const give = (text, into, size) => {
    const bytes = Buffer.from(text);
    if (bytes.length > size) return errno.EINVAL;
    bytesAt(into, bytes.length).set(bytes);
    return bytes.length;
  };
  const resolve = (at) => {
    const [, fd, rest = ""] = /^\/proc\/self\/fd\/(\d+)(\/.*)?$/.exec(textAt(at)) ?? [];
    const named = textAt(at);
    const path = fd === undefined ? named : `${open.get(Number(fd))?.path}${rest}`;
    const whole = path.startsWith("/") ? path : `${cwd}/${path}`;
    return whole
      .replace(/\/+(?:\.(?=\/|$))?/g, "/")
      .replace(/\/+/g, "/")
      .replace(/(.)\/$/, "$1");
  };
  const openNode = (path, node) => {
    open.set(next, { path, node, at: 0 });
    return next++;
  };
  return { getMemory, open, bytesAt, textAt, give, resolve, openNode };
}

function giveStat({ getMemory }, node, into) {
  if (node === undefined) return errno.ENOENT;
  const known = [node.inode, 1n, BigInt(formats[node.kind] | node.mode)];
  const view = new DataView(getMemory().buffer, into);
  for (let index = 0; index < statWords; index++) view.setBigUint64(index * 8, known[index] ?? 0n, true);
  return 0;
}

/** Calls on descriptors. */
function openCalls(view, { nodes, put }, said) {
  const { open, bytesAt, resolve, openNode } = view;
  return {
    open(at, how, mode) {
      const path = resolve(at);
      if (nodes.has(path) && (how & flags.exclusive) !== 0) return errno.EEXIST;
      if (!nodes.has(path) && (how & flags.create) === 0) return errno.ENOENT;
      if (!nodes.has(path)) put(path, { kind: "file", mode, data: Buffer.alloc(0) });
      return openNode(path, nodes.get(path));
    },
    close: (fd) => (open.delete(fd) ? 0 : errno.EINVAL),
    read(fd, into, size) {
      const file = open.get(fd);
      const part = file.node.data.subarray(file.at, file.at + size);
      bytesAt(into, part.length).set(part);
      file.at += part.length;
      return part.length;
    },
    write(fd, from, size) {
      const file = open.get(fd);
      if (file === undefined) said.push(Buffer.from(bytesAt(from, size)));
      else file.node.data = Buffer.concat([file.node.data, bytesAt(from, size)]);
      return size;
    },
    fstat: (fd, into) => giveStat(view, open.get(fd)?.node, into),
    flock: () => 0,
  };
}

/** Calls on names. */
function nameCalls(view, { nodes, put }) {
  const { open, textAt, give, resolve } = view;
  return {
    stat: (at, _follow, into) => giveStat(view, nodes.get(resolve(at)), into),
    statfs: () => procMagic,
    readlink(at, into, size) {
      const isFd = /^\/proc\/self\/fd\/\d+$/.test(textAt(at));
      const target = isFd ? resolve(at) : nodes.get(resolve(at))?.target;
      return target === undefined ? errno.EINVAL : give(target, into, size);
    },
    entries(fd, into, size) {
      const dir = open.get(fd);
      if (dir.at > 0) return 0;
      dir.at = 1;
      const inside = [...nodes].filter(([path]) => path !== dir.path && parentOf(path) === dir.path);
      const names = inside.map(([path, { kind }]) => `${types[kind]}${path.slice(path.lastIndexOf("/") + 1)}\0`);
      return give(names.join(""), into, size);
    },
    mkdir(at, mode) {
      const path = resolve(at);
      if (nodes.has(path)) return errno.EEXIST;
      put(path, { kind: "directory", mode });
      return 0;
    },
    unlink: (at) => (nodes.delete(resolve(at)) ? 0 : errno.ENOENT),
    link(from, to) {
      nodes.set(resolve(to), nodes.get(resolve(from)));
      return 0;
    },
    rename(from, to) {
      nodes.set(resolve(to), nodes.get(resolve(from)));
      return nodes.delete(resolve(from)) ? 0 : errno.ENOENT;
    },
    access: (at) => (nodes.has(resolve(at)) ? 0 : errno.ENOENT),
    // A socket of another type is bound to each name: the gate.
    probe_socket: (at) => (nodes.has(resolve(at)) ? errno.EPROTOTYPE : errno.ENOENT),
  };
}

/** Calls about who calls. */
function callerCalls({ bytesAt, give, textAt }, getWords, getTime) {
  return {
    identity: (which) => (which < 2 ? 0 : pid),
    groups: () => 0,
    umask: () => 0o22,
    word: (_list, index, into, size) =>
      index < getWords().length ? give(getWords()[index], into, size) : errno.ENOENT,
    variable(name, into, size) {
      const value = variables[textAt(name)];
      return value === undefined ? errno.ENOENT : give(value, into, size);
    },
    cwd: (into, size) => give(cwd, into, size),
    uname: (field, into, size) => give(["Linux", "6.18.0", "x86_64"][field], into, size),
    isatty: () => 0,
    window: () => errno.ENOTTY,
    random(into, size) {
      bytesAt(into, size).fill(1);
      return 0;
    },
    clock: getTime,
    failing: () => 0,
  };
}

/** Calls about processes: each launcher succeeds at once, and so does the opening of a gate. */
function processCalls({ getMemory, openNode, bytesAt }) {
  const openFile = (data) => openNode("/pipe", { kind: "file", inode: 5n, mode: 0o600, data });
  return {
    pipe(into) {
      const view = new DataView(getMemory().buffer, into);
      view.setInt32(0, openFile(makeReports()), true);
      view.setInt32(4, openFile(Buffer.alloc(0)), true);
      return 0;
    },
    spawn: () => pid,
    started: () => 0,
    pidfd: () => openFile(Buffer.alloc(0)),
    poll: (_fds, count) => 2 ** count - 1,
    wait: () => 0,
    signal: () => 0,
    let_go(_state, _pid, _inode, _timeout, into) {
      const done = makeReports().subarray(-reportSize);
      bytesAt(into, done.length).set(done);
      return 0;
    },
    kill: () => 0,
    forward: () => 0,
    suspend: () => 0,
  };
}

/** The machine. `getMemory` gives the engine's memory. */
export function makeTraceHost(getMemory) {
  const [tree, view, said] = [makeTree(), makeView(getMemory), []];
  let words = [];
  let time = 1577836800000;
  const host = {
    ...openCalls(view, tree, said),
    ...nameCalls(view, tree),
    ...callerCalls(
      view,
      () => words,
      () => time,
    ),
    ...processCalls(view),
  };
  return {
    host,
    said: () => Buffer.concat(said).toString(),
    /** Makes a file, or changes its text. */
    change(path, make) {
      const text = tree.nodes.get(path)?.data.toString() ?? "";
      tree.put(path, { kind: "file", data: Buffer.from(make(text)) });
    },
    /** The socket that a created container waits at. */
    putGate: (path) => tree.put(path, { kind: "socket" }),
    remove: (path) => void tree.nodes.delete(path),
    /** So many milliseconds go by. */
    wait(ms) {
      time += ms;
    },
    /** A process with this command line begins: the sandbox is no verb of OCI. */
    begin(verb, ...more) {
      const program = verb === "sandbox" ? ["/opt/coffer/coffer"] : ["coffer-oci", "--root", "/run/coffer"];
      words = [...program, verb, ...more];
      view.open.clear();
    },
  };
}
