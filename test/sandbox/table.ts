// A table of sandboxes, each of which runs as root and as an ordinary user.
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Outcome, Running } from "../helpers/command.ts";
import { command, start } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser, testUser } from "../helpers/user.ts";

/** Who calls. */
export type Who = "root" | "user";

/** What is seen of a script in a sandbox. */
export interface Row {
  readonly title: string;
  readonly script: string;
  readonly stdout: RegExp;
  readonly stderr?: RegExp;
  readonly exitCode?: number;
  /** Words before the command; `DIR` stands for the working directory, `BESIDE` for one beside it. */
  readonly flags?: readonly string[];
  /** A script that runs on the host first, in the working directory. */
  readonly prepare?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `coffer sandbox` in a directory of the test's own. */
export function sandboxIn(box: Box, who: Who, words: readonly string[], env = {}): Promise<Outcome> {
  const prefix = who === "user" ? asUser : [];
  return command([...prefix, ...cofferArgv(), "sandbox", ...words], { cwd: box.path, env });
}

/** Begins a sandbox there. */
export function startIn(box: Box, who: Who, words: readonly string[], env = {}): Running {
  const prefix = who === "user" ? asUser : [];
  return start([...prefix, ...cofferArgv(), "sandbox", ...words], { cwd: box.path, env, keepStdin: true });
}

/** A directory of its own that belongs to whoever is to call. */
export async function makePlace(t: ExecutionContext, who: Who, prepare = "true") {
  const box = makeBox(t);
  const script = `mkdir -p ../beside; ${prepare}`;
  const words = script.replaceAll("BESIDE", `${box.base}/beside`).replaceAll("DIR", box.path);
  const prepared = await command(["sh", "-ec", words], { cwd: box.path });
  t.is(prepared.exitCode, 0, prepared.stderr);
  const env = who === "user" ? giveToUser(box) : {};
  if (who === "user") await command(["chown", "-R", testUser, `${box.base}/beside`]);
  return { box: { ...box, before: snapshot(box) }, env };
}

async function holds(t: ExecutionContext, who: Who, row: Row): Promise<void> {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, who, row.prepare);
  const put = (text: string): string => text.replaceAll("BESIDE", `${box.base}/beside`).replaceAll("DIR", box.path);
  const words = [...(row.flags ?? []).map(put), "--", "sh", "-c", put(row.script)];
  const asWritten = Object.fromEntries(Object.entries(row.env ?? {}).map(([name, value]) => [name, put(value)]));
  const outcome = await sandboxIn(box, who, words, { ...env, ...asWritten });
  t.regex(outcome.stdout, row.stdout, outcome.stderr);
  t.regex(outcome.stderr, row.stderr ?? /^$/);
  t.is(outcome.exitCode, row.exitCode ?? 0, outcome.stderr);
  await nothingLeft(t, box, box.before);
}

/** Declares the tests of a table. */
export function declare(rows: readonly Row[], callers: readonly Who[] = ["root", "user"]): void {
  for (const row of rows) for (const who of callers) test.serial(`as ${who}: ${row.title}`, (t) => holds(t, who, row));
}
