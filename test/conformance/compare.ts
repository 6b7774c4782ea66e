// A bundle under a runtime, what its probe tells, and how that differs from what the peers' probes tell.
import type { ExecutionContext } from "ava";
import { tools } from "../helpers/build.ts";
import type { Bundle } from "../helpers/bundle.ts";
import { makeBundle } from "../helpers/bundle.ts";
import type { Outcome } from "../helpers/command.ts";
import { withoutOwnIds } from "../helpers/config.ts";
import type { FlatFacts } from "../helpers/facts.ts";
import { flatten, parseFacts } from "../helpers/facts.ts";
import type { Patch } from "../helpers/json.ts";
import { cleanUp, nothingLeft, snapshot } from "../helpers/leftovers.ts";
import type { RuntimeName } from "../helpers/peers/runtimes.ts";
import { runBundle, runVerb, verbWords } from "../helpers/peers/runtimes.ts";
import { differences } from "./differences.ts";
import type { Row } from "./rows.ts";

/** The peers. */
export const peerNames = ["runc", "crun"] as const;

/** The differences that were met, by their index. */
export const used = new Set<number>();

/** How a command is run with other standard streams. */
const streams = {
  pipes: 'true | { "$@" 2>&1 && rc=0 || rc=$?; echo $rc >rc; } | cat; exit $(cat rc)',
  files: 'touch in; rc=0; "$@" <>in >>out 2>>err || rc=$?; cat out; cat err >&2; exit $rc',
} as const;

function run(name: RuntimeName, bundle: Bundle, row: Row): Promise<Outcome> {
  const script = (text: string): readonly string[] => ["sh", "-c", `set -e; cd ${bundle.base}; ${text}`, "sh"];
  const terminal = row.terminal === undefined ? [] : [tools(), "pty", row.terminal, "--"];
  const before = row.before ?? ":";
  const mode = row.mode ?? "v2";
  const command = row.streams === undefined ? '"$@"' : streams[row.streams];
  if (row.exec === undefined)
    return runBundle(name, bundle, { mode, prefix: [...script(`${before}; ${command}`), ...terminal] });
  const { path, tag } = bundle;
  const make = verbWords(name, bundle, "run", ["--detach", "--bundle", path, tag]).join(" ");
  const remove = verbWords(name, bundle, "delete", ["--force", tag]).join(" ");
  const whole = `${before}; true | ${make} >>log 2>&1 || { cat log >&2; exit 1; }; rc=0; ( ${command} ) || rc=$?; ${remove}; exit $rc`;
  const flags = row.exec.map((word) => word.replace("$BASE", bundle.base));
  const args = [...flags, tag, "/probe", "facts", ...(row.facts ?? [])];
  return runVerb(name, bundle, "exec", args, { mode, prefix: [...script(whole), ...terminal] });
}

function programOf({ exec, facts }: Row): Patch {
  if (exec !== undefined) return { "/process/args": ["/probe", "sleep", "1000"] };
  return facts === undefined ? {} : { "/process/args": ["/probe", "facts", ...facts] };
}

/** The facts that the probe tells under a runtime, or why it tells none. */
export async function factsOf(t: ExecutionContext, name: RuntimeName, row: Row): Promise<FlatFacts | string> {
  const bundle = makeBundle(t, { ...row.patch, ...programOf(row) });
  const before = snapshot(bundle);
  const outcome = await run(name, bundle, row);
  if (name === "coffer" && row.before === undefined) await nothingLeft(t, bundle, before);
  cleanUp(bundle);
  const { exitCode, stdout, stderr } = outcome;
  if (exitCode !== 0) return `${name}: ${exitCode} ${stderr}${stdout.slice(0, 400)}`;
  try {
    const facts = Object.entries(flatten(parseFacts(stdout), bundle));
    return Object.fromEntries(facts.map(([fact, value]) => [fact, withoutOwnIds(value)]));
  } catch (error) {
    return `${name}: ${String(error)}: ${stdout.slice(-400)}`;
  }
}

function deliberate(fact: string, row: Row): boolean {
  const index = differences.findIndex(
    (d) => d.fact.test(fact) && (d.row === undefined || (row.of ?? [row.title]).some((title) => d.row?.test(title))),
  );
  if (index >= 0) used.add(index);
  return index >= 0;
}

/** The facts of `ours` that no peer has, as lines. */
export function surprises(ours: FlatFacts, peers: readonly FlatFacts[], row: Row): readonly string[] {
  const names = new Set([ours, ...peers].flatMap((facts) => Object.keys(facts)));
  return [...names].sort().flatMap((name) => {
    const theirs = peers.map((facts) => facts[name]);
    if (theirs.includes(ours[name])) return [];
    return deliberate(name, row) ? [] : [`${name}: coffer ${ours[name]}, peers ${theirs.join(" | ")}`];
  });
}
