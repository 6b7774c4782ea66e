// Words that stand for names: `*` and `?` within a component of a path, `**` for any number of components.
import { joinPath } from "../../../paths.ts";

/** Whether a word has signs that stand for names. */
export const isGlob = (word: string): boolean => /[*?[\]{}]/.test(word);

/** What a glob is beneath: its components before the first that has a sign. */
export function baseOf(glob: string): string {
  const parts = glob.split("/");
  const first = parts.findIndex(isGlob);
  return joinPath("/", parts.slice(0, first < 0 ? parts.length : first).join("/"));
}

/** What patterns are compared by. */
interface Comparison<Pattern, Item> {
  /** It stands for any number of items. */
  readonly isStar: (pattern: Pattern) => boolean;
  readonly fits: (pattern: Pattern, item: Item) => boolean;
}

/**
 * Whether patterns match all items in their order. Only the last star that was met is ever tried with more items, so that no
 * input takes more steps than there are patterns times items.
 */
function matchAll<Pattern, Item>(
  patterns: readonly Pattern[],
  items: readonly Item[],
  { isStar, fits }: Comparison<Pattern, Item>,
): boolean {
  let at = 0;
  let afterStar: number | undefined;
  let taken = 0;
  for (let next = 0; next < items.length; ) {
    const [pattern, item] = [patterns[at], items[next]];
    if (pattern !== undefined && isStar(pattern)) {
      at += 1;
      afterStar = at;
      taken = next;
    } else if (pattern !== undefined && item !== undefined && fits(pattern, item)) {
      at += 1;
      next += 1;
    } else if (afterStar === undefined) return false;
    else {
      at = afterStar;
      taken += 1;
      next = taken;
    }
  }
  return patterns.slice(at).every(isStar);
}

const letters: Comparison<string, string> = {
  isStar: (pattern) => pattern === "*",
  fits: (pattern, letter) => pattern === "?" || pattern === letter,
};

/** A component of a glob: a name, or signs and letters; `**` is any number of components. */
type Part = string | readonly string[];

const components: Comparison<Part, string> = {
  isStar: (part) => part === "**",
  fits: (part, name) => (typeof part === "string" ? part === name : matchAll(part, [...name], letters)),
};

const toPart = (part: string): Part => (part === "**" || !isGlob(part) ? part : [...part.replaceAll(/\*+/g, "*")]);

const partsOf = (path: string): readonly string[] => path.split("/").filter((part) => part !== "");

/** Tells which absolute paths a glob means. Undefined where it has another sign: one that is taken for a name would hide nothing. */
export function readGlob(glob: string): ((path: string) => boolean) | undefined {
  if (/[[\]{}]/.test(glob)) return undefined;
  const parts = partsOf(glob).map(toPart);
  return (path) => matchAll(parts, partsOf(path), components);
}
