// What settings of git, and variables, name: files that git reads or runs.
import { shellWord } from "@coffer/spec";
import { foldDotDot, joinPath } from "../../paths.ts";
import { isOther, isPlace, ofEnv } from "./variables.ts";
import type { Word } from "./words.ts";
import { ofRunners, wholeOf, wordsOf } from "./words.ts";

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

const ofPath = `${ofEnv}PATH`;

const mostSaid = 128;

/** What names a path, in words. A repository may have anything in its keys. */
export function sayKey(key: string): string {
  const isEnv = key.startsWith(ofEnv);
  const name = isEnv ? key.slice(ofEnv.length) : key;
  const word = shellWord(name.length > mostSaid ? `${name.slice(0, mostSaid)}…` : name);
  return isEnv ? `the ${ofEnv}${word}` : `git's setting ${word}`;
}

/** Who commits, what is called how, and how it looks: nothing there is read as a file, or run. */
const data = [
  /^(?:user|author|committer|branch|color|column|safe|advice|i18n|log|versionsort|extensions)\./,
  /^(?:core\.worktree|remote\..*\.(?:fetch|push|mirror|prune|tagopt)|init\.defaultbranch)$/s,
  /^submodule\..*\.(?:active|branch|fetchrecursesubmodules|ignore|shallow)$/s,
];
const isUrl = /^(?:remote\..*\.(?:url|pushurl)|url\..*\.(?:insteadof|pushinsteadof)|submodule\..*\.url)$/s;

/** What `git lfs install` writes, for all users or one: a program of PATH with its own verbs. */
const lfs = /^git-lfs (?:(?:clean|smudge)(?: --skip)? -- %f|filter-process(?: --skip)?)$/;
export const isLfs = ({ key, value }: Pick<Setting, "key" | "value">): boolean =>
  key.startsWith("filter.") && lfs.test(value);

/** Whether a setting is known to be data. */
export const isData = ({ key, value }: Setting): boolean =>
  data.some((one) => one.test(key)) || (isUrl.test(key) && !value.includes("::")) || isLfs({ key, value });

/** Settings whose value is one path, which may be relative without a slash. */
const onePath =
  /(?:path|file|dir|directory|template|cainfo|capath|sslkey|sslcert|sslcainfo|sslcapath|map|list|signers|hooks)$/;

/** Where relative paths may count from, and what `~` stands for. */
export interface Bases {
  readonly dirs: readonly string[];
  readonly home: string | undefined;
}

function resolve(word: string, { dirs, home }: Bases): readonly string[] {
  // `~me` too: whose that is does not matter where it is nobody's.
  const ofHome = /^~[\w.-]*(?=\/|$)/.exec(word)?.[0];
  if (ofHome !== undefined) return home === undefined ? [] : [foldDotDot(joinPath(home, word.slice(ofHome.length)))];
  // What git or a shell puts in front of a slash is seldom the root: `%(prefix)/`, `$(git rev-parse --show-toplevel)/`.
  const relative = dirs.map((dir) => foldDotDot(joinPath(dir, word)));
  return word.startsWith("/") ? [foldDotDot(joinPath(word)), ...relative] : relative;
}

/** What a key has between its section and its name: an address, a path, a command. */
const middleOf = (key: string): string => key.slice(key.indexOf(".") + 1, Math.max(key.lastIndexOf("."), 0));

/** A beginning of paths. */
export interface Start {
  readonly path: string;
  readonly isOpen: boolean;
}

/** What a setting names, in absolute paths. */
export interface NamedPaths {
  /** Whether something is there or not. */
  readonly certain: readonly string[];
  /** If something is there. */
  readonly likely: readonly string[];
  /** What begins so. */
  readonly starts: readonly Start[];
}

/** The words of a value that may be paths. */
function wordsIn(key: string, value: string): readonly Word[] {
  if (isPlace(key)) return [{ text: value, isOpen: false }];
  const words = wordsOf(value);
  return isOther(key) ? words.filter(({ text }) => text.includes("/")) : words;
}

/** The top of a working tree that a repository says itself: paths count from there. */
export function workTreeOf({ origin, key, value }: Setting): readonly string[] {
  const file = fileOf({ origin, key, value });
  if (key !== "core.worktree" || file === undefined || value === "") return [];
  return [foldDotDot(value.startsWith("/") ? value : joinPath(file.slice(0, file.lastIndexOf("/")), value))];
}

/** Absolute paths that a setting names. */
export function pathsOf(setting: Setting, bases: Bases): NamedPaths {
  const { key, value } = setting;
  const file = fileOf(setting);
  const beside = file === undefined ? bases : { ...bases, dirs: [file.slice(0, file.lastIndexOf("/")) || "/"] };
  if (isInclude(setting)) return { certain: resolve(value, beside), likely: [], starts: [] };
  const isQuiet = isData(setting);
  const middle = key.startsWith(ofEnv) || data.some((one) => one.test(key)) ? "" : middleOf(key);
  const values = [...(isQuiet ? [] : [value]), ...(/[\s/]/.test(middle) ? [middle] : [])];
  const certain = !isQuiet && value !== "" && (key === ofPath || onePath.test(key)) ? resolve(value, bases) : [];
  const words = values.flatMap((one) => wordsIn(key, one)).filter(({ text }) => isPath(text));
  const runners = isOther(key) ? [] : values.flatMap(ofRunners);
  const likely = [...values.flatMap(wholeOf).filter(isPath), ...words.map(({ text }) => text)];
  return {
    certain: [...certain, ...runners.flatMap((name) => resolve(name, bases))],
    likely: likely.flatMap((word) => resolve(word, bases)),
    starts: (key === ofPath ? [] : words).flatMap(({ text, isOpen }) =>
      isOpen && !text.includes("/")
        ? []
        : resolve(text, bases).map((path) => ({ path: `${path}${/[^/]\/$/.test(text) ? "/" : ""}`, isOpen })),
    ),
  };
}

/** Not what is always there, nor what is no name. */
const isPath = (word: string): boolean => !/^[./~]*$/.test(word) && !word.includes("\0") && word.length < 4096;
