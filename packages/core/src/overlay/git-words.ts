// What settings of git, and variables, name: files that git reads or runs.
import { foldDotDot, joinPath } from "../paths.ts";

/** A setting: from which file, under which key, which value. */
export interface Setting {
  readonly origin: string;
  readonly key: string;
  readonly value: string;
}

/** What git prints of its settings with `--null --show-origin`. Undefined if that is not whole. */
export function readSettings(text: string): readonly Setting[] | undefined {
  const fields = text.split("\0");
  if (fields.length % 2 !== 1 || fields.at(-1) !== "") return undefined;
  const settings: Setting[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [key = "", ...lines] = (fields[at + 1] ?? "").split("\n");
    settings.push({ origin: fields[at] ?? "", key, value: lines.join("\n") });
  }
  return settings;
}

/** The file that a setting is from. */
export const fileOf = ({ origin }: Setting): string | undefined =>
  origin.startsWith("file:/") ? foldDotDot(joinPath(origin.slice("file:".length))) : undefined;

/** Another file of settings. */
export const isInclude = ({ key }: Setting): boolean => key === "include.path" || /^includeif\..*\.path$/s.test(key);

const ofEnv = "variable ";
const ofPath = `${ofEnv}PATH`;

/** What names a path, in words. */
export const sayKey = (key: string): string => (key.startsWith(ofEnv) ? `the ${key}` : `git's setting ${key}`);

/** Who commits, what is called how, and how it looks: nothing there is read as a file, or run. */
const data = [
  /^(?:user|author|committer|branch|color|column|submodule|safe|advice|i18n|log|versionsort|extensions)\./,
  /^(?:core\.worktree|remote\..*\.(?:fetch|push|mirror|prune|tagopt)|init\.defaultbranch)$/s,
  /^(?:url\..*\.(?:insteadof|pushinsteadof))$/s,
];
const isUrl = /^remote\..*\.(?:url|pushurl)$/s;

/** Settings whose value is one path, which may be relative without a slash. */
const onePath =
  /(?:path|file|dir|directory|template|cainfo|capath|sslkey|sslcert|sslcainfo|sslcapath|map|list|signers|hooks)$/;

/** Where relative paths may count from, and what `~` stands for. */
export interface Bases {
  readonly dirs: readonly string[];
  readonly home: string | undefined;
}

function resolve(word: string, { dirs, home }: Bases): readonly string[] {
  if (word === "~" || word.startsWith("~/"))
    return home === undefined ? [] : [foldDotDot(joinPath(home, word.slice(1)))];
  // What git or a shell puts in front of a slash is seldom the root: `%(prefix)/`, `$(git rev-parse --show-toplevel)/`.
  const relative = dirs.map((dir) => foldDotDot(joinPath(dir, word)));
  return word.startsWith("/") ? [foldDotDot(joinPath(word)), ...relative] : relative;
}

/** A value that is one path with spaces in it. */
const wholeOf = (value: string): readonly string[] => (/[\s/]/.test(value) ? [value.replace(/^!/, "")] : []);

/** Words that may be paths: what a shell, or a program's own syntax, takes apart. */
function wordsOf(value: string): readonly string[] {
  const [first = "", ...rest] = value.split(/[\s"'`;|&()<>$={},:*?![\]\\#]+/).filter((word) => word !== "");
  // A name without a slash is looked for in PATH.
  const words = first.includes("/") || first.startsWith("~") ? [first, ...rest] : rest;
  return words.flatMap((word) => {
    const cut = word.indexOf("/");
    // A variable may be in front of the path.
    return cut > 0 && value.includes(`$${word.slice(0, cut)}`) ? [word, word.slice(cut)] : [word];
  });
}

/** Absolute paths that a setting names. `certain`: whether something is there or not; `likely`: if something is there. */
export function pathsOf(setting: Setting, bases: Bases): Readonly<Record<"certain" | "likely", readonly string[]>> {
  const { key, value } = setting;
  const file = fileOf(setting);
  const beside = file === undefined ? bases : { ...bases, dirs: [file.slice(0, file.lastIndexOf("/")) || "/"] };
  if (isInclude(setting)) return { certain: resolve(value, beside), likely: [] };
  if (data.some((one) => one.test(key)) || (isUrl.test(key) && !value.startsWith("ext::")))
    return { certain: [], likely: [] };
  const certain = value !== "" && (key === ofPath || onePath.test(key)) ? resolve(value, bases) : [];
  return {
    certain,
    likely: [...wholeOf(value), ...wordsOf(value)].filter(isPath).flatMap((word) => resolve(word, bases)),
  };
}

/** Not what is always there, nor what is no name. */
const isPath = (word: string): boolean => !/^[./~]*$/.test(word) && !word.includes("\0") && word.length < 4096;

/** Variables that have programs run something, or that they look for programs in. */
const variables =
  /^(?:GIT_(?!AUTHOR_|COMMITTER_)|PATH$|BASH_ENV$|ENV$|ZDOTDIR$|NODE_OPTIONS$|LD_|PYTHONSTARTUP$|PERL5OPT$|RUBYOPT$|JAVA_TOOL_OPTIONS$|EDITOR$|VISUAL$|PAGER$|SSH_ASKPASS$)/;

/** The variables of a caller as settings: paths in PATH count whether something is there or not. */
export const settingsOfEnv = (env: Readonly<Record<string, string | undefined>>): readonly Setting[] =>
  Object.entries(env).flatMap(([name, value = ""]) => {
    if (!variables.test(name)) return [];
    const values = name === "PATH" ? value.split(":").filter((word) => word.startsWith("/")) : [value];
    return values.map((one) => ({ origin: "", key: `${ofEnv}${name}`, value: one }));
  });
