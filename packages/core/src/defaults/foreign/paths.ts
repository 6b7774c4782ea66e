// What fields about paths give together. A profile's nearest rule wins; in other tools what denies often wins wherever it is. What
// such a tool denies must not be given here, so paths are compared by what they lead to.
import { baseName, foldDotDot, hasDotDot, isBeneath, joinPath, withParents } from "../../paths.ts";
import type { PathList } from "./forms.ts";

/** What is said of one field. */
export interface ForeignNote {
  /** The dotted name of the field. */
  readonly field: string;
  /** What the field, or a word of it, is about. */
  readonly word?: string;
  readonly message: string;
  /** The field forbids what the profile does not. */
  readonly restricts: boolean;
  /** The tool gives more than the profile: the rest cannot be told apart from what the tool denies. */
  readonly narrows?: true;
}

/** Where relative paths and those of the home directory count from. */
export interface Places {
  readonly dir: string;
  readonly home: string | undefined;
  /** What an absolute path leads to. Default: no path has a link. */
  readonly real?: (path: string) => string;
}

/** A path that a field gives or takes. */
export interface Placed {
  readonly list: PathList;
  readonly field: string;
  readonly word: string;
  /** Absolute, without `..`, with links. */
  readonly text: string;
  /** What that leads to. */
  readonly path: string;
  /** Names of links that lead there. */
  readonly names: readonly string[];
  readonly forbids?: true;
  readonly reallows?: true;
  /** No word of a profile says it. */
  readonly isImplied?: true;
  /** Of a pattern: what every match is beneath. */
  readonly base?: string;
  /** Of a pattern: the names that it may match. Never fewer. */
  readonly pattern?: RegExp;
}

const globs = /[*?[\]{}]/;

/** Whether a path stands for many names. */
export const isPattern = (path: string): boolean => globs.test(path);

const signs: Readonly<Record<string, string>> = { "**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]" };

/** Signs that not every tool knows match more than in any of them. */
function toPattern(path: string): RegExp {
  const source = path.replace(/\*\*\/|\*\*|[*?]|\[[^\]/]*\]|\{[^}]*\}|[[\]{}]|[\\^$.|+()]/g, (sign) =>
    /^[[\]{}]/.test(sign) ? ".*" : (signs[sign] ?? `\\${sign}`),
  );
  return new RegExp(`^${source}$`, "s");
}

/** Looks up where a word is. */
export function place(
  said: Pick<Placed, "list" | "field" | "word" | "forbids" | "reallows">,
  { dir, home = "/", real = (path) => path }: Places,
): Placed {
  const isHome = /^~(?:\/|$)/.test(said.word);
  const start = said.word.startsWith("/") || said.word.startsWith("**") ? "" : isHome ? home : dir;
  const text = foldDotDot(joinPath(start, isHome ? said.word.slice(1) : said.word));
  // These tools fold `..` before they look at links. Who looks at links first may come out elsewhere.
  const word = hasDotDot(said.word) ? text : said.word;
  if (!isPattern(word)) {
    const path = foldDotDot(real(text));
    const parent = joinPath(foldDotDot(real(text.slice(0, text.lastIndexOf("/")) || "/")), baseName(text));
    return { ...said, word, text, path, names: [text, parent].filter((name) => name !== path) };
  }
  const end = text.slice(0, text.search(globs)).lastIndexOf("/");
  const base = foldDotDot(real(text.slice(0, end) || "/"));
  const path = joinPath(base, text.slice(end));
  return { ...said, word, text, path, names: [], base, pattern: toPattern(path) };
}

const covers = ({ path, pattern }: Placed, other: string): boolean =>
  pattern === undefined ? isBeneath(other, path) : withParents(other).some((one) => pattern.test(one));

