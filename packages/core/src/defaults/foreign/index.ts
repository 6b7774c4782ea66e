// Settings of other sandboxes as a profile of ours, and everything that is lost on the way. Pure.
import type { SandboxProfile } from "@coffer/spec";
import type { Field, FormName, List, PathList } from "./forms.ts";
import { forms, tells } from "./forms.ts";
import type { ForeignNote, Placed, Places } from "./paths.ts";
import { isPattern, place, settlePaths } from "./paths.ts";
import { readPermission } from "./permissions.ts";

export type { FormName } from "./forms.ts";
export { forms } from "./forms.ts";
export type { ForeignNote, Places } from "./paths.ts";

/** A profile made of somebody else's settings. */
export interface Translated {
  readonly profile: SandboxProfile;
  readonly notes: readonly ForeignNote[];
  /** Paths that nobody may write: those that something around them lets be written are in `read`. */
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

type OtherList = Exclude<List, PathList>;

interface Writing {
  readonly places: Places;
  readonly placed: Placed[];
  readonly lists: Record<OtherList, readonly (string | number)[]>;
  readonly notes: ForeignNote[];
  isBlocked: boolean;
}

const pathLists: ReadonlySet<string> = new Set(["read", "write", "deny", "noWrite"] satisfies PathList[]);
const isPathList = (list: List): list is PathList => pathLists.has(list);

/** What every sandbox has of its own. */
const own = /^\/(?:tmp|dev|proc)(?:\/|$)/;

/** A path as ours are written. A message where it cannot be carried over. */
function toPath(list: PathList, word: string): string | { readonly message: string } {
  const path = word
    .replace(/^\$(?:HOME|\{HOME\})(?=\/|$)/, "~")
    .replace(/^\$(?:WORKDIR|\{WORKDIR\})(?=\/|$)/, ".")
    .replace(/(?<=.)\/+$/, "");
  if (path.startsWith("$")) return { message: "a variable that is not known" };
  const plain = path.replace(/(?<=[^*])\/\*\*$/, "");
  if (list === "deny" || list === "noWrite") return plain;
  if (isPattern(plain)) return { message: "patterns are for deny alone" };
  if (own.test(plain)) return { message: "the sandbox has its own" };
  return plain;
}

type To = Extract<Field, { readonly to: List }>;

function put(writing: Writing, field: string, { to: list, says, ...more }: To, word: string | number): void {
  const { lists, notes, placed, places } = writing;
  if (!isPathList(list)) {
    lists[list] = [...lists[list], word];
    return;
  }
  const path = toPath(list, `${word}`);
  if (typeof path === "object") {
    const restricts = list === "deny" || list === "noWrite";
    notes.push({ field, word: `${word}`, message: path.message, restricts });
    return;
  }
  if (says !== undefined) notes.push({ field, word: `${word}`, message: says, restricts: false });
  placed.push(place({ list, field, word: path, ...more }, places));
}

function hideEverything({ placed, places }: Writing, field: string, more: { readonly forbids?: true } = {}): void {
  placed.push({ ...place({ list: "deny", field, word: "/", ...more }, places), isImplied: true });
}

const isForLinux = (when: unknown): boolean =>
  when === undefined || (Array.isArray(when) ? when.includes("linux") : when === "linux");

function wordsOf(value: unknown): readonly (string | number)[] {
  const all = Array.isArray(value) ? value : [value];
  return all.flatMap((one) => {
    if (typeof one === "string" || typeof one === "number") return [one];
    if (typeof one === "bigint") return [Number(one)];
    // Objects with a path and a condition.
    return isMap(one) && typeof one.path === "string" && isForLinux(one.when) ? [one.path] : [];
  });
}

function carry(writing: Writing, field: string, rule: Field, value: unknown): void {
  if ("drop" in rule) {
    if (value !== false && value !== null)
      writing.notes.push({ field, message: rule.drop, restricts: rule.restricts ?? false });
  } else if ("hides" in rule) {
    if (value === true) hideEverything(writing, field);
  } else if ("blocks" in rule) writing.isBlocked ||= value === true;
  else if ("tree" in rule) {
    for (const word of wordsOf(value)) if (rule.tree.includes(`${word}`)) put(writing, field, { to: "write" }, ".");
  } else if ("to" in rule) for (const word of wordsOf(value)) put(writing, field, rule, word);
  else for (const word of wordsOf(value)) carryPermission(writing, field, rule.permissions, `${word}`);
}

function carryPermission(writing: Writing, field: string, kind: "allow" | "ask" | "deny", text: string): void {
  const forbids = kind === "allow" ? {} : { forbids: true as const };
  const read = readPermission(text, kind);
  if (kind === "ask")
    writing.notes.push({ field, word: text, message: "nobody is asked: it is not given", restricts: false });
  if ("hides" in read) hideEverything(writing, field, forbids);
  else if ("to" in read) for (const word of read.words) put(writing, field, { to: read.to, ...forbids }, word);
  else if (kind !== "ask") writing.notes.push({ field, word: text, ...read });
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

function toProfile(
  { lists, isBlocked }: Writing,
  { read, write, deny }: Readonly<Record<"read" | "write" | "deny", readonly string[]>>,
): SandboxProfile {
  const { keepEnv, denyHost } = lists;
  const [allow, hostPorts] = isBlocked ? [[], []] : [lists.allow, lists.hostPorts];
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

/** Makes a profile of somebody else's settings. */
export function translate(settings: unknown, name: FormName, places: Places): Translated {
  const lists = { keepEnv: [], allow: [], denyHost: [], hostPorts: [] };
  const writing: Writing = { places, placed: [], lists, notes: [], isBlocked: false };
  walk(writing, forms[name], "", settings);
  const paths = settlePaths(writing.placed, places);
  const readonly = writing.placed.filter(({ list, base }) => list === "noWrite" && base === undefined);
  return {
    profile: toProfile(writing, paths),
    notes: [...writing.notes, ...paths.notes],
    readonly: readonly.map(({ word }) => word),
  };
}
