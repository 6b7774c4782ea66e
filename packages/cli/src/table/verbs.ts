// The one table of verbs. The parser of both fronts, help, the man pages, completion and docs/cli.md are made from it.
import type { FaceName, Flag, Verb } from "./flag.ts";
import {
  boolean,
  bundleFlags,
  criuFlags,
  defaultFlags,
  dumpFlags,
  execFlags,
  format,
  id,
  labelFlags,
  newFlags,
  policyFlag,
  severities,
  specFlags,
  stayFlags,
  text,
  texts,
  updateFlags,
} from "./groups.ts";

const trace: Flag = {
  kind: "optional",
  help: "print the time of every op when it has ended; with =FILE draw a timeline instead",
  value: "FILE",
  face: "coffer",
};

const json = boolean("print it as JSON");
const storedPlan = text("look at a stored plan; no config is read", "FILE");

/** Every verb. */
export const verbTable = {
  audit: {
    summary: "tell what a container could do to the host",
    words: [{ name: "bundle", help: "a bundle's directory; the current one unless given", optional: true }],
    flags: {
      ...policyFlag,
      ...newFlags,
      plan: storedPlan,
      json,
      "fail-on": {
        ...text("the mildest severity that makes the exit status non-zero", "SEVERITY"),
        choices: severities,
        fallback: "low",
      },
    },
    examples: ["audit BUNDLE", "audit --plan FILE", "audit --fail-on high --json BUNDLE"],
    face: "coffer",
  },
  checkpoint: {
    summary: "write the processes of a container to a directory, and end them",
    words: [id],
    flags: { ...criuFlags, ...dumpFlags },
  },
  create: {
    summary: "make a container that waits for start",
    words: [id],
    flags: { ...bundleFlags, ...newFlags },
  },
  delete: {
    summary: "remove what a stopped container holds",
    words: [id],
    flags: { force: boolean("kill it first; a container that does not exist is no error", "f") },
  },
  doctor: {
    summary: "tell what this host and this caller can have",
    words: [],
    flags: { json },
    face: "coffer",
  },
  events: {
    summary: "print what a container uses, and when it is out of memory, as lines of JSON",
    words: [id],
    flags: {
      stats: boolean("print what it uses once"),
      interval: { ...text("time between two lines", "DURATION"), fallback: "5s" },
    },
  },
  exec: {
    summary: "run a further process in a container",
    words: [id],
    rest: { name: "COMMAND [ARGS...]" },
    flags: execFlags,
    runs: true,
  },
  features: { summary: "print what this runtime can do as JSON", words: [], flags: {} },
  kill: {
    summary: "send a signal to a container's first process",
    words: [id, { name: "signal", help: "name or number; TERM unless given", optional: true }],
    flags: { all: boolean("signal every process of the container", "a") },
  },
  list: {
    summary: "list the containers of a state directory",
    words: [],
    flags: { format, quiet: boolean("print the ids only", "q") },
  },
  pause: { summary: "stop every process of a container", words: [id], flags: {} },
  plan: {
    summary: "print, store, check or compare plans",
    words: [
      { name: "bundle", help: "a bundle's directory, or a stored plan", optional: true },
      { name: "other", help: "with --diff, what to compare it with", optional: true },
    ],
    flags: {
      json: boolean("print the plan as JSON"),
      raw: { ...text("write the plan's image", "FILE"), excludes: ["json"] },
      verify: { ...text("check a stored plan", "FILE"), excludes: ["json", "raw"] },
      diff: { ...boolean("compare two bundles or stored plans"), excludes: ["json", "raw", "verify"] },
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
    summary: "make a container of a bundle and a checkpoint",
    words: [id],
    flags: { ...bundleFlags, ...criuFlags, ...stayFlags, ...labelFlags },
    runs: true,
  },
  resume: { summary: "let the processes of a paused container go on", words: [id], flags: {} },
  run: {
    summary: "make a container and run its program",
    words: [{ ...id, optional: true }],
    flags: {
      ...bundleFlags,
      ...newFlags,
      ...stayFlags,
      plan: { ...text("launch a stored plan; no config is read", "FILE"), face: "coffer" },
      input: { ...texts("an input of the stored plan", "NAME=PATH|fd:N"), face: "coffer" },
      trace,
    },
    runs: true,
  },
  sandbox: {
    summary: "run a command of this host in a container made of nothing but this host",
    words: [],
    rest: { name: "COMMAND [ARGS...]", required: true },
    flags: {
      ...policyFlag,
      rw: boolean("let it write the current directory"),
      ...defaultFlags,
      trace: { ...trace, help: "print the largest steps when it has ended; with =FILE draw a timeline instead" },
    },
    runs: true,
    face: "coffer",
  },
  spec: { summary: "write a config.json to start from", words: [], flags: specFlags },
  start: { summary: "run the program of a created container", words: [id], flags: {} },
  state: { summary: "print the state of a container as JSON", words: [id], flags: {} },
  update: { summary: "change the limits of a container", words: [id], flags: updateFlags },
} as const satisfies Readonly<Record<string, Verb>>;

/** The name of a verb. */
export type VerbName = keyof typeof verbTable;

const isName = (word: string): word is VerbName => Object.hasOwn(verbTable, word);

/** The verbs that a front has. */
export function verbsOf(face: FaceName): readonly VerbName[] {
  return Object.keys(verbTable)
    .filter(isName)
    .filter((name) => {
      const verb: Verb = verbTable[name];
      return verb.face === undefined || verb.face === face;
    });
}

/** The description of a verb. */
export function verbOf(name: VerbName): Verb {
  return verbTable[name];
}

/** The verb of that name, if a front has it. */
export function findVerb(word: string | undefined, face: FaceName): VerbName | undefined {
  return verbsOf(face).find((name) => name === word);
}

/** How a verb is called. */
export function usageOf(name: VerbName, face: FaceName): string {
  const { words, rest, flags } = verbOf(name);
  const shown = Object.values(flags).some(({ hidden, face: only }) => !hidden && (only ?? face) === face);
  const parts = words.map((word) => (word.optional ? `[${word.name.toUpperCase()}]` : word.name.toUpperCase()));
  const tail = rest === undefined ? [] : rest.required ? ["--", rest.name] : [`[${rest.name}]`];
  return [name, ...(shown ? ["[FLAGS]"] : []), ...parts, ...tail].join(" ");
}