/** What hides a path, if something does that no field gives back. */
function hidden(placed: readonly Placed[], path: string): Placed | undefined {
  const isBack = (deny: Placed): boolean =>
    deny.forbids !== true &&
    placed.some(
      (one) =>
        one.reallows === true &&
        isBeneath(path, one.path) &&
        (deny.base !== undefined || isBeneath(one.path, deny.path)),
    );
  return placed.find((one) => one.list === "deny" && covers(one, path) && !isBack(one));
}

interface Loss {
  readonly by: Placed;
  readonly narrows?: true;
}

/** Why a path cannot be written. */
function unwritable(placed: readonly Placed[], { text, path }: Placed): Loss | undefined {
  for (const by of placed.filter(({ list }) => list === "noWrite")) {
    const overlaps = by.base !== undefined && (isBeneath(path, by.base) || isBeneath(by.base, path));
    // In a directory that can be written, a link can become something else. A link around a path shows the path twice.
    const isByLink =
      by.base === undefined &&
      (by.names.some((name) => isBeneath(name, path)) || (text !== path && isBeneath(by.path, path)));
    if (by.base === undefined && isBeneath(path, by.path)) return { by };
    if (overlaps || isByLink) return { by, narrows: true };
  }
  return undefined;
}

function leave({ list, word }: Placed, { by, narrows }: Loss): ForeignNote {
  const message = `left away: ${by.field} has ${by.word}`;
  return { field: list, word, message, restricts: false, ...(narrows === undefined ? {} : { narrows }) };
}

/** A rule of a profile is about its name alone: the name must be that of what a link leads to. */
const wordOf = ({ word, text, path }: Placed): string => (text === path ? word : path);

const asTree = /^\.\/?$/;

/** A path that nobody may write is read, where something around it would let it be written. */
function keepReadonly(placed: readonly Placed[], kept: readonly Placed[], one: Placed): readonly [string, string][] {
  // A rule for a link is about that name alone: it makes nothing read-only where the link leads.
  const around = kept.filter(
    ({ list, base, names, path }) =>
      base === undefined && isBeneath(one.path, path) && (list !== "read" || names.length === 0),
  );
  const rank = ({ list }: Placed): number => ["deny", "write", "read"].indexOf(list);
  const [nearest] = around.toSorted((a, b) => b.path.length - a.path.length || rank(a) - rank(b));
  if (nearest?.list !== "write") return [];
  const list = hidden(placed, one.path) === undefined ? "read" : "deny";
  return [[list, wordOf(one)]];
}

/** Puts the paths of all fields together, so that nothing is given that a field denies. */
export function settlePaths(placed: readonly Placed[], { dir, real = (path) => path }: Places) {
  const notes: ForeignNote[] = [];
  const isKept = (one: Placed): boolean => {
    if (one.list === "noWrite") return false;
    if (one.list === "deny") return one.isImplied !== true;
    const by = hidden(placed, one.path);
    const loss = by !== undefined ? { by } : one.list === "write" ? unwritable(placed, one) : undefined;
    if (loss !== undefined) notes.push(leave(one, loss));
    return loss === undefined;
  };
  const kept = placed.filter(isKept);
  const plain = placed.filter(({ list, base }) => list === "noWrite" && base === undefined);
  const readonly = plain.flatMap((one) => keepReadonly(placed, kept, one));
  const words = (name: string): string[] => [
    // The tree that is worked in can be read anyhow.
    ...kept.flatMap((one) => {
      if (one.list !== name || (name === "read" && asTree.test(one.word))) return [];
      return [one.list === "deny" ? wordOf(one) : one.word];
    }),
    ...readonly.flatMap(([list, word]) => (list === name ? [word] : [])),
  ];
  const over = hidden(placed, real(dir));
  if (over !== undefined && over.path !== real(dir))
    notes.push({ field: over.field, word: over.word, message: "the working directory can be read", restricts: true });
  for (const { list, field, word, base } of placed)
    if (list === "noWrite" && base !== undefined)
      notes.push({
        field,
        word,
        message: "a pattern: what it may match is not written",
        restricts: false,
        narrows: true,
      });
  return { read: words("read"), write: words("write"), deny: words("deny"), notes };
}
