import type { SpecIssue } from "../errors.ts";
import type { ExtraRule, RelaxedRule } from "../rules.ts";
import { extraRules } from "../rules.ts";

type Relaxed = { readonly pointer: RegExp; readonly accepts: (value: unknown) => boolean };

// Where a rule of `relaxedRules` lets pass what the official schema refuses.
const relaxed: Readonly<Record<RelaxedRule, Relaxed>> = {
  "file-mode-type-bits": {
    pointer: /^\/linux\/devices\/\d+\/fileMode$/,
    accepts: (value) => typeof value === "number" && value > 0o777 && value <= 0xffffffff,
  },
  "null-is-absent": { pointer: /^\//, accepts: (value) => value === null },
  "empty-is-absent": { pointer: /^\/linux\/rootfsPropagation$/, accepts: (value) => value === "" },
  "pids-without-limit": {
    pointer: /^\/linux\/resources\/pids\/limit$/,
    accepts: (value) => value === undefined,
  },
  "recursive-propagation": {
    pointer: /^\/linux\/rootfsPropagation$/,
    accepts: (value) => ["rprivate", "rshared", "rslave", "runbindable"].some((word) => word === value),
  },
};

function isExtraRule(name: string | undefined): name is ExtraRule {
  return name !== undefined && Object.hasOwn(extraRules, name);
}

function valueAt(value: unknown, pointer: string): unknown {
  let found = value;
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    found = typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined;
  }
  return found;
}

function covers(refused: string, pointer: string): boolean {
  return refused === pointer || pointer.startsWith(`${refused}/`);
}

/** What one document showed: the named differences it used, and what no name explains. */
export type Comparison = { readonly used: readonly string[]; readonly unexplained: readonly string[] };

function compareOurs(issue: SpecIssue, official: readonly string[]): Comparison {
  if (official.includes(issue.pointer)) return { used: [], unexplained: [] };
  if (isExtraRule(issue.rule)) return { used: [issue.rule], unexplained: [] };
  return { used: [], unexplained: [`only ours: ${issue.pointer}: ${issue.message}`] };
}

function compareOfficial(pointer: string, value: unknown, ours: readonly SpecIssue[]): Comparison {
  if (ours.some((issue) => covers(issue.pointer, pointer))) return { used: [], unexplained: [] };
  const at = valueAt(value, pointer);
  const used = Object.entries(relaxed).filter(([, rule]) => rule.pointer.test(pointer) && rule.accepts(at));
  if (used.length > 0) return { used: used.map(([name]) => name), unexplained: [] };
  return { used: [], unexplained: [`only official: ${pointer}: ${JSON.stringify(at)}`] };
}

/** Compares, place by place, what we refuse in a document with what the official schema refuses in it. */
export function compareRefusals(value: unknown, ours: readonly SpecIssue[], official: readonly string[]): Comparison {
  const all = [
    ...ours.map((issue) => compareOurs(issue, official)),
    ...official.map((pointer) => compareOfficial(pointer, value, ours)),
  ];
  return { used: all.flatMap((one) => one.used), unexplained: all.flatMap((one) => one.unexplained) };
}
