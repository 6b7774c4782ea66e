// What a program says of files that it could not open and of hosts that it could not find, read from its standard error. These are guesses: the words are the
// program's, which may say anything.

/** A file or a host that a program seems to have been denied. */
export interface Complaint {
  /** The name of the host for `connect`; of `make`, what. */
  readonly path: string;
  readonly op: "read" | "write" | "move" | "connect" | "make";
}

/** As much of the output is kept: what a program says last is why it has ended. */
const mostKept = 64 * 1024;
const longestLine = 4096;
const longestPath = 1024;

/** The words of strerror(3) and of Node, and what they are said of. */
const phrases: readonly (readonly [phrase: RegExp, op: Complaint["op"]])[] = [
  [/read-only file system|\bEROFS\b/i, "write"],
  [/permission denied|operation not permitted|\bEACCES\b|\bEPERM\b/i, "read"],
  [/no such file or directory|\bENOENT\b/i, "read"],
  // What is guarded or hidden is a mount, and so is each directory above it.
  [/device or resource busy|\bEBUSY\b|cross-device link|\bEXDEV\b/i, "move"],
];

const quoted = /'([^']+)'|"([^"]+)"|‘([^’]+)’|`([^`']+)[`']/g;
/** Words between blanks and colons that look like paths. */
const bare = /(?:^|[\s:(=])((?:\/|\.{1,2}\/|~\/)[^\s:'"`,;)]+)/g;
/** `touch: x: Read-only file system`. */
const last =
  /([^\s:]{1,1024}): (?:read-only file system|permission denied|no such file or directory|device or resource busy|invalid cross-device link)/i;

/** `/bin/sh: 1: cannot create x: Permission denied`: the first word says who speaks, if another path is named. */
const speaker = /^\/[^\s:]+: (?:(?:line )?\d+: )?/;

function pathsIn(line: string): readonly string[] {
  const named = line.replace(speaker, "");
  const found = named === line ? [] : pathsOf(named);
  return found.length > 0 ? found : pathsOf(line);
}

function pathsOf(line: string): readonly string[] {
  const found = [...line.matchAll(quoted)].flatMap(([, ...groups]) => groups.filter((group) => group !== undefined));
  const words = [...line.matchAll(bare)].flatMap(([, word]) => word ?? []);
  const [, plain] = found.length + words.length === 0 ? (last.exec(line) ?? []) : [];
  const isPath = (word: string): boolean => word !== "" && word.length <= longestPath && !word.includes("\0");
  return [...new Set([...found, ...words, ...(plain === undefined ? [] : [plain])])].filter(isPath);
}

/** What resolvers say where there is no server to ask: Node, curl and git, wget, ssh, and the words of gai_strerror(3). */
const unresolved =
  /\bEAI_AGAIN\b|\bENOTFOUND\b|could not resolve host|unable to resolve host|(?:temporary failure in|no address associated with|could not resolve) (?:name|host)/i;
/** A line does not begin with the host, but with the program or the class of the error. */
const hostName = /(?<!^|[\w.@/-])(?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,8}[a-z][a-z0-9-]{1,62}(?![\w./-]*[\w/])/gi;

function hostsIn(line: string): readonly Complaint[] {
  const names = line.match(hostName) ?? [];
  return [...new Set(names.map((name) => name.toLowerCase()))].map((path) => ({ path, op: "connect" }));
}

/** What bubblewrap, Chromium, unshare(1) and buildah say where they may make no namespace. */
const noNamespace =
  /create (?:a )?new (?:user )?namespace|creating new namespace failed|failed to move to new namespace|no usable sandbox!|unshare(?:\(clone_newuser\)| failed): operation not permitted/i;

/** Reads one line. */
export function readComplaint(line: string): readonly Complaint[] {
  if (line.length > longestLine) return [];
  if (unresolved.test(line)) return hostsIn(line);
  if (noNamespace.test(line)) return [{ path: "a namespace", op: "make" }];
  const op = phrases.find(([phrase]) => phrase.test(line))?.[1];
  return op === undefined ? [] : pathsIn(line).map((path) => ({ path, op }));
}

/** Keeps the end of what a program writes. */
export interface Listener {
  take(chunk: Uint8Array): void;
  /** What it complains of, each once, in the order of the last lines. */
  complaints(): readonly Complaint[];
}

/** Listens to a program. */
export function makeListener(): Listener {
  let chunks: Uint8Array[] = [];
  let size = 0;
  /** The last bytes. */
  const join = (): Uint8Array => {
    const whole = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole.slice(-mostKept);
  };
  return {
    take: (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size < 2 * mostKept) return;
      chunks = [join()];
      size = mostKept;
    },
    complaints: () => {
      const all = new TextDecoder().decode(join()).split("\n").flatMap(readComplaint);
      return [...new Map(all.map((one) => [`${one.op} ${one.path}`, one])).values()];
    },
  };
}
