// What the probe tells, made comparable: pids, inodes and the like become words, and every fact gets a name of its own.
import { readFileSync, readlinkSync } from "node:fs";

export type MountRow = {
  readonly id: string;
  readonly parent: string;
  readonly root: string;
  readonly point: string;
  readonly options: string;
  readonly optional: readonly string[];
  readonly type: string;
  readonly source: string;
  readonly super: string;
};

export type Descriptor = {
  readonly fd: number;
  readonly flags: number;
  readonly cloexec: number;
  readonly type: number;
  readonly uid: number;
  readonly link: string | null;
};

type Stat = Readonly<Record<string, number | string>>;

/** The probe's report. */
export type ProbeFacts = {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly pid: number;
  readonly ppid: number;
  readonly sid: number;
  readonly pgid: number;
  readonly uid: readonly number[];
  readonly gid: readonly number[];
  readonly groups: readonly number[];
  readonly umask: number;
  readonly noNewPrivs: number;
  readonly seccomp: number;
  readonly dumpable: number;
  readonly secureBits: number;
  readonly sessionKeyring: number;
  readonly caps: Readonly<Record<string, string>>;
  readonly fds: readonly Descriptor[];
  readonly rlimits: Readonly<Record<string, readonly string[]>>;
  readonly oomScoreAdj: number | null;
  readonly signals: Readonly<Record<string, string | number>>;
  readonly terminal: Readonly<Record<string, unknown>> | null;
  readonly cwd: string;
  readonly hostname: string;
  readonly domainname: string;
  readonly namespaces: Readonly<Record<string, string | null>>;
  readonly uidMap: string;
  readonly gidMap: string;
  readonly setgroups: string;
  readonly mounts: readonly MountRow[] | null;
  readonly cgroup: string;
  readonly timeOffsets: string;
  readonly clocks: Readonly<Record<string, number>>;
  readonly dev: Readonly<Record<string, Stat>> | null;
  readonly root: Readonly<Record<string, Stat>>;
  readonly extra: Readonly<Record<string, unknown>>;
};

/** Reads the probe's report from what a run printed. */
export function parseFacts(stdout: string): ProbeFacts {
  return JSON.parse(stdout.slice(stdout.indexOf("{")));
}

/** Facts by name, each as comparable text. */
export type FlatFacts = Readonly<Record<string, string>>;

const plain = [
  "args",
  "uid",
  "gid",
  "groups",
  "umask",
  "noNewPrivs",
  "seccomp",
  "dumpable",
  "secureBits",
  "oomScoreAdj",
  "cwd",
  "hostname",
  "domainname",
  "uidMap",
  "gidMap",
  "setgroups",
  "timeOffsets",
] as const;

const hostNamespace = (kind: string): string => readlinkSync(`/proc/self/ns/${kind}`);

/** What each runtime's own directories and numbers are called in the comparison. */
export type Names = { readonly base: string; readonly tag: string };

function text(value: unknown, names: Names): string {
  return JSON.stringify(value).replaceAll(names.base, "$BASE").replaceAll(names.tag, "$TAG");
}

