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
  /^(?:user|author|committer|branch|color|column|safe|advice|i18n|log|versionsort|extensions)\./,
  /^(?:core\.worktree|remote\..*\.(?:fetch|push|mirror|prune|tagopt)|init\.defaultbranch)$/s,
  /^submodule\..*\.(?:active|branch|fetchrecursesubmodules|ignore|shallow)$/s,
];
const isUrl = /^(?:remote\..*\.(?:url|pushurl)|url\..*\.(?:insteadof|pushinsteadof)|submodule\..*\.url)$/s;

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

/** A word of a value, and whether a pattern or a variable goes on where it ends. */
interface Word {
  readonly text: string;
  readonly isOpen: boolean;
}

const separators = /[\s"'`;|&()<>$={},:*?![\]\\#%]+/;

/** What an option has glued to it: `-u./settings`. */
const glued = (word: string): readonly string[] => {
  const rest = /^-[A-Za-z](.+)$/.exec(word)?.[1];
  return rest === undefined || word.startsWith("--") ? [] : [rest];
};

/** Words that may be paths: what a shell, or a program's own syntax, takes apart. */
function wordsOf(value: string): readonly Word[] {
  const parts = value.split(new RegExp(`(${separators.source})`)).filter((part) => part !== "");
  const words = parts.flatMap((text, at): readonly Word[] =>
    separators.test(text) ? [] : [{ text, isOpen: /^[$*?{[%]/.test(parts[at + 1] ?? "") }],
  );
  const [first, ...rest] = words;
  if (first === undefined) return [];
  // A name without a slash is looked for in PATH.
  const found = first.text.includes("/") || first.text.startsWith("~") ? [first, ...rest] : rest;
  return found.flatMap((word) => {
    const { text, isOpen } = word;
    const cut = text.indexOf("/");
    // A variable may be in front of the path.
    const behind = cut > 0 && value.includes(`$${text.slice(0, cut)}`) ? [text.slice(cut)] : [];
    return [word, ...[...behind, ...glued(text)].map((one) => ({ text: one, isOpen }))];
  });
}

/** Programs that run what files of their own name say, or what is installed in a directory of the project. */
const runners: readonly (readonly [program: RegExp, names: string])[] = [
  [/^(?:npx|npm|pnpm|pnpx|yarn|bunx?|lefthook|husky|lint-staged)$/, "package.json node_modules"],
  [
    /^(?:uvx?|poetry|pipenv|hatch|pdm|tox|nox|pre-commit)$/,
    "pyproject.toml tox.ini noxfile.py Pipfile setup.py setup.cfg .venv venv",
  ],
  [/^(?:bundle|bundler|rake|overcommit)$/, "Gemfile Gemfile.lock Rakefile vendor/bundle"],
  [/^(?:make|gmake)$/, "GNUmakefile Makefile makefile"],
  [/^just$/, "justfile Justfile .justfile"],
  [/^task$/, "Taskfile.yml Taskfile.yaml"],
  [/^cargo$/, "Cargo.toml build.rs"],
  [/^composer$/, "composer.json vendor/bin"],
  [/^nix(?:-shell)?$/, "flake.nix flake.lock shell.nix default.nix"],
  [/^deno$/, "deno.json deno.jsonc"],
];

/** Files of runners that a value names. */
function ofRunners(value: string): readonly string[] {
  const words = value.split(separators).map((word) => word.slice(word.lastIndexOf("/") + 1));
  return runners.flatMap(([program, names]) => (words.some((word) => program.test(word)) ? names.split(" ") : []));
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

/** Absolute paths that a setting names. */
export function pathsOf(setting: Setting, bases: Bases): NamedPaths {
  const { key, value } = setting;
  const file = fileOf(setting);
  const beside = file === undefined ? bases : { ...bases, dirs: [file.slice(0, file.lastIndexOf("/")) || "/"] };
  if (isInclude(setting)) return { certain: resolve(value, beside), likely: [], starts: [] };
  const isData = data.some((one) => one.test(key)) || (isUrl.test(key) && !value.includes("::"));
  const middle = key.startsWith(ofEnv) || data.some((one) => one.test(key)) ? "" : middleOf(key);
  const values = [...(isData ? [] : [value]), ...(/[\s/]/.test(middle) ? [middle] : [])];
  const certain = !isData && value !== "" && (key === ofPath || onePath.test(key)) ? resolve(value, bases) : [];
  const words = values.flatMap(wordsOf).filter(({ text }) => isPath(text));
  const likely = [...values.flatMap(wholeOf).filter(isPath), ...words.map(({ text }) => text)];
  return {
    certain: [...certain, ...values.flatMap(ofRunners).flatMap((name) => resolve(name, bases))],
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

/** Entries of PATH that count from the working directory: the empty one is that directory. */
export const relativeOf = ({ PATH: path }: Readonly<Record<string, string | undefined>>): readonly string[] =>
  path === undefined
    ? []
    : path.split(":").flatMap((word) => (word.startsWith("/") ? [] : [foldDotDot(joinPath("/", word)).slice(1)]));
