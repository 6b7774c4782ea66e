// The same bundle and the same probe under coffer, runc and crun. A fact of coffer must be that of runc or that of
// crun (they differ among themselves), unless differences.ts says otherwise and why. What runc and crun answer is recorded
// in peers.json: they are asked for a row that is not, and where the record says otherwise than coffer.
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { tools } from "../helpers/build.ts";
import type { Bundle } from "../helpers/bundle.ts";
import { makeBundle } from "../helpers/bundle.ts";
import type { Outcome } from "../helpers/command.ts";
import { baseConfig, withoutOwnIds } from "../helpers/config.ts";
import type { FlatFacts } from "../helpers/facts.ts";
import { flatten, parseFacts } from "../helpers/facts.ts";
import type { Patch } from "../helpers/json.ts";
import { patched, toJson } from "../helpers/json.ts";
import { cleanUp, nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { has, needs } from "../helpers/needs.ts";
import type { Question } from "../helpers/peer-record.ts";
import { hashOf, isAskedNow, isPeersUpdate, openPeerRecord } from "../helpers/peer-record.ts";
import { beside, otherVersions } from "../helpers/peers.ts";
import type { RuntimeName } from "../helpers/runtimes.ts";
import { runBundle, runVerb, verbWords } from "../helpers/runtimes.ts";
import { differences } from "./differences.ts";
import type { Row } from "./rows.ts";
import { rows } from "./rows.ts";

const peerNames = ["runc", "crun"] as const;

const used = new Set<number>();
const record = openPeerRecord(join(import.meta.dirname, "peers.json"));

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

async function factsOf(t: ExecutionContext, name: RuntimeName, row: Row): Promise<FlatFacts | string> {
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

const questionOf = (row: Row): Question => {
  const { title, patch = {}, ...rest } = row;
  return { title, bundle: hashOf(withoutOwnIds(toJson(patched(baseConfig(), patch))), JSON.stringify(rest)) };
};

/** The facts of those peers that ran the bundle; why another did not is in the log. Asked now, or as they are recorded. */
async function factsOfPeers(t: ExecutionContext, row: Row, isAsked: boolean): Promise<readonly FlatFacts[]> {
  const question = questionOf(row);
  const answers = await Promise.all(
    (row.peers ?? peerNames).map(async (name) => {
      const recorded = isAsked ? undefined : await record.read(name, question);
      if (recorded !== undefined || !(await has(name))) return recorded ?? `${name}: not installed, and not recorded`;
      if (!isAsked) t.log(`${name} is not recorded: UPDATE_PEERS=1 npx ava test/conformance`);
      return record.ask(name, question, () => factsOf(t, name, row));
    }),
  );
  return answers.filter((answer) => {
    if (typeof answer === "string") t.log(answer);
    return typeof answer !== "string";
  });
}

function deliberate(fact: string, row: Row): boolean {
  const index = differences.findIndex((d) => d.fact.test(fact) && (d.row?.test(row.title) ?? true));
  if (index >= 0) used.add(index);
  return index >= 0;
}

/** The facts of `ours` that no peer has, as lines. */
function surprises(ours: FlatFacts, peers: readonly FlatFacts[], row: Row): readonly string[] {
  const names = new Set([ours, ...peers].flatMap((facts) => Object.keys(facts)));
  return [...names].sort().flatMap((name) => {
    const theirs = peers.map((facts) => facts[name]);
    if (theirs.includes(ours[name])) return [];
    return deliberate(name, row) ? [] : [`${name}: coffer ${ours[name]}, peers ${theirs.join(" | ")}`];
  });
}

const sameFacts = test.macro({
  exec: async (t, row: Row) => {
    if (!(await needs(t, "root", "userns", ...(isPeersUpdate ? peerNames : [])))) return;
    const first = process.env.COFFER_TEST_PEERS === "1" ? "runc" : "coffer";
    const ours = await factsOf(t, first, row);
    if (typeof ours === "string") return void t.fail(ours);
    const isAsked = isAskedNow(questionOf(row).bundle);
    let peers = await factsOfPeers(t, row, isAsked);
    const other = surprises(ours, peers, row);
    if (!isAsked && (peers.length === 0 || other.length > 0)) {
      for (const line of other) t.log(`recorded otherwise: ${line}`);
      peers = await factsOfPeers(t, row, true);
    }
    await beside(t, peerNames, (tt) => {
      if (peers.length === 0) tt.fail("no peer ran the bundle");
      else tt.deepEqual(surprises(ours, peers, row), []);
    });
  },
  title: (_provided, row: Row) => row.title,
});

/** `npm test` runs one row of six, and `npm run test:all` the others after it (ava.config.js). */
const groups = process.env.COFFER_TESTS?.split(" ") ?? [];
const isSampled = (index: number): boolean => index % 6 === 0;
const isPart = groups.includes("quick") || groups.includes("rest");
const part = rows.filter((_row, index) => !isPart || isSampled(index) === groups.includes("quick"));

for (const row of part) test.serial(sameFacts, row);

test.after("what the peers have answered is recorded", () => {
  if (isPeersUpdate) record.write(rows.map(({ title }) => title));
});

test.after("every deliberate difference was met", async (t) => {
  if (isPart) return t.log("not judged: a part of the rows was run");
  const others = await otherVersions(peerNames);
  if (others.length > 0) return t.log(`not judged: the differences are of other versions than ${others.join(", ")}`);
  const unused = differences.filter((_difference, index) => !used.has(index));
  t.deepEqual(
    unused.map((difference) => difference.reason),
    [],
  );
});