function grouped(prefix: string, values: Readonly<Record<string, unknown>>, names: Names): FlatFacts {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix} ${key}`, text(value, names)]));
}

const sorted = (options: string): string => options.split(",").sort().join(",");

/** `shared:12` and the like without the numbers. */
const propagation = (row: MountRow): string =>
  row.optional
    .map((word) => word.replace(/:.*/, ""))
    .sort()
    .join("+") || "private";

function mountFacts(rows: readonly MountRow[], names: Names): FlatFacts {
  const seen = new Map<string, number>();
  return Object.fromEntries(
    rows.map((row) => {
      const count = (seen.get(row.point) ?? 0) + 1;
      seen.set(row.point, count);
      const key = `mount ${row.point}${count > 1 ? `#${count}` : ""}`;
      // The size of the host's own /dev is half of its memory.
      const own = row.type === "devtmpfs" ? /(nr_inodes|inode64|size)=?[^,]*/g : /(nr_inodes|inode64)=?[^,]*/g;
      const limits = sorted(row.super.replaceAll(own, ""));
      return [key, text(`${row.type} ${sorted(row.options)} ${limits} ${propagation(row)}`, names)];
    }),
  );
}

function namespaceFacts(facts: ProbeFacts): FlatFacts {
  const entries = Object.entries(facts.namespaces).map(([kind, inode]) => {
    return [`namespace ${kind}`, inode === hostNamespace(kind) ? "host" : inode === null ? "unknown" : "other"];
  });
  return Object.fromEntries(entries);
}

function devFacts(facts: ProbeFacts, names: Names): FlatFacts {
  const entries = Object.entries(facts.dev ?? {}).map(([name, stat]) => [name, { ...stat, size: 0 }]);
  return grouped("dev", Object.fromEntries(entries), names);
}

/** The process's place: the first of its pid namespace, leader of its session and group, or not. */
function placeOf(facts: ProbeFacts): string {
  const words = [
    facts.pid === 1 ? "first" : "later",
    facts.ppid === 0 ? "no parent" : "a parent",
    facts.sid === facts.pid ? "session leader" : "in another's session",
    facts.pgid === facts.pid ? "group leader" : "in another's group",
  ];
  return words.join(", ");
}

/** The terminal, with its session and its foreground group as seen by the process itself. */
function terminalOf({ terminal, pid }: ProbeFacts): unknown {
  const whose = (id: unknown): unknown => (id === pid ? "own" : id);
  return terminal && { ...terminal, session: whose(terminal.session), foreground: whose(terminal.foreground) };
}

/** The limits that the kernel gives each machine by the size of its memory. */
const ofMachine = { nproc: "Max processes", sigpending: "Max pending signals" } as const;

/** This process has the machine's, unless somebody has set others. */
function limitsOf({ rlimits }: ProbeFacts): ProbeFacts["rlimits"] {
  const own = readFileSync("/proc/self/limits", "utf8");
  const known = Object.entries(ofMachine).map(([name, title]) => {
    const [, ...values] = new RegExp(`^${title} +(\\d+) +(\\d+)`, "m").exec(own) ?? [];
    return [name, (rlimits[name] ?? []).map((value, at) => (value === values[at] ? "the machine's" : value))] as const;
  });
  return { ...rlimits, ...Object.fromEntries(known.filter(([name]) => name in rlimits)) };
}

/** Flattens a report. */
export function flatten(facts: ProbeFacts, names: Names): FlatFacts {
  const picked = Object.fromEntries(plain.map((name) => [name, text(facts[name] ?? null, names)]));
  const rootNames = Object.entries(facts.root).map(([name, stat]) => [name, { type: stat.type, mode: stat.mode }]);
  return {
    ...picked,
    terminal: text(terminalOf(facts), names),
    place: placeOf(facts),
    ...Object.fromEntries([...facts.env].sort().map((row) => [`env ${row.split("=")[0]}`, text(row, names)])),
    ...grouped("caps", facts.caps, names),
    ...grouped("signals", facts.signals, names),
    ...grouped("rlimit", limitsOf(facts), names),
    ...grouped("root", Object.fromEntries(rootNames), names),
    ...grouped("extra", facts.extra, names),
    ...mountFacts(facts.mounts ?? [], names),
    ...namespaceFacts(facts),
    ...devFacts(facts, names),
    ...grouped("owner of stream", Object.fromEntries(facts.fds.slice(0, 3).map(({ fd, uid }) => [fd, uid])), names),
    fds: text(
      facts.fds.map((row) => row.fd),
      names,
    ),
    // The kernel gives every keyring a new name; what counts is that it is not the caller's.
    keyring: facts.sessionKeyring > 0 ? "own" : "none",
    cgroup: text(facts.cgroup.replaceAll(/^\d+:/gm, ""), names),
  };
}
