// Words of settings and variables that may be paths.

/** A word of a value, and whether a pattern or a variable goes on where it ends. */
export interface Word {
  readonly text: string;
  readonly isOpen: boolean;
}

/** A value that is one path with spaces in it. */
export const wholeOf = (value: string): readonly string[] => (/[\s/]/.test(value) ? [value.replace(/^!/, "")] : []);

const separators = /[\s"'`;|&()<>$={},:*?![\]\\#%]+/;

/** What an option has glued to it: `-u./settings`. */
const glued = (word: string): readonly string[] => {
  const rest = /^-[A-Za-z](.+)$/s.exec(word)?.[1];
  return rest === undefined || word.startsWith("--") ? [] : [rest];
};

/** One word of a shell, with its quotes. */
const shellWords = /(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/gs;
const unquoted = (word: string): string =>
  word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/gs, (_, double = "", single = "", escaped = "") =>
    [single, escaped, double.replace(/\\(["\\$`])/g, "$1")].join(""),
  );

/** What begins with a variable, or with what a command prints: most often the top of the working tree. */
const substituted = /^(?:\$\([^)]*\)|\$\{[^}]*\}|\$\w+|%\([^)]*\))(?=\/)/;
const mostNested = 3;

/** Words that a shell takes out of their quotes: only there a path can have blanks. A word may be a script of its own. */
function quotedIn(value: string, depth = 0): readonly Word[] {
  return (value.match(shellWords) ?? []).flatMap((word) => {
    const plain = unquoted(word);
    if (plain === word) return [];
    const behind = plain.slice(plain.indexOf("=") + 1);
    const found = [plain, behind, ...glued(plain)].map((one) => one.replace(/^!/, "").replace(substituted, ""));
    const words = [...new Set(found)].filter((one) => separators.test(one)).map(upToPattern);
    return depth < mostNested ? [...words, ...quotedIn(plain, depth + 1)] : words;
  });
}

function upToPattern(text: string): Word {
  const cut = text.search(/[$*?{[%]/);
  return cut < 0 ? { text, isOpen: false } : { text: text.slice(0, cut), isOpen: true };
}

/** What git replaces in the commands of filters and merge drivers (gitattributes(5)): the letter is no name. */
const placeholder = /%[fOABLPSXY](?!\w)/g;

/** Words that may be paths: what a shell, or a program's own syntax, takes apart. */
export function wordsOf(value: string): readonly Word[] {
  const parts = value
    .replaceAll(placeholder, "%")
    .split(new RegExp(`(${separators.source})`))
    .filter((part) => part !== "");
  const words = parts.flatMap((text, at): readonly Word[] =>
    separators.test(text) ? [] : [{ text, isOpen: /^[$*?{[%]/.test(parts[at + 1] ?? "") }],
  );
  const [first, ...rest] = words;
  if (first === undefined) return [];
  // A name without a slash is looked for in PATH.
  const found = first.text.includes("/") || first.text.startsWith("~") ? [first, ...rest] : rest;
  const split = found.flatMap((word) => {
    const { text, isOpen } = word;
    const cut = text.indexOf("/");
    // A variable may be in front of the path.
    const behind = cut > 0 && value.includes(`$${text.slice(0, cut)}`) ? [text.slice(cut)] : [];
    return [word, ...[...behind, ...glued(text)].map((one) => ({ text: one, isOpen }))];
  });
  return [...split, ...quotedIn(value)];
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
export function ofRunners(value: string): readonly string[] {
  const words = value.split(separators).map((word) => word.slice(word.lastIndexOf("/") + 1));
  return runners.flatMap(([program, names]) => (words.some((word) => program.test(word)) ? names.split(" ") : []));
}
