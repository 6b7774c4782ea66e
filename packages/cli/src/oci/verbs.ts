// From a verb's command line to what core does. Only here core is loaded.
import type { Runtime } from "@coffer/core";
import { openRuntime, verbs } from "@coffer/core";
import type { Values } from "./flags.ts";
import { UsageError } from "./flags.ts";
import type { Globals } from "./globals.ts";
import type { VerbName } from "./verb-table.ts";

/** What a verb was called with. */
export interface Call {
  readonly runtime: Runtime;
  readonly globals: Globals;
  readonly id: string;
  /** The words after the id. */
  readonly rest: readonly string[];
  readonly values: Values;
}

type Run = (call: Call) => Promise<number>;

function print(text: string): number {
  if (text !== "") process.stdout.write(`${text}\n`);
  return 0;
}

function processOptions({ id, values }: Call) {
  return {
    id,
    consoleSocket: values.text("console-socket"),
    pidFile: values.text("pid-file"),
    preserveFds: values.number("preserve-fds"),
  };
}

function bundleOptions(call: Call) {
  const { globals, values } = call;
  return {
    ...processOptions(call),
    bundle: values.text("bundle") ?? ".",
    noNewKeyring: values.boolean("no-new-keyring"),
    noPivot: values.boolean("no-pivot"),
    noCgroups: globals.noCgroups,
  };
}

async function run(call: Call): Promise<number> {
  const { runtime, values } = call;
  const detach = values.boolean("detach");
  const options = { ...bundleOptions(call), detach, keep: values.boolean("keep"), forwardSignals: true };
  const running = await verbs.run(runtime, options);
  return (await running.wait()).status;
}

async function exec(call: Call): Promise<number> {
  const { runtime, rest, values } = call;
  const running = await verbs.exec(runtime, {
    ...processOptions(call),
    args: rest,
    processFile: values.text("process"),
    cwd: values.text("cwd"),
    env: values.texts("env"),
    terminal: values.boolean("tty"),
    user: values.text("user"),
    additionalGids: values.texts("additional-gids"),
    processLabel: values.text("process-label"),
    apparmor: values.text("apparmor"),
    noNewPrivileges: values.boolean("no-new-privs"),
    capabilities: values.texts("cap"),
    cgroup: values.text("cgroup"),
    ignorePaused: values.boolean("ignore-paused"),
    detach: values.boolean("detach"),
    forwardSignals: true,
  });
  return (await running.wait()).status;
}

async function ps({ runtime, id, rest, values }: Call): Promise<number> {
  const format = values.text("format") ?? "table";
  if (format === "json") return print(JSON.stringify(await verbs.ps(runtime, id)));
  if (format !== "table") throw new UsageError("invalid format option");
  return print(await verbs.printProcesses(runtime, id, rest));
}

async function done(action: Promise<unknown>): Promise<number> {
  await action;
  return 0;
}

async function update({ runtime, id, values }: Call): Promise<number> {
  const flags = Object.fromEntries(values.names().map((name) => [name, values.text(name)]));
  return done(verbs.update(runtime, id, { resources: values.text("resources"), flags }));
}

function events({ runtime, id, values }: Call): Promise<number> {
  const emit = (line: string): number => print(line);
  const interval = values.text("interval") ?? "5s";
  return done(verbs.events(runtime, id, { stats: values.boolean("stats"), interval, emit }));
}

async function list({ runtime, values }: Call): Promise<number> {
  const format = values.text("format") ?? "table";
  if (format !== "table" && format !== "json") throw new UsageError("invalid format option");
  return print(verbs.printList(await verbs.list(runtime), values.boolean("quiet") ? "quiet" : format));
}

async function spec({ runtime, values }: Call): Promise<number> {
  verbs.spec(runtime, { bundle: values.text("bundle") ?? ".", rootless: values.boolean("rootless") });
  return 0;
}

const runs: Readonly<Record<VerbName, Run>> = {
  create: (call) => done(verbs.create(call.runtime, bundleOptions(call))),
  run,
  start: ({ runtime, id }) => done(verbs.start(runtime, id)),
  state: async ({ runtime, id }) => print(verbs.printState(await verbs.state(runtime, id))),
  kill: ({ runtime, id, rest, values }) =>
    done(verbs.kill(runtime, id, { signal: rest[0], all: values.boolean("all") })),
  delete: ({ runtime, id, values }) => done(verbs.remove(runtime, id, { force: values.boolean("force") })),
  exec,
  pause: ({ runtime, id }) => done(verbs.pause(runtime, id)),
  resume: ({ runtime, id }) => done(verbs.resume(runtime, id)),
  ps,
  events,
  update,
  list,
  spec,
  features: async ({ runtime }) => print(verbs.printFeatures(runtime)),
};

/** Runs a verb; gives the exit status. */
export async function runVerb(
  name: VerbName,
  globals: Globals,
  words: readonly string[],
  values: Values,
): Promise<number> {
  const runtime = openRuntime(globals.root === undefined ? {} : { root: globals.root });
  const [id = "", ...rest] = words;
  return runs[name]({ runtime, globals, id, rest, values });
}
