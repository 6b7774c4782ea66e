// What git itself says of its settings: of the system, of the caller, of a repository, and of files that these include. Git reads
// settings then, and runs nothing: no pager without a terminal, no alias in place of a verb of git's own, no look at the index.
import type { Setting } from "../../../overlay/named/git-words.ts";
import { isInclude, pathsOf, readSettings } from "../../../overlay/named/git-words.ts";
import { joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { Captured, System } from "../../../system/port.ts";
import { elsewhere } from "./effective.ts";

/** Of one call. */
const seconds = "20";
/** Repositories and files. */
const mostAsked = 64;

/** Which files git takes its settings from, and settings of a shell. */
const kept = /^(?:HOME|XDG_CONFIG_HOME|GIT_CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM|PARAMETERS|COUNT|KEY_\d+|VALUE_\d+))$/;

/** Runs git with the caller's settings, and gives what it prints. */
export async function runGit(system: System, words: readonly string[]): Promise<Captured> {
  const env = Object.entries(system.caller.env).flatMap(([name, value]) =>
    kept.test(name) && value !== undefined ? [`${name}=${value}`] : [],
  );
  const git = ["git", "--no-pager", "--no-optional-locks", ...words];
  // What git complains of is no answer.
  return system.capture("sh", ["-c", 'exec env "$@" 2>/dev/null', "sh", ...env, "timeout", seconds, ...git]);
}

/** The status of timeout(1) where the time is over. */
const timedOut = 124;

/** What git says; undefined where it cannot say all. `isStuck`: it waited for something that never comes. */
interface Answer {
  readonly found: readonly Setting[] | undefined;
  readonly isStuck: boolean;
}

async function ask(system: System, words: readonly string[]): Promise<Answer> {
  const { status, output } = await runGit(system, [...words, "--includes", "--null", "--show-origin", "--list"]);
  return { found: status === 0 ? readSettings(output) : undefined, isStuck: status === timedOut };
}

/** What git says of its settings, and whether that is all. */
export interface Asked {
  readonly settings: readonly Setting[];
  /** Git is missing, cannot read some of them, or there are too many. */
  readonly isWhole: boolean;
}

/**
 * The settings that count in repositories, given by their directories: the first counts most. Without any repository git is asked
 * for those of the caller. What is known by then is kept where git fails.
 */
export async function askGit(system: System, repositories: readonly string[]): Promise<Asked> {
  const settings: Setting[] = [];
  const files = [...elsewhere];
  const asked = new Set<string>();
  let isWhole = true;
  let isStuck = false;
  const take = (answer: Answer, dir: string): void => {
    const { found } = answer;
    // A repository can name a pipe as a file of settings: it is waited for once.
    isStuck ||= answer.isStuck;
    if (found === undefined) isWhole = false;
    for (const one of found ?? []) {
      settings.push(one);
      asked.add(one.origin);
      if (isInclude(one)) files.push(...pathsOf(one, { dirs: [dir], home: system.caller.env.HOME }).certain);
    }
  };
  if (repositories.length > mostAsked) isWhole = false;
  const calls = repositories.length === 0 ? [undefined] : repositories.slice(0, mostAsked);
  for (const dir of calls) {
    take(await ask(system, [...(dir === undefined ? [] : ["--git-dir", dir]), "config"]), dir ?? "/");
    if (isStuck) return { settings, isWhole };
  }
  // What is included under a condition may count another time.
  let count = 0;
  for (const file of files) {
    const isFile = optional(() => system.stat(joinPath(file)).kind) === "file";
    if (!isFile || asked.has(`file:${file}`)) continue;
    asked.add(`file:${file}`);
    count += 1;
    if (count > mostAsked) return { settings, isWhole: false };
    take(await ask(system, ["config", "--file", file]), file.slice(0, file.lastIndexOf("/")));
    if (isStuck) break;
  }
  return { settings, isWhole };
}
