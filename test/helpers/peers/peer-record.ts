// What the peers have answered, kept in one file for an area of the tests: most runs compare coffer with the record, and
// start no peer. An answer holds for one bundle (its hash) and one version of the peer.
//
// `UPDATE_PEERS=1` asks the peers and writes the record. `UPDATE_PEERS=part` asks for an eighth of the answers, another one
// each day, and writes nothing. CI does so, hence a record that has grown old is noticed there.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { probe } from "../build.ts";
import type { FlatFacts } from "../facts.ts";
import { day } from "../runner/daily.ts";
import type { PeerName } from "./peers.ts";
import { expectedVersions, versionOf } from "./peers.ts";

/** The facts that the probe reported, or the reason why it did not. */
export type Answer = FlatFacts | string;

/** What differs from the answer to the first question: null where there is no such fact. */
type Difference = Readonly<Record<string, string | null>>;

type Entry = { readonly bundle: string } & { readonly [name in PeerName]?: Difference | string };

type Content = {
  /** The name of the program that told the facts: it has the hash of its sources. */
  readonly probe: string;
  readonly versions: Readonly<Record<PeerName, string>>;
  /** The facts of which the entries tell the differences. */
  readonly base: { readonly [name in PeerName]?: FlatFacts };
  readonly entries: Readonly<Record<string, Entry>>;
};

/** A question to the peers: the title of its row, and the hash of what the answer depends on. */
export type Question = { readonly title: string; readonly bundle: string };

/** Asks a peer once. */
type Ask = () => Promise<Answer>;

export interface PeerRecord {
  /** What the record has; undefined if it has nothing for this bundle and the version that is installed. */
  readonly read: (name: PeerName, question: Question) => Promise<Answer | undefined>;
  /** Asks now, up to three times: what most of the answers have in common counts, and what is recorded is one of them. */
  readonly ask: (name: PeerName, question: Question, ask: Ask) => Promise<Answer>;
  /** Writes what was asked. `titles` are those of all rows: the others are removed. */
  readonly write: (titles: readonly string[]) => void;
}

/** Whether the peers are asked, and their answers recorded. */
export const isPeersUpdate = process.env.UPDATE_PEERS === "1";

/** Whether the peers are asked for the answer to a bundle, even if it is recorded. */
export function isAskedNow(bundle: string): boolean {
  const isOfToday = Number.parseInt(bundle.slice(0, 4), 16) % 8 === day % 8;
  return isPeersUpdate || (process.env.UPDATE_PEERS === "part" && isOfToday);
}

/** The hash of what an answer depends on, but for the probe: the config, and what else the question has. */
export function hashOf(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 16);
}

/** The value that most of them have; the first of those that as many have. */
function most<T>(values: readonly T[]): T | undefined {
  const count = (value: T): number => values.filter((one) => one === value).length;
  const highest = Math.max(...values.map(count));
  return values.find((value) => count(value) === highest);
}

const isSame = (a: Answer | undefined, b: Answer): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What most of the answers have in common, fact by fact. */
export function majority(answers: readonly Answer[]): Answer {
  const facts = answers.filter((answer) => typeof answer !== "string");
  if (facts.length * 2 < answers.length) return answers.find((answer) => typeof answer === "string") ?? "no answer";
  const names = new Set(facts.flatMap((one) => Object.keys(one)));
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const value = most(facts.map((one) => one[name]));
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function differenceOf(answer: Answer, base: FlatFacts): Difference | string {
  if (typeof answer === "string") return answer;
  const names = [...new Set([...Object.keys(base), ...Object.keys(answer)])].sort();
  return Object.fromEntries(
    names.filter((name) => answer[name] !== base[name]).map((name) => [name, answer[name] ?? null]),
  );
}

function applied(difference: Difference | string, base: FlatFacts): Answer {
  if (typeof difference === "string") return difference;
  const all = { ...base, ...difference };
  return Object.fromEntries(Object.entries(all).filter((fact): fact is [string, string] => fact[1] !== null));
}

/** JSON with a line for each entry, so that rows of two branches meet as lines do. */
function print({ probe: program, versions, base, entries }: Content): string {
  const lines = Object.entries(entries).map(([title, entry]) => `${JSON.stringify(title)}: ${JSON.stringify(entry)}`);
  const facts = Object.entries(base).map(([name, of]) => `${JSON.stringify(name)}: ${JSON.stringify(of)}`);
  const head = `"probe": ${JSON.stringify(program)},\n"versions": ${JSON.stringify(versions)},\n"base": {\n${facts.join(",\n")}\n}`;
  return `{\n${head},\n"entries": {\n${lines.join(",\n")}\n}\n}\n`;
}

/** Opens the record of an area. The file need not exist. */
export function openPeerRecord(file: string): PeerRecord {
  const current = basename(probe());
  const empty: Content = { probe: current, versions: expectedVersions, base: {}, entries: {} };
  const found: Content = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : empty;
  const old = found.probe === current ? found : empty;
  const asked = new Map<string, Map<PeerName, Answer>>();
  const bundles = new Map<string, string>();

  const read = async (name: PeerName, { title, bundle }: Question): Promise<Answer | undefined> => {
    const entry = old.entries[title];
    const told = entry?.[name];
    const base = old.base[name];
    if (told === undefined || entry?.bundle !== bundle || base === undefined) return undefined;
    // A machine without the peer has no other version of it.
    const version = (await versionOf(name)) ?? old.versions[name];
    return version === old.versions[name] ? applied(told, base) : undefined;
  };

  const ask = async (name: PeerName, question: Question, once: Ask): Promise<Answer> => {
    const recorded = await read(name, question);
    const last = recorded === undefined ? [] : [recorded];
    const answers = [await once()];
    if (last.length === 0 || !isSame(answers[0], last[0] ?? "")) answers.push(await once());
    if (answers.length > 1 && !isSame(answers[0], answers[1] ?? "")) answers.push(await once());
    // Of two that are as frequent the first counts: what this machine says, and not what another has said.
    answers.push(...last);
    const answer = majority(answers);
    bundles.set(question.title, question.bundle);
    asked.set(question.title, (asked.get(question.title) ?? new Map<PeerName, Answer>()).set(name, answer));
    return answer;
  };

  const write = (titles: readonly string[]): void => {
    const first = asked.get(titles[0] ?? "");
    const base = Object.fromEntries(
      (["runc", "crun"] as const).flatMap((name) => {
        const known = old.base[name] ?? first?.get(name);
        return known === undefined || typeof known === "string" ? [] : [[name, known]];
      }),
    );
    const entries = titles.toSorted().flatMap((title): readonly [string, Entry][] => {
      const bundle = bundles.get(title);
      const kept = old.entries[title];
      if (bundle === undefined) return kept === undefined ? [] : [[title, kept]];
      const answers = [...(asked.get(title) ?? [])].sort();
      const told = answers.map(([name, answer]) => [name, differenceOf(answer, base[name] ?? {})]);
      return [[title, { bundle, ...Object.fromEntries(told) }]];
    });
    writeFileSync(
      file,
      print({ probe: current, versions: expectedVersions, base, entries: Object.fromEntries(entries) }),
    );
  };

  return { read, ask, write };
}
