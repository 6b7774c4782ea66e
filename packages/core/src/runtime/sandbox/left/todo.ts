// What git goes on with after a stop: the commands of a rebase, and programs that merge. A sandbox may rebase, so nothing of that is
// guarded.
import { quote } from "../../../errors.ts";
import { joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";

const todo = "rebase-merge/git-rebase-todo";
const strategy = "rebase-merge/strategy";
const options = "sequencer/opts";

const fileLimit = 1 << 20;

/** Strategies that are git's own. Another one is a program. */
const own = /^(?:ort|recursive|resolve|octopus|ours|subtree)$/;

/** Files of a repository by which git goes on, with the directories that they are in. */
export const listsOf = (dir: string): readonly string[] =>
  ["rebase-merge", "sequencer", todo, strategy, options].map((name) => joinPath(dir, name));

/** The text of a file; undefined if it does not exist. */
function textOf(system: System, path: string): string | undefined {
  if (optional(() => system.stat(path)) === undefined) return undefined;
  return optional(() => (system.stat(path).kind === "file" ? system.readText(path, fileLimit) : undefined)) ?? "\0";
}

/** Commands of a repository that git runs when it goes on, in words. */
export function goneOnWith(system: System, dir: string): readonly string[] {
  const read = (name: string): string => textOf(system, joinPath(dir, name)) ?? "";
  const list = read(todo);
  const commands = [...list.matchAll(/^[ \t]*(?:exec|x)[ \t]+(.*)$/gm)].map(([, command = ""]) => command.trim());
  const strategies = [
    read(strategy).trim(),
    ...[...read(options).matchAll(/^[ \t]*strategy[ \t]*=[ \t]*(.*)$/gim)].map(([, name = ""]) => name.trim()),
  ].filter((name) => name !== "" && !own.test(name));
  const unread = [todo, strategy, options].filter((name) => read(name).includes("\0"));
  return [
    ...commands.map((command) => `${quote(command)} when a rebase goes on`),
    ...strategies.map((name) => `${quote(`git-merge-${name}`)} when a rebase or a pick goes on`),
    ...unread.map((name) => `${quote(name)}, which cannot be read, when a rebase or a pick goes on`),
  ];
}
