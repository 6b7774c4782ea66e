// Settings of other sandboxes as a profile of ours, and everything that is lost on the way. Pure.
import type { SandboxProfile } from "@coffer/spec";
import { cleanPath, isBeneath } from "../../paths.ts";
import type { Field, FormName, List } from "./forms.ts";
import { forms, tells } from "./forms.ts";
import { readPermission } from "./permissions.ts";

export type { FormName } from "./forms.ts";
export { forms } from "./forms.ts";

/** What is said of one field. */
export interface ForeignNote {
  /** The dotted name of the field. */
  readonly field: string;
  /** What the field, or a word of it, is about. */
  readonly word?: string;
  readonly message: string;
  /** The field forbids what the profile does not. */
  readonly restricts: boolean;
}

/** A profile made of somebody else's settings. */
export interface Translated {
  readonly profile: SandboxProfile;
  readonly notes: readonly ForeignNote[];
  /** Paths of `read` that are there because nobody may write them. */
  readonly readonly: readonly string[];
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const hasField = (value: unknown, name: string): boolean =>
  name.split(".").reduce<unknown>((at, part) => (isMap(at) ? at[part] : undefined), value) !== undefined;

/** The form that settings have: the first of which a field is there that others have not. */
export function recogniseForm(settings: unknown): FormName | undefined {
  const names = ["claude", "nono", "fence", "srt"] as const;
  return names.find((name) => tells[name].some((field) => hasField(settings, field)));
}

type Lists = Record<List, readonly (string | number)[]>;

/** A path that a field gives or forbids. */
interface Placed {
  readonly field: string;
  readonly word: string;
}

interface Writing {
  /** Paths that stay read-only or hidden, whatever else is given in them. */
  readonly forbidden: (Placed & { readonly list: List })[];
  readonly lists: Lists;
  readonly notes: ForeignNote[];
}

const isPath: Readonly<Record<List, boolean>> = {
  read: true,
  write: true,
  deny: true,
  keepEnv: false,
  allow: false,
  denyHost: false,
  hostPorts: false,
  cache: false,
};

const globs = /[*?[\]{}]/;
/** What every sandbox has of its own. */
const own = /^\/(?:tmp|dev|proc)(?:\/|$)/;

/** A path as ours are written. A message where it cannot be carried over. */
function toPath(list: List, word: string): string | { readonly message: string } {
  const path = word
    .replace(/^\$(?:HOME|\{HOME\})(?=\/|$)/, "~")
    .replace(/^\$(?:WORKDIR|\{WORKDIR\})(?=\/|$)/, ".")
    .replace(/(?<=.)\/+$/, "");
  if (path.startsWith("$")) return { message: "a variable that is not known" };
  const plain = path.replace(/(?<=[^*])\/\*\*$/, "");
  if (list === "deny") return plain;
  if (globs.test(plain)) return { message: "patterns are for deny alone" };
  if (own.test(plain)) return { message: "the sandbox has its own" };
  return plain;
}

function add({ lists }: Writing, list: List, word: string | number): void {
  lists[list] = [...lists[list], word];
}

const asTree = /^\.\/?$/;

function put(
  writing: Writing,
  field: string,
  { to: list, says, forbids }: Extract<Field, { readonly to: List }>,
  word: string | number,
): void {
  const note = (message: string, restricts: boolean) =>
    writing.notes.push({ field, word: `${word}`, message, restricts });
  const path = isPath[list] && typeof word === "string" ? toPath(list, word) : word;
  if (typeof path === "object") {
    note(path.message, forbids === true);
    return;
  }
  if (says !== undefined) note(says, false);
  if (forbids === true) writing.forbidden.push({ field, word: `${path}`, list });
  // The tree that is worked in can be read anyhow. Making it read-only takes a path of it that is written.
  if (list !== "read" || forbids === true || !asTree.test(`${path}`)) add(writing, list, path);
}

function wordsOf(value: unknown): readonly (string | number)[] {
  const all = Array.isArray(value) ? value : [value];
  return all.flatMap((one) => {
    if (typeof one === "string" || typeof one === "number") return [one];
    if (typeof one === "bigint") return [Number(one)];
    // Objects with a path and a condition.
    return isMap(one) && typeof one.path === "string" ? [one.path] : [];
  });
}

function carry(writing: Writing, field: string, rule: Field, value: unknown): void {
  if ("drop" in rule) {
    if (value !== false && value !== null)
      writing.notes.push({ field, message: rule.drop, restricts: rule.restricts ?? false });
  } else if ("tree" in rule) {
    for (const word of wordsOf(value)) if (rule.tree.includes(`${word}`)) add(writing, "write", ".");
  } else if ("to" in rule) for (const word of wordsOf(value)) put(writing, field, rule, word);
  else
    for (const word of wordsOf(value)) {
      const read = readPermission(`${word}`, rule.permissions);
      if ("to" in read)
        put(writing, field, { to: read.to, ...(rule.permissions === "deny" ? { forbids: true } : {}) }, read.word);
      else writing.notes.push({ field, word: `${word}`, ...read });
    }
}

const hasBeneath = (form: Readonly<Record<string, Field>>, at: string): boolean =>
  Object.keys(form).some((name) => name.startsWith(`${at}.`));

function walk(writing: Writing, form: Readonly<Record<string, Field>>, at: string, value: unknown): void {
  // A form can have one row for everything that it does not name.
  const rule = form[at] ?? (at === "" || at.includes(".") || hasBeneath(form, at) ? undefined : form["*"]);
  if (rule !== undefined) carry(writing, at, rule, value);
  else if (isMap(value) && (at === "" || hasBeneath(form, at)))
    for (const [name, one] of Object.entries(value)) walk(writing, form, at === "" ? name : `${at}.${name}`, one);
  else if (at !== "$schema") writing.notes.push({ field: at, message: "is not known", restricts: true });
}

const unique = <T>(words: readonly T[]): T[] => [...new Set(words)];

function toProfile({ lists }: Writing): SandboxProfile {
  const { read, write, deny, keepEnv, allow, denyHost, hostPorts } = lists;
  const texts = (words: readonly (string | number)[]): string[] => unique(words.map((word) => `${word}`));
  const some = <K extends string>(name: K, words: readonly (string | number)[]) =>
    words.length === 0 ? {} : { [name]: texts(words) };
  const network = {
    ...some("allow", allow),
    ...some("deny", denyHost),
    ...(hostPorts.length === 0 ? {} : { hostPorts: unique(hostPorts.map(Number)) }),
  };
  return {
    ...some("read", read),
    ...some("write", write),
    ...some("deny", deny),
    ...some("keepEnv", keepEnv),
    ...(Object.keys(network).length === 0 ? {} : { network }),
  };
}

/** Where relative paths and those of the home directory count from. */
export interface Places {
  readonly dir: string;
  readonly home: string | undefined;
}

const toAbsolute = (word: string, { dir, home = "/" }: Places): string =>
  cleanPath(word.startsWith("/") ? word : /^~(?:\/|$)/.test(word) ? `${home}/${word.slice(1)}` : `${dir}/${word}`);

/** The nearest rule wins in a profile. Where others let what forbids win, nothing is given beneath. */
function applyForbidden({ lists, forbidden, notes }: Writing, places: Places): void {
  const take = (list: "read" | "write", by: List): void => {
    const keeps = (word: string | number): boolean => {
      const path = toAbsolute(`${word}`, places);
      const found = forbidden.find((one) => one.list === by && isBeneath(path, toAbsolute(one.word, places)));
      if (found === undefined || (list === by && found.word === word)) return true;
      const message = `left away: ${found.field} has ${found.word}`;
      notes.push({ field: list, word: `${word}`, message, restricts: false });
      return false;
    };
    lists[list] = lists[list].filter(keeps);
  };
  take("write", "read");
  take("write", "deny");
  take("read", "deny");
}

/** Makes a profile of somebody else's settings. */
export function translate(settings: unknown, name: FormName, places: Places): Translated {
  const lists: Lists = {
    read: [],
    write: [],
    deny: [],
    keepEnv: [],
    allow: [],
    denyHost: [],
    hostPorts: [],
    cache: [],
  };
  const writing: Writing = { lists, notes: [], forbidden: [] };
  walk(writing, forms[name], "", settings);
  applyForbidden(writing, places);
  const readonly = writing.forbidden.filter(({ list }) => list === "read").map(({ word }) => word);
  return { profile: toProfile(writing), notes: writing.notes, readonly };
}
