import type { ExecutionContext } from "ava";
import type { Bundle } from "../helpers/bundle.ts";
import type { Outcome } from "../helpers/command.ts";
import type { Snapshot } from "../helpers/leftovers.ts";
import { cleanUp, nothingLeft } from "../helpers/leftovers.ts";

/** Asserts that a command was refused: its status (125 of `run`), one line in the house form, nothing on stdout, nothing left behind. */
export async function refused(
  t: ExecutionContext,
  bundle: Bundle,
  before: Snapshot,
  outcome: Outcome,
  expected: { readonly error: RegExp; readonly exitCode?: number },
): Promise<void> {
  t.is(outcome.exitCode, expected.exitCode ?? 125, `exit code; ${outcome.stderr}${outcome.stdout.slice(0, 200)}`);
  t.regex(outcome.stderr, /^coffer: [^\n]+\n$/, "one line in the house form");
  t.regex(outcome.stderr, expected.error);
  t.notRegex(outcome.stderr, /internal error/);
  t.is(outcome.stdout, "");
  await nothingLeft(t, bundle, before, "rootfs");
  cleanUp(bundle);
}
