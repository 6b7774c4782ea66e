// The one table of verbs. The parser of both fronts, help, the man pages, completion and docs/cli.md are made from it.
import type { FaceName, Flag, Flags, Verb } from "./flag.ts";
import { inGroup } from "./flag.ts";
import {
  boolean,
  bundleFlags,
  criuFlags,
  defaultFlags,
  dumpFlags,
  execFlags,
  foreignTools,
  format,
  id,
  initFlags,
  newFlags,
  newId,
  outputFlags,
  policyFlag,
  questionFlags,
  regexFlag,
  restoreFlags,
  sandboxFlags,
  severities,
  shells,
  specFlags,
  stayFlags,
  text,
  texts,
  updateFlags,
  wasmFlags,
} from "./groups.ts";

const trace: Flag = {
  kind: "optional",
  help: "print the time that each op took; with =FILE write a timeline as an HTML page, or as trace events if FILE ends with .json",
  value: "FILE",
  face: "coffer",
};

const json = boolean("print JSON");
const failOn: Flag = {
  ...text("lowest severity that makes the exit status non-zero", "SEVERITY"),
  choices: severities,
  fallback: "low",
};
const storedPlan = text("audit a stored plan; no config is read", "FILE");

/** Of sandbox, and of shell, which is a sandbox of the caller's shell. */
const inSandbox: Flags = {
  ...policyFlag,
  rw: boolean("make the current directory writable, with the git repository that it is in"),
  ...sandboxFlags,
  ...inGroup("REASON", {
    trace: { ...trace, help: "print the longest steps; with =FILE write a timeline, as in run" },
    "json-log": text("append each event to this file, as lines of JSON", "FILE"),
    learn: text("allow every public host, and write a profile of what the command used", "FILE"),
  }),
  ...inGroup("PREVIEW", {
    show: {
      ...text("show the plan, an audit or an explanation, and run nothing", "WHAT"),
      choices: ["plan", "audit", "explain"],
    },
    ...questionFlags,
    json: boolean("with --show: print JSON"),
    "fail-on": failOn,
  }),
  ...defaultFlags,
};

