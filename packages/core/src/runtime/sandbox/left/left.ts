// What a sandbox has left in the trees that it could write, and programs of the host act upon without being asked to run the project.
import { quote } from "../../../errors.ts";
import { isBeneath, joinPath } from "../../../paths.ts";
import type { System } from "../../../system/port.ts";
import type { SandboxView } from "../files.ts";
import { moduleDirs, worktreeDirs } from "../git/guarded.ts";
import { madeSince } from "../guards.ts";
import type { Before } from "./before.ts";
import { halvesOf } from "./halves.ts";
import type { Candidate } from "./judge.ts";
import { judgeRepository } from "./judge.ts";
import { submodulesOf } from "./links.ts";
import { modulesMade } from "./modules.ts";
import type { Shadow } from "./on-path.ts";
import { shadowsOf } from "./on-path.ts";
import type { KeptNames, Shown } from "./replaced.ts";
import { linkedOf, replacedOf, shownOf } from "./replaced.ts";
import { searchAgain } from "./search.ts";
import { goneOnWith, listsOf } from "./todo.ts";

/** Something that a sandbox has left, and programs of the host act upon. */
export interface Left {
  readonly path: string;
  /** What is run, or who acts, in words. */
  readonly why: readonly string[];
  /** Of a repository: git enters it by itself, from the repository around it. */
  readonly isEntered: boolean;
}

/** When a sandbox began, in milliseconds since 1970, and what was guarded then. */
export interface Since {
  readonly since: number;
  readonly names: KeptNames;
}

