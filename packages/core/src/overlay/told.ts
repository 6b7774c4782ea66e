// What an apply and an undo say.
import { shellWord, stringifyJson } from "@coffer/spec";
import { foldCase } from "./acted-upon.ts";
import type { Judged } from "./judge.ts";

/** What an apply has done. */
interface Done {
  readonly applied: number;
  readonly waiting: readonly Judged[];
  readonly takenBack?: string;
}

/** A path and what is above it, from the top. */
function fromTop(path: string): readonly string[] {
  const found: string[] = [];
  for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) found.push(path.slice(0, at));
  return [...found, path];
}

/** What takes a path with all that waits beside it: its repository, or the first directory above that is held itself. */
function groupOf(path: string, held: ReadonlySet<string>): string {
  const above = fromTop(path);
  return above.find((one) => held.has(one) || foldCase(one.slice(one.lastIndexOf("/") + 1)) === ".git") ?? path;
}

/** What is held, a line for what one word takes; the reason is that of its first change. */
function linesOf(waiting: readonly Judged[], name: string): readonly string[] {
  const held = new Set(waiting.filter((one) => one.held !== undefined).map(({ record }) => record.path));
  const groups = new Map<string, { readonly why: string; count: number }>();
  const refused: string[] = [];
  for (const one of waiting) {
    const { path } = one.record;
    const group = groupOf(path, held);
    const known = groups.get(group);
    if (known !== undefined && (one.held !== undefined || one.isWithHeld === true)) known.count += 1;
    else if (one.refused !== undefined) refused.push(`not applied: ${shellWord(path)}: ${one.refused}`);
    else if (one.held !== undefined) groups.set(group, { why: one.held, count: 1 });
  }
  const lines = [...groups].map(([path, { why, count }]) => {
    const word = shellWord(path.startsWith("-") ? `./${path}` : path);
    const beneath = held.has(path) ? count - 1 : count;
    const more = beneath === 0 ? "" : ` (and ${beneath} ${beneath === 1 ? "change" : "changes"} in it)`;
    return `held: ${shellWord(path)}${more}: ${why}: coffer apply --held ${word} ${name}`;
  });
  return [...lines, ...refused];
}

/** What an apply has done, and what it has not, with the words that would. */
export function printApplied(name: string, done: Done, form: "json" | "text"): string {
  const waiting = done.waiting.map(({ record: { path }, held, refused }) => ({ path, held, refused }));
  if (form === "json") return stringifyJson({ applied: done.applied, waiting, takenBack: done.takenBack });
  const before = done.takenBack === undefined ? [] : [`an ${done.takenBack} that was interrupted is taken back`];
  return [...before, ...linesOf(done.waiting, name), `${done.applied} applied, ${waiting.length} not`].join("\n");
}

/** What an undo has done. */
export function printUndone(
  done: { readonly undone: number; readonly kept: readonly { readonly path: string; readonly copy?: string }[] },
  form: "json" | "text",
): string {
  if (form === "json") return stringifyJson(done);
  const lines = done.kept.map(
    ({ path, copy }) =>
      `not undone: ${shellWord(path)}: it has changed since${copy === undefined ? "" : `; what was there before is ${shellWord(copy)}`}`,
  );
  const again =
    lines.length === 0 ? [] : ["move away what is there, and undo again: what was there before comes back then"];
  return [...lines, ...again, `${done.undone} undone`].join("\n");
}
