// What a verb is called with, and how it answers.
import type { Runtime } from "@coffer/core";
import { openRuntime } from "@coffer/core";
import type { Values } from "../parse/flags.ts";
import type { Globals } from "../parse/globals.ts";
import type { FaceName } from "../table/flag.ts";

/** What a verb was called with. */
export interface Call {
  readonly face: FaceName;
  readonly globals: Globals;
  /** The file that says what a plan may do. */
  readonly policy: string | undefined;
  /** The first word: of most verbs a container's id. */
  readonly id: string;
  /** The words after the first. */
  readonly words: readonly string[];
  /** What follows the words: a command, or another program's options. */
  readonly rest: readonly string[];
  readonly values: Values;
  /** Tells what does not end the verb. */
  readonly warn: (warning: Error) => void;
  /** Tells what happens, for `--debug`. */
  readonly debug: (message: string) => void;
}

/** A verb: gives the exit status. */
export type Run = (call: Call) => Promise<number>;

/** What makes a native program of a module is loaded when a bundle has one. */
const adapt: NonNullable<Runtime["adapt"]> = async (runtime, bundle) =>
  (await import("./module-bundle.ts")).adaptBundle(runtime, bundle);

/** A verb on the runtime that the global flags name. */
export function onRuntime(action: (runtime: Runtime, call: Call) => Promise<number>): Run {
  return async (call) => {
    const { root, strict } = call.globals;
    const { warn, debug } = call;
    return action({ ...openRuntime({ ...(root === undefined ? {} : { root }), warn, debug, strict }), adapt }, call);
  };
}

/** Prints a verb's answer. */
export function print(text: string): number {
  if (text !== "") process.stdout.write(`${text}\n`);
  return 0;
}

/** Waits for a verb that answers nothing. */
export async function done(action: Promise<unknown>): Promise<number> {
  await action;
  return 0;
}
