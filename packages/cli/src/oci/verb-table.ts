// The verbs and their flags: runc's, as engines call them. `help` is every verb's.
import type { Flag, Flags } from "./flags.ts";

/** What the command line of a verb looks like. */
export interface Verb {
  readonly usage: string;
  /** How many words it takes: at least, and at most. */
  readonly words: readonly [number, number];
  /** After that many words flags end: what follows is the container's command. */
  readonly wordsBeforeRest?: number;
  readonly flags: Flags;
  /** The exit status of a failure; 1 unless said. */
  readonly failure?: number;
}

const many = Number.POSITIVE_INFINITY;
const text: Flag = { kind: "text" };
const boolean: Flag = { kind: "boolean" };

const processFlags: Flags = {
  "console-socket": text,
  "pid-file": text,
  "pidfd-socket": text,
  "preserve-fds": { kind: "number" },
};

const bundleFlags: Flags = {
  bundle: { kind: "text", char: "b" },
  "no-new-keyring": boolean,
  "no-pivot": boolean,
  ...processFlags,
};

/** Of a container that is new; `restore` makes one that was. */
const newFlags: Flags = { ...bundleFlags, "lock-mounts": boolean };

const execFlags: Flags = {
  ...processFlags,
  cwd: text,
  env: { kind: "texts", char: "e" },
  tty: { kind: "boolean", char: "t" },
  user: { kind: "text", char: "u" },
  "additional-gids": { kind: "texts", char: "g" },
  process: { kind: "text", char: "p" },
  detach: { kind: "boolean", char: "d" },
  "process-label": text,
  apparmor: text,
  "no-new-privs": boolean,
  cap: { kind: "texts", char: "c" },
  cgroup: text,
  "ignore-paused": boolean,
};

/** What dump and restore have in common: CRIU's own flags. `lazy-pages` and `page-server` are refused with the reason. */
const criuFlags: Flags = {
  "image-path": text,
  "work-path": text,
  "tcp-established": boolean,
  "ext-unix-sk": boolean,
  "shell-job": boolean,
  "lazy-pages": boolean,
  "file-locks": boolean,
  "manage-cgroups-mode": text,
  "empty-ns": { kind: "texts" },
  "auto-dedup": boolean,
  "link-remap": boolean,
};

/** Limits as words; `resources` is a file with all of them. */
const updateFlags: Flags = {
  resources: { kind: "text", char: "r" },
  "blkio-weight": text,
  "cpu-period": text,
  "cpu-quota": text,
  "cpu-burst": text,
  "cpu-share": text,
  "cpu-rt-period": text,
  "cpu-rt-runtime": text,
  "cpu-idle": text,
  "cpuset-cpus": text,
  "cpuset-mems": text,
  memory: text,
  "memory-reservation": text,
  "memory-swap": text,
  "kernel-memory": text,
  "kernel-memory-tcp": text,
  "pids-limit": text,
  "l3-cache-schema": text,
  "mem-bw-schema": text,
};

/** Every verb. */
export const verbTable = {
  create: { usage: "create [flags] ID", words: [1, 1], flags: newFlags },
  run: {
    usage: "run [flags] ID",
    words: [1, 1],
    flags: {
      ...newFlags,
      detach: { kind: "boolean", char: "d" },
      keep: boolean,
      "no-subreaper": { kind: "boolean", ignored: true },
    },
  },
  start: { usage: "start ID", words: [1, 1], flags: {} },
  state: { usage: "state ID", words: [1, 1], flags: {} },
  kill: { usage: "kill [--all] ID [SIGNAL]", words: [1, 2], flags: { all: { kind: "boolean", char: "a" } } },
  delete: { usage: "delete [--force] ID", words: [1, 1], flags: { force: { kind: "boolean", char: "f" } } },
  exec: {
    usage: "exec [flags] ID [COMMAND ARGS…]",
    words: [1, many],
    wordsBeforeRest: 1,
    flags: execFlags,
    failure: 255,
  },
  pause: { usage: "pause ID", words: [1, 1], flags: {} },
  resume: { usage: "resume ID", words: [1, 1], flags: {} },
  ps: {
    usage: "ps [--format table|json] ID [PS OPTIONS…]",
    words: [1, many],
    wordsBeforeRest: 1,
    flags: { format: { kind: "text", char: "f" } },
  },
  events: {
    usage: "events [--stats] [--interval DURATION] ID",
    words: [1, 1],
    flags: { stats: boolean, interval: text },
  },
  update: { usage: "update [flags] ID", words: [1, 1], flags: updateFlags },
  checkpoint: {
    usage: "checkpoint [flags] ID",
    words: [1, 1],
    flags: {
      ...criuFlags,
      "parent-path": text,
      "leave-running": boolean,
      "tcp-skip-in-flight": boolean,
      "status-fd": text,
      "page-server": text,
      "pre-dump": boolean,
    },
  },
  restore: {
    usage: "restore [flags] ID",
    words: [1, 1],
    flags: {
      ...bundleFlags,
      ...criuFlags,
      detach: { kind: "boolean", char: "d" },
      "no-subreaper": { kind: "boolean", ignored: true },
      "lsm-profile": text,
      "lsm-mount-context": text,
    },
  },
  list: {
    usage: "list [flags]",
    words: [0, 0],
    flags: { format: { kind: "text", char: "f" }, quiet: { kind: "boolean", char: "q" } },
  },
  spec: { usage: "spec [flags]", words: [0, 0], flags: { bundle: { kind: "text", char: "b" }, rootless: boolean } },
  features: { usage: "features", words: [0, 0], flags: {} },
} as const satisfies Readonly<Record<string, Verb>>;

/** The name of a verb. */
export type VerbName = keyof typeof verbTable;

/** Tells whether a word is a verb. */
export function isVerb(word: string | undefined): word is VerbName {
  return word !== undefined && Object.hasOwn(verbTable, word);
}

/** What `--help` prints of a verb. */
export function printUsage(name: VerbName): string {
  const verb: Verb = verbTable[name];
  const flags = Object.entries(verb.flags).map(([flag, { kind, char }]) => {
    const short = char === undefined ? "" : `, -${char}`;
    return `   --${flag}${short}${kind === "boolean" ? "" : " value"}\n`;
  });
  return `usage: coffer-oci [global flags] ${verb.usage}\n${flags.join("")}`;
}
