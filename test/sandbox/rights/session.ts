// A session whose rights change, as a process of its own: whoever calls it, with whatever helper. Its word is the options and the
// steps as JSON. It prints a list with what each step has come to.
import { argv } from "node:process";
import type { SessionOptions, Subprocess } from "@coffer/core";
import { CofferError, openRuntime, openSandbox } from "@coffer/core";

/** What is done with a session, one after the other. */
export type Step =
  | { readonly exec: string }
  /** Runs on until the session ends, once it has printed `ready`. */
  | { readonly start: string }
  /** Waits for the end of what was started. */
  | { readonly end: true }
  | { readonly deny: string | readonly string[] }
  | { readonly allow: string | readonly string[] }
  /** Denies again and again, until it is done or that many times. */
  | { readonly press: string; readonly times: number };

/** What the process is asked for. */
export interface Asked {
  readonly root: string;
  readonly options: SessionOptions;
  readonly steps: readonly Step[];
}

const told = (error: unknown): string =>
  CofferError.is(error) ? `${error.code}: ${error.shortMessage}` : `${(error as Error).stack}`;

const done = (change: Promise<void>): Promise<string> => change.then(() => "done", told);

const { root, options, steps }: Asked = JSON.parse(argv[2] ?? "");
const session = await openSandbox({ tools: "none", ...options, runtime: openRuntime({ root }) });
let started: Subprocess | undefined;

async function saw(word: string): Promise<string> {
  for await (const line of started?.lines() ?? []) if (line === word) return line;
  return "ended";
}

async function press(path: string, times: number): Promise<string> {
  for (let left = times; left > 0; left -= 1) if ((await done(session.deny({ write: path }))) === "done") return "done";
  return "never";
}

async function carryOut(step: Step): Promise<string> {
  if ("deny" in step) return done(session.deny({ write: step.deny }));
  if ("allow" in step) return done(session.allow({ write: step.allow }));
  if ("press" in step) return press(step.press, step.times);
  if ("end" in step) return `${(await started)?.stdout}${(await started)?.stderr}`;
  const run = session.exec({ args: ["sh", "-c", "exec" in step ? step.exec : step.start] });
  if ("exec" in step) return run.then(({ stdout, stderr }) => `${stdout}${stderr}`);
  started = run;
  return saw("ready");
}

const results: string[] = [];
try {
  for (const step of steps) results.push(await carryOut(step));
} finally {
  await session.close();
}
console.log(JSON.stringify(results));