/** What is left, what is said of work of git that is done by half, and directories of which not all was looked at. */
export interface Found {
  readonly left: readonly Left[];
  /** Repositories that run commands when the caller goes on with what the sandbox has begun or changed. */
  readonly goneOn: readonly Left[];
  readonly shadows: readonly Shadow[];
  readonly halves: readonly string[];
  readonly unsearched: readonly string[];
  /** Names that were hidden until the host replaced them. */
  readonly shown: readonly Shown[];
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
): Promise<Pick<Found, "left" | "unsearched">> {
  const guarded = new Set(before.guarded.map(({ dir }) => dir));
  const entered = new Set<string>();
  const unsearched: string[] = [];
  const queue = new Map(found.map((one) => [one.path, one] as const));
  let asked = 0;
  const enter = async (dir: string, top: string): Promise<void> => {
    const none = { asked: false, paths: [], isWhole: false };
    const subs = asked < mostAsked ? await submodulesOf(system, dir, top, since) : none;
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
  for (const one of modulesMade(system, before)) queue.set(one.path, one);
  const left = new Map<string, readonly string[]>();
  const seen = new Set<string>();
  let judged = 0;
  // What is put into the queue meanwhile is looked at as well.
  for (const candidate of queue.values()) {
    if (guarded.has(candidate.path) || seen.has(candidate.path)) continue;
    judged += 1;
    if (judged > mostJudged) {
      unsearched.push(candidate.top);
      break;
    }
    const { dir, runs } = judgeRepository(system, candidate, { guarded, since });
    if (dir !== undefined) seen.add(dir);
    if (runs.length > 0) left.set(candidate.path, runs);
    else if (dir !== undefined) await enter(dir, candidate.top);
  }
  return { left: [...left].map(([path, why]): Left => ({ path, why, isEntered: entered.has(path) })), unsearched };
}

/** What repositories that the host has would go on with, and names whose guard has ended. */
function changedSince(
  system: System,
  before: Before,
  { names, since }: Since,
): Readonly<Record<"goneOn" | "replaced", readonly Left[]>> {
  const dirs = before.guarded.flatMap(({ dir }) => [dir, ...moduleDirs(system, dir)]);
  const all = [...new Set(dirs)].flatMap((dir) => [dir, ...worktreeDirs(system, dir)]);
  const goneOn = all.flatMap((path): readonly Left[] => {
    const why = goneOnWith(system, path);
    const isChanged = why.length > 0 && system.changedSince(listsOf(path), since).some(Boolean);
    return isChanged ? [{ path, why, isEntered: false }] : [];
  });
  const linked = linkedOf(system, names, since);
  const replaced = [
    ...linked.map((path): Left => ({ path, why: hasOtherName, isEntered: false })),
    ...replacedOf(system, names, since)
      .filter((path) => !linked.includes(path))
      .map((path): Left => ({ path, why: wasReplaced, isEntered: false })),
  ];
  return { goneOn, replaced };
}

const ofOthers = ["programs of the host act upon it"];
const hasOtherName = ["it has another name, a hard link, by which it could be written"];
const wasReplaced = ["the host changed it while the sandbox ran, which can end its guard"];

/** What a sandbox has left that programs of the host act upon. */
export async function findLeft(
  system: System,
  { guards, fenced, before, passed }: SandboxView,
  began: Since,
): Promise<Found> {
  const named = madeSince(system, guards.missing, fenced).map(
    (path): Left => ({ path, why: ofOthers, isEntered: false }),
  );
  const { since } = began;
  const shown = shownOf(system, began.names);
  if (before.written.length === 0) return { left: named, goneOn: [], shadows: [], halves: [], unsearched: [], shown };
  const { candidates, others, unsearched, dirs } = searchAgain(system, passed, before.written, since);
  const repositories = await repositoriesLeft(system, before, candidates, since);
  const known = new Set(named.map(({ path }) => path));
  const rest = others
    .filter((path) => !known.has(path))
    .map((path): Left => ({ path, why: ofOthers, isEntered: false }));
  const { goneOn, replaced } = changedSince(system, before, began);
  return {
    left: [...named, ...replaced, ...rest, ...repositories.left],
    goneOn,
    shadows: shadowsOf(system, { written: before.written, passed: dirs }, since),
    halves: halvesOf(system, before, since),
    unsearched: [...new Set([...unsearched, ...repositories.unsearched])],
    shown,
  };
}

const mostWords = 4;

function wordsOf(why: Left["why"]): string {
  const more = why.length > mostWords ? ` and ${why.length - mostWords} more` : "";
  return `${why.slice(0, mostWords).join(", ")}${more}`;
}

/** What is said of it. */
function sayLeft({ path, why, isEntered }: Left): string {
  if (why === ofOthers) return `the sandbox made ${quote(path)}: ${why.join("")}, so look at it first`;
  if (why === wasReplaced || why === hasOtherName)
    return `${quote(path)} may be the sandbox's: ${why.join("")}; look at it first`;
  const who = isEntered
    ? "git of the host enters it from the repository around it, and"
    : "git of the host, used in it,";
  return `the sandbox made or changed the repository ${quote(path)}: ${who} runs ${wordsOf(why)}; look at it, or delete it, first`;
}

/** What is said of work in a repository that the host has. */
const sayGoneOn = ({ path, why }: Left): string =>
  `the sandbox left work in the repository ${quote(path)} that git of the host goes on with: git runs ${wordsOf(why)}; look at git rebase --edit-todo, or abort it, first`;

const sayShown = ({ path, isMoved }: Shown): string =>
  isMoved
    ? `${quote(path)} was hidden, and is there no more: the sandbox may have given it another name, which nothing hides`
    : `${quote(path)} was hidden until the host replaced it: from then on the sandbox could read it`;

const sayShadow = ({ path, hides }: Shadow): string =>
  `the sandbox made or changed ${quote(path)}: your shell finds it by PATH before ${quote(hides)}; look at it, or take its directory out of PATH, first`;

/** So many names get a line. */
const mostTold = 20;

/** What is said of all that was found. */
export function sayAll({ left, goneOn, shadows, halves, unsearched, shown }: Found): readonly string[] {
  const rest = left.length - mostTold;
  return [
    ...shown.slice(0, mostTold).map(sayShown),
    ...left.slice(0, mostTold).map(sayLeft),
    ...(rest > 0 ? [`the sandbox made ${rest} more names that programs of the host act upon`] : []),
    ...goneOn.slice(0, mostTold).map(sayGoneOn),
    ...shadows.slice(0, mostTold).map(sayShadow),
    ...halves.slice(0, mostTold),
    ...unsearched
      .slice(0, mostTold)
      .map((path) => `${quote(path)} has too much, or cannot be read: look for repositories that the sandbox has made`),
  ];
}
