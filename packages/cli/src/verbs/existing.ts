// The verbs on a container that is there: they read its record, and neither the config's schemas nor the planner of
// containers is loaded for them (test/cli/bundle.test.ts).
import type { Runtime } from "@coffer/core";
import * as verbs from "@coffer/core/verbs";
import { UsageError } from "../parse/flags.ts";
import type { Call } from "./call.ts";
import { done, onRuntime, print } from "./call.ts";

export { logs } from "./logs.ts";

export const start = onRuntime((runtime, { id }) => done(verbs.start(runtime, id)));

export const state = onRuntime(async (runtime, { id }) => print(verbs.printState(await verbs.state(runtime, id))));

function readPattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`--regex: ${JSON.stringify(text)} is not a regular expression`, { cause: error });
  }
}

/** A verb on the container of that id, or with `--regex`, as in crun, on every container whose id matches. */
async function onEach(runtime: Runtime, { id, values }: Call, action: (id: string) => Promise<void>): Promise<number> {
  if (!values.boolean("regex")) return done(action(id));
  const pattern = readPattern(id);
  for (const one of await verbs.list(runtime)) if (pattern.test(one.id)) await action(one.id);
  return 0;
}

export const kill = onRuntime((runtime, call) => {
  const { words, values } = call;
  return onEach(runtime, call, (id) => verbs.kill(runtime, id, { signal: words[0], all: values.boolean("all") }));
});

/** `delete` is a word of the language. */
export const remove = onRuntime((runtime, call) => {
  const force = call.values.boolean("force");
  return onEach(runtime, call, (id) => verbs.remove(runtime, id, { force }));
});

export const pause = onRuntime((runtime, { id }) => done(verbs.pause(runtime, id)));

export const resume = onRuntime((runtime, { id }) => done(verbs.resume(runtime, id)));

export const ps = onRuntime(async (runtime, { id, rest, values }) => {
  if (values.text("format") === "json") return print(JSON.stringify(await verbs.ps(runtime, id)));
  return print(await verbs.printProcesses(runtime, id, rest));
});

export const list = onRuntime(async (runtime, { face, globals, values, warn }) => {
  if (values.boolean("quiet")) return print((await verbs.listNames(runtime)).join("\n"));
  const form = values.text("format") === "json" ? "json" : "table";
  const states = await verbs.list(runtime);
  // An empty table would hide a mistyped --root.
  if (face === "coffer" && form === "table" && globals.root !== undefined && !verbs.hasStateRoot(runtime))
    warn(new Error(`the state directory ${JSON.stringify(runtime.root)} does not exist: nothing was started with it`));
  return print(verbs.printList(states, form));
});

export const events = onRuntime((runtime, { id, values }) => {
  const emit = (line: string): number => print(line);
  const interval = values.text("interval") ?? "5s";
  return done(verbs.events(runtime, id, { stats: values.boolean("stats"), interval, emit }));
});
