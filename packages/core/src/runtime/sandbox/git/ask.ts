// What git itself says of its settings: of the system, of the caller, of a repository, and of files that these include. Git reads
// settings then, and runs nothing: no pager without a terminal, no alias in place of a verb of git's own, no look at the index.
import type { Setting } from "../../../overlay/git-words.ts";
import { isInclude, pathsOf, readSettings } from "../../../overlay/git-words.ts";
import { joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";

/** Of one call. */
const seconds = "20";
/** Repositories and files. */
const mostAsked = 64;

/** Which files git takes its settings from, and settings of a shell. */
const kept = /^(?:HOME|XDG_CONFIG_HOME|GIT_CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM|PARAMETERS|COUNT|KEY_\d+|VALUE_\d+))$/;

/** Where a git that is not the distribution's has the settings of the system. */
const elsewhere = ["/usr/local/etc/gitconfig", "/opt/homebrew/etc/gitconfig"];

async function ask(system: System, words: readonly string[]): Promise<readonly Setting[] | undefined> {
  const env = Object.entries(system.caller.env).flatMap(([name, value]) =>
    kept.test(name) && value !== undefined ? [`${name}=${value}`] : [],
  );
  const git = ["git", "--no-pager", "--no-optional-locks", ...words, "--includes", "--null", "--show-origin", "--list"];
  // What git complains of is none of its settings.
  const script = ["-c", 'exec env "$@" 2>/dev/null', "sh", ...env, "timeout", seconds, ...git];
  const { status, output } = await system.capture("sh", script);
  return status === 0 ? readSettings(output) : undefined;
}

/**
 * The settings that count in repositories, given by their directories or by a file that names one. Undefined where git is
 * missing, or cannot read them.
 */
export async function askGit(system: System, repositories: readonly string[]): Promise<readonly Setting[] | undefined> {
  const found: Setting[] = [];
  const files = [...elsewhere];
  const asked = new Set<string>();
  const take = (settings: readonly Setting[], dir: string): void => {
    for (const one of settings) {
      found.push(one);
      asked.add(one.origin);
      if (isInclude(one)) files.push(...pathsOf(one, { dirs: [dir], home: system.caller.env.HOME }).certain);
    }
  };
  for (const dir of repositories) {
    const settings = asked.size > mostAsked ? undefined : await ask(system, ["--git-dir", dir, "config"]);
    asked.add(dir);
    if (settings === undefined) return undefined;
    take(settings, dir);
  }
  // What is included under a condition may count another time.
  for (const file of files) {
    const isFile = optional(() => system.stat(joinPath(file)).kind) === "file";
    if (!isFile || asked.has(`file:${file}`)) continue;
    asked.add(`file:${file}`);
    const settings = asked.size > 2 * mostAsked ? undefined : await ask(system, ["config", "--file", file]);
    if (settings === undefined) return undefined;
    take(settings, file.slice(0, file.lastIndexOf("/")));
  }
  return found;
}