/** Every verb. */
export const verbTable = {
  accept: {
    summary: "let the sandboxes of a project have what its file of settings asks for",
    words: [
      {
        name: "file",
        help: "the project's file, or its directory; by default the current directory",
        optional: true,
        completes: "files",
      },
    ],
    flags: {
      yes: boolean("do not ask"),
      list: { ...boolean("list what is accepted"), excludes: ["yes", "revoke"] },
      revoke: { ...boolean("accept the file no more"), excludes: ["yes"] },
      json: boolean("with --list: print JSON"),
    },
    examples: ["accept", "accept --list", "accept --revoke ~/project"],
    face: "coffer",
  },
  apply: {
    summary: "apply to the tree what a sandbox has changed, in an overlay that is kept",
    words: [{ name: "name", help: "the name of the overlay" }],
    rest: { name: "PATHS...", isOwn: true },
    flags: { held: texts("path that is held, and is applied all the same", "PATH"), json },
    examples: ["apply NAME", "apply NAME src", "apply --held .envrc NAME"],
    face: "coffer",
  },
  audit: {
    summary: "report what a container could do to the host",
    words: [
      {
        name: "bundle",
        help: "directory of a bundle; by default the current directory",
        optional: true,
        completes: "directories",
      },
    ],
    flags: {
      ...policyFlag,
      ...newFlags,
      plan: storedPlan,
      json,
      "fail-on": failOn,
      fix: { ...boolean("change the config so that findings go; asks first"), excludes: ["plan", "json"] },
      yes: boolean("with --fix: do not ask"),
    },
    examples: ["audit BUNDLE", "audit --plan FILE", "audit --fail-on high --json BUNDLE", "audit --fix BUNDLE"],
    face: "coffer",
  },
  checkpoint: {
    summary: "save the processes of a container to a directory, and end them",
    words: [id],
    flags: { ...criuFlags, ...dumpFlags },
  },
  completion: {
    summary: "print the completion script for a shell",
    words: [{ name: "shell", help: "bash, zsh or fish", choices: shells }],
    flags: {},
    face: "coffer",
  },
  create: {
    summary: "create a container, whose program waits for start",
    words: [newId],
    flags: { ...bundleFlags, ...newFlags, ...initFlags, ...outputFlags },
  },
  delete: {
    summary: "remove a stopped container",
    words: [id],
    flags: { force: boolean("kill the container first; a missing container is not an error", "f"), ...regexFlag },
  },
  diff: {
    summary: "tell what a sandbox has changed of its tree, in an overlay that is kept",
    words: [{ name: "name", help: "the name of the overlay" }],
    flags: { json },
    examples: ["diff NAME", "diff --json NAME"],
    face: "coffer",
  },
  doctor: {
    summary: "report what this host and this caller support",
    words: [],
    flags: { json },
    face: "coffer",
  },
  events: {
    summary: "print resource usage and out-of-memory events as JSON lines",
    words: [id],
    flags: {
      stats: boolean("print the resource usage once and exit"),
      interval: { ...text("time between two lines", "DURATION"), fallback: "5s" },
    },
  },
  exec: {
    summary: "run another process in a container",
    words: [id],
    rest: { name: "COMMAND [ARGS...]" },
    flags: execFlags,
    runs: true,
  },
  explain: {
    summary: "tell in words what a bundle, a stored plan or a sandbox does",
    words: [
      {
        name: "bundle",
        help: "directory of a bundle; by default the current directory",
        optional: true,
        completes: "directories",
      },
    ],
    flags: { ...newFlags, plan: text("explain a stored plan; no config is read", "FILE"), ...questionFlags, json },
    examples: ["explain BUNDLE", "explain --field /mounts/3 BUNDLE", "explain sandbox --rw -- npm test"],
    face: "coffer",
  },
  features: { summary: "print the supported features as JSON", words: [], flags: {} },
  init: {
    summary: "write a file of settings for the sandboxes of a project",
    words: [],
    flags: {
      from: text("make it of the settings of another sandbox", "FILE"),
      as: { ...text("whose settings FILE has; by default its fields tell", "TOOL"), choices: foreignTools },
    },
    examples: ["init", "init --from ~/.srt-settings.json", "init --from .claude/settings.json"],
    face: "coffer",
  },
  kill: {
    summary: "send a signal to the first process of a container",
    words: [id, { name: "signal", help: "name or number; by default TERM", optional: true, completes: "signals" }],
    flags: { all: boolean("signal every process of the container", "a"), ...regexFlag },
  },
  list: {
    summary: "list the containers of a state directory",
    words: [],
    flags: { format, quiet: boolean("print only the ids", "q") },
  },
  logs: {
    summary: "print what a container has written, whose output is kept",
    words: [id],
    flags: {
      follow: boolean("go on until the container has ended", "f"),
      tail: { kind: "number", help: "print the last lines of what is there alone", value: "N" },
      timestamps: boolean("put the time before each line (RFC 3339)", "t"),
    },
    examples: ["logs NAME", "logs --follow --tail 20 NAME", "logs --timestamps NAME"],
    face: "coffer",
  },
  overlay: {
    summary: "list or remove the overlays that sandboxes have kept",
    words: [
      { name: "action", help: "list or delete", choices: ["list", "delete"] },
      { name: "name", help: "with delete: which overlay", optional: true },
    ],
    flags: {
      json: boolean("with list: print JSON"),
      force: boolean("with delete: also what the tree had before, and only an undo could bring back"),
    },
    examples: ["overlay list", "overlay delete NAME"],
    face: "coffer",
  },
  pause: { summary: "suspend every process of a container", words: [id], flags: {} },
  plan: {
    summary: "print, store, verify or compare plans",
    words: [
      { name: "bundle", help: "directory of a bundle, or a stored plan", optional: true, completes: "files" },
      { name: "other", help: "with --diff: second bundle or stored plan", optional: true, completes: "files" },
    ],
    flags: {
      json: boolean("print the plan as JSON"),
      raw: { ...text("store the plan in this file", "FILE"), excludes: ["json"] },
      verify: { ...text("verify a stored plan", "FILE"), excludes: ["json", "raw"] },
      diff: { ...boolean("compare two bundles or stored plans"), excludes: ["json", "raw", "verify"] },
      facts: { ...boolean("print what a plan depends on of this host"), excludes: ["json", "raw", "verify", "diff"] },
    },
    examples: ["plan BUNDLE", "plan BUNDLE --raw FILE", "plan --verify FILE", "plan --diff A B"],
    face: "coffer",
  },
  ps: {
    summary: "list the processes of a container",
    words: [id],
    rest: { name: "PS OPTIONS..." },
    flags: { format },
  },
  restore: {
    summary: "create a container from a bundle and a checkpoint",
    words: [newId],
    flags: { ...bundleFlags, ...criuFlags, ...stayFlags, ...restoreFlags },
    runs: true,
  },
  resume: { summary: "resume the processes of a paused container", words: [id], flags: {} },
  run: {
    summary: "create a container and run its program",
    words: [{ ...newId, optional: true }],
    flags: {
      ...bundleFlags,
      ...newFlags,
      ...initFlags,
      ...stayFlags,
      ...outputFlags,
      plan: { ...text("launch a stored plan; no config is read", "FILE"), face: "coffer" },
      input: { ...texts("input of the stored plan", "NAME=PATH|fd:N"), face: "coffer" },
      trace,
    },
    runs: true,
  },
  sandbox: {
    summary: "run a command of this host in a container made from this host",
    words: [],
    rest: { name: "COMMAND [ARGS...]", required: true, isHostCommand: true },
    flags: inSandbox,
    examples: ["sandbox --rw -- npm test", "plan sandbox --rw -- npm test"],
    runs: true,
    face: "coffer",
  },
  shell: {
    summary: "open the caller's shell in a sandbox",
    words: [],
    rest: { name: "ARGS..." },
    flags: inSandbox,
    examples: ["shell --rw", "shell --profile node -- -c 'npm ci && npm test'"],
    runs: true,
    face: "coffer",
  },
  spec: { summary: "write a default config.json", words: [], flags: specFlags },
  start: { summary: "start the program of a created container", words: [id], flags: {} },
  state: { summary: "print the state of a container as JSON", words: [id], flags: {} },
  undo: {
    summary: "undo the last apply of an overlay",
    words: [{ name: "name", help: "the name of the overlay" }],
    flags: { json },
    face: "coffer",
  },
  update: { summary: "change the limits of a container", words: [id], flags: updateFlags },
  wasm: {
    summary: "run a WebAssembly module in a container that has nothing but the module",
    words: [{ name: "module", help: "a module; or inspect, compile or cache", completes: "files" }],
    rest: { name: "ARGS..." },
    flags: {
      ...policyFlag,
      ...wasmFlags,
      trace,
      show: { ...text("show the plan or an audit, and run nothing", "WHAT"), choices: ["plan", "audit"] },
      json: boolean("with inspect, cache list and --show: print JSON"),
      "fail-on": failOn,
      idle: boolean("with compile: do nothing if another one is idle, and with the lowest priority"),
      size: text("with cache prune: bytes that may stay, such as 512m; 0 removes everything", "SIZE"),
    },
    examples: [
      "wasm app.wasm -- hello",
      "wasm --dir .:/work:ro app.wasm",
      "wasm --json inspect app.wasm",
      "wasm --init compile app.wasm",
      "wasm cache list",
    ],
    runs: true,
    face: "coffer",
  },
  why: {
    summary: "tell whether a sandbox may read, write or connect, and what allows it",
    words: [{ name: "target", help: "a path, or HOST[:PORT]", completes: "files" }],
    flags: {
      op: { ...text("what the sandbox does with the target", "OP"), choices: ["read", "write", "connect"] },
      json,
      rw: boolean("as in sandbox"),
      ...sandboxFlags,
    },
    examples: ["why ~/.cache/pip --op write", "why example.org:443 --profile node"],
    face: "coffer",
  },
} as const satisfies Readonly<Record<string, Verb>>;

