// What a sandbox has left in the trees that it could write, and programs of the host act upon without being asked to run the project.
import { quote } from "../../../errors.ts";
import { isBeneath, joinPath } from "../../../paths.ts";
import type { System } from "../../../system/port.ts";
import type { SandboxView } from "../files.ts";
import { madeSince } from "../guards.ts";
import type { Before } from "./before.ts";
import { halvesOf, sayHalf } from "./halves.ts";
import type { Candidate } from "./judge.ts";
import { judgeRepository } from "./judge.ts";
import { submodulesOf } from "./links.ts";
import { searchAgain } from "./search.ts";

/** Something that a sandbox has left, and programs of the host act upon. */
export interface Left {
  readonly path: string;
  /** What is run, or who acts, in words. */
  readonly why: readonly string[];
  /** Of a repository: git enters it by itself, from the repository around it. */
  readonly isEntered: boolean;
}

/** What is left, submodules that are added by half, and directories of which not all was looked at. */
export interface Found {
  readonly left: readonly Left[];
  readonly halves: readonly string[];
  readonly unsearched: readonly string[];
}

/** So many repositories are judged, and git is asked about so many. */
const mostJudged = 2000;
const mostAsked = 64;

/** Repositories that are new or changed, and run something; with those that git enters from others. */
async function repositoriesLeft(
  system: System,
  before: Before,
  found: readonly Candidate[],
  since: number,
): Promise<Omit<Found, "halves">> {
  const guarded = new Set(before.guarded.map(({ dir }) => dir));
  const entered = new Set<string>();
  const unsearched: string[] = [];
  const queue = new Map(found.map((one) => [one.path, one] as const));
  let asked = 0;
  const enter = async (dir: string, top: string): Promise<void> => {
    const subs = asked < mostAsked ? await submodulesOf(system, dir, top) : { asked: false, paths: [], isWhole: false };
    if (subs.asked) asked += 1;
    if (!subs.isWhole) unsearched.push(top);
    const tops = subs.paths.filter((path) => before.written.some((one) => isBeneath(path, one)));
    const kinds = system.kindsOf(
      tops.map((one) => joinPath(one, ".git")),
      { follow: false },
    );
    for (const [at, sub] of tops.entries()) {
      const path = joinPath(sub, ".git");
      if (kinds[at] === undefined) continue;
      entered.add(path);
      queue.set(path, { path, top: sub });
    }
  };
  for (const { dir, top } of before.guarded) await enter(dir, top);
  const left = new Map<string, readonly string[]>();
  let judged = 0;
  // What is put into the queue meanwhile is looked at as well.
  for (const candidate of queue.values()) {
    if (guarded.has(candidate.path)) continue;
    judged += 1;
    if (judged > mostJudged) {
      unsearched.push(candidate.top);
      break;
    }
    const { dir, runs } = judgeRepository(system, candidate, { guarded, since });
    if (runs.length > 0) left.set(candidate.path, runs);
    else if (dir !== undefined) await enter(dir, candidate.top);
  }
  return { left: [...left].map(([path, why]): Left => ({ path, why, isEntered: entered.has(path) })), unsearched };
}

const ofOthers = ["programs of the host act upon it"];

/** What a sandbox has left that programs of the host act upon. */
export async function findLeft(
  system: System,
  { guards, fenced, before, passed }: SandboxView,
  since: number,
): Promise<Found> {
  const named = madeSince(system, guards.missing, fenced).map(
    (path): Left => ({ path, why: ofOthers, isEntered: false }),
  );
  if (before.written.length === 0) return { left: named, halves: [], unsearched: [] };
  const { candidates, others, unsearched } = searchAgain(system, passed, before.written, since);
  const repositories = await repositoriesLeft(system, before, candidates, since);
  const known = new Set(named.map(({ path }) => path));
  const rest = others
    .filter((path) => !known.has(path))
    .map((path): Left => ({ path, why: ofOthers, isEntered: false }));
  return {
    left: [...named, ...rest, ...repositories.left],
    halves: halvesOf(system, before, since),
    unsearched: [...new Set([...unsearched, ...repositories.unsearched])],
  };
}

const mostWords = 4;

/** What is said of it. */
function sayLeft({ path, why, isEntered }: Left): string {
  if (why === ofOthers) return `the sandbox made ${quote(path)}: ${why.join("")}, so look at it first`;
  const more = why.length > mostWords ? ` and ${why.length - mostWords} more` : "";
  const who = isEntered
    ? "git of the host enters it from the repository around it, and"
    : "git of the host, used in it,";
  const words = `${why.slice(0, mostWords).join(", ")}${more}`;
  return `the sandbox made or changed the repository ${quote(path)}: ${who} runs ${words}; look at it, or delete it, first`;
}

/** So many names get a line. */
const mostTold = 20;

/** What is said of all that was found. */
export function sayAll({ left, halves, unsearched }: Found): readonly string[] {
  const rest = left.length - mostTold;
  return [
    ...left.slice(0, mostTold).map(sayLeft),
    ...(rest > 0 ? [`the sandbox made ${rest} more names that programs of the host act upon`] : []),
    ...halves.slice(0, mostTold).map(sayHalf),
    ...unsearched
      .slice(0, mostTold)
      .map((path) => `${quote(path)} has too much, or cannot be read: look for repositories that the sandbox has made`),
  ];
}
