// A container of a test, step by step.
import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import type { Bundle, Teardown } from "./bundle.ts";
import { makeBundle } from "./bundle.ts";
import type { Outcome } from "./command.ts";
import type { Patch } from "./json.ts";
import type { Snapshot } from "./leftovers.ts";
import { cleanUp, snapshot } from "./leftovers.ts";
import type { RunOptions } from "./peers/runtimes.ts";
import { coffer } from "./peers/runtimes.ts";

/** A bundle with what is needed to compare at the end. */
export type Box = Bundle & { readonly before: Snapshot };

/** What `state` prints. */
export type State = {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: string;
  readonly pid: number;
  readonly bundle: string;
  readonly annotations?: Readonly<Record<string, string>>;
};

/** Makes a bundle; what the test leaves is ended with it. */
export function makeBox(t: Teardown, patch: Patch = {}): Box {
  const bundle = makeBundle(t, patch);
  t.teardown(() => cleanUp(bundle));
  return { ...bundle, before: snapshot(bundle) };
}

/** Runs a verb on the box's container and asserts that it succeeds. */
export async function ok(
  t: ExecutionContext,
  box: Box,
  verb: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<Outcome> {
  const outcome = await coffer(box, verb, args, options);
  t.is(outcome.exitCode, 0, `${verb} ${args.join(" ")}: ${outcome.stderr}`);
  return outcome;
}

/** The status with which `coffer` ends when a verb fails: that of a verb that runs a program must not look like the program's. */
export function failureOf(verb: string): number {
  return ["exec", "restore", "run", "sandbox", "shell"].includes(verb) ? 125 : 1;
}

/** Runs a verb and asserts that it fails with one line that says so. */
export async function fails(
  t: ExecutionContext,
  box: Box,
  verb: string,
  args: readonly string[],
  error: RegExp,
  exitCode = failureOf(verb),
): Promise<void> {
  const outcome = await coffer(box, verb, args);
  t.is(outcome.exitCode, exitCode, `${verb} ${args.join(" ")}: ${outcome.stderr}`);
  t.regex(outcome.stderr, /^coffer: [^\n]+\n$/);
  t.regex(outcome.stderr, error);
}

/** `create` of the box's container. */
export async function create(t: ExecutionContext, box: Box, ...args: readonly string[]): Promise<void> {
  await ok(t, box, "create", ["--bundle", box.path, ...args, box.tag]);
}

/** Starts the container detached. */
export async function runDetached(t: ExecutionContext, box: Box, ...args: readonly string[]): Promise<void> {
  await ok(t, box, "run", ["--detach", "--bundle", box.path, ...args, box.tag]);
}

/** What `state` says. */
export async function stateOf(t: ExecutionContext, box: Box): Promise<State> {
  return JSON.parse((await ok(t, box, "state", [box.tag])).stdout);
}

/** Waits until the container has ended. */
export async function stopped(t: ExecutionContext, box: Box): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    if ((await stateOf(t, box)).status === "stopped") return;
  }
  t.fail("the container does not end");
}

/** A process's parent; 0 when it has ended. */
export function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