/** The name of a verb. */
export type VerbName = keyof typeof verbTable;

const isName = (word: string): word is VerbName => Object.hasOwn(verbTable, word);

const isOf = (verb: Verb, face: FaceName): boolean => verb.face === undefined || verb.face === face;

/** The verbs that a front has. */
export function verbsOf(face: FaceName): readonly VerbName[] {
  return Object.keys(verbTable)
    .filter(isName)
    .filter((name) => isOf(verbOf(name), face));
}

/** The description of a verb. */
export function verbOf(name: VerbName): Verb {
  return verbTable[name];
}

/** The verb of that name, if a front has it. */
export function findVerb(word: string | undefined, face: FaceName): VerbName | undefined {
  return word !== undefined && isName(word) && isOf(verbOf(word), face) ? word : undefined;
}

/** How a verb is called. */
export function usageOf(name: VerbName, face: FaceName): string {
  const { words, rest, flags } = verbOf(name);
  const shown = Object.values(flags).some(({ hidden, face: only }) => !hidden && (only ?? face) === face);
  const parts = words.map((word) => (word.optional ? `[${word.name.toUpperCase()}]` : word.name.toUpperCase()));
  const tail =
    rest === undefined
      ? []
      : rest.required
        ? ["--", rest.name]
        : [words.length === 0 ? `[-- ${rest.name}]` : `[${rest.name}]`];
  return [name, ...(shown ? ["[FLAGS]"] : []), ...parts, ...tail].join(" ");
}
