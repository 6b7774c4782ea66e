// A run under strace: the calls of the helper and of what it makes, up to the container's program.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Bundle } from "../bundle.ts";
import type { Outcome, Running } from "../command.ts";
import type { RunOptions } from "../peers/runtimes.ts";
import { startVerb } from "../peers/runtimes.ts";

/** One call: who made it, its name, and the whole line. */
export type Call = { readonly pid: number; readonly name: string; readonly line: string };

export type Trace = {
  readonly outcome: Outcome;
  /** The paths that the launcher was given as inputs. */
  readonly inputs: readonly string[];
  /** Of the launcher. */
  readonly launcher: readonly Call[];
  /** Of init, from its first instruction until it executes the container's program. */
  readonly init: readonly Call[];
};

function parse(text: string): readonly Call[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()/.exec(line);
    return match === null ? [] : [{ pid: Number(match[1]), name: match[2] ?? match[3] ?? "", line }];
  });
}

/** The calls of a pid from the first line that matches on, and before the first that matches `end` after that. */
function between(calls: readonly Call[], pids: ReadonlySet<number>, begin: RegExp, end: RegExp): readonly Call[] {
  const own = calls.filter((call) => pids.has(call.pid));
  const first = own.findIndex((call) => begin.test(call.line));
  if (first < 0) return [];
  const rest = own.slice(first + 1);
  const last = rest.findIndex((call) => end.test(call.line));
  return last < 0 ? rest : rest.slice(0, last);
}

/** Runs a verb under strace; `meanwhile` is done while it runs. */
export async function traceVerb(
  bundle: Bundle,
  verb: string,
  args: readonly string[],
  options: RunOptions = {},
  meanwhile?: (running: Running) => Promise<void>,
): Promise<Trace> {
  const file = join(bundle.base, "trace");
  const prefix = [...(options.prefix ?? []), "strace", "-f", "-qq", "-s", "256", "-o", file];
  const running = startVerb("coffer", bundle, verb, args, { ...options, prefix });
  await meanwhile?.(running);
  const outcome = await running.done;
  const calls = parse(readFileSync(file, "utf8"));
  const begin = /execve\(.*coffer-helper.*"launch"/;
  const first = calls.find((call) => begin.test(call.line));
  const helper = first?.pid ?? 0;
  const words = first?.line ?? "";
  const isStart = /execveat\(\d+, ""/;
  const inits = new Set(calls.filter((call) => isStart.test(call.line)).map((call) => call.pid));
  inits.delete(helper);
  return {
    outcome,
    inputs: (words.match(/"\w[\w-]*=\/[^"]*"/g) ?? []).map((word) => word.replace(/^"[^=]*=|"$/g, "")),
    launcher: between(calls, new Set([helper]), begin, /^$/),
    init: between(calls, inits, isStart, /execve\("/),
  };
}
