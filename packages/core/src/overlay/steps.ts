// The steps that apply changes: each exchanges one name of the tree with a slot (helper-c/layers/swap.c).
import type { LayerObject, LayerRecord } from "./records.ts";

/** A step. `out`: what its name has before; `incoming`: what it gets, known once the copy is made. */
export interface Step {
  readonly slot: string;
  readonly path: string;
  readonly out: string;
  readonly incoming: string;
}

/** A copy that a step needs: of what, in place of what, with which group. */
export interface Copy {
  readonly slot: string;
  readonly path: string;
  readonly object: string;
  /** What the tree has in its place: what is new has none. */
  readonly lower: string;
  readonly group: string;
  /** Where a link leads: it is made with the words that were judged. */
  readonly target: string;
}

const none = "-";
/** The caller's own group. */
const ownGroup = "4294967295";
const letters: Readonly<Record<string, string>> = { file: "f", directory: "d", link: "l" };

const toObject = (one: LayerObject | undefined): string =>
  one === undefined
    ? none
    : `${letters[one.kind] ?? "?"} ${one.inode} ${one.size} ${one.modified} ${one.mode} ${one.changed}`;

/** Whether a name had something before its step that is in the slot after the step. */
export const hasCopy = (out: string): boolean => out !== none && !out.startsWith("m ");

const isDirMode = ({ upper, lower }: LayerRecord): boolean =>
  upper?.kind === "directory" && lower?.kind === "directory";

/** What leaves its directory goes before the directory does, and permission bits change at the end. */
export function orderSteps(records: readonly LayerRecord[]): readonly LayerRecord[] {
  const gone = records.filter(({ upper }) => upper === undefined).toReversed();
  const come = records.filter((record) => record.upper !== undefined && !isDirMode(record));
  return [...gone, ...come, ...records.filter(isDirMode).toReversed()];
}

/** The copies and the steps of changes; what comes is filled in by `withCopies`. */
export function planSteps(records: readonly LayerRecord[]): {
  readonly copies: readonly Copy[];
  readonly steps: readonly Step[];
} {
  const ordered = orderSteps(records);
  const steps = ordered.map((record, index): Step => {
    const { path, upper, lower } = record;
    const slot = `${index}`;
    if (!isDirMode(record)) return { slot, path, out: toObject(lower), incoming: none };
    const bits = (one: LayerObject | undefined): string => `m ${lower?.inode ?? 0} ${one?.mode ?? 0} 0 0 0`;
    return { slot, path, out: bits(lower), incoming: bits(upper) };
  });
  const copies = ordered.flatMap((record, index): readonly Copy[] => {
    const { path, upper, lower, target } = record;
    if (upper === undefined || isDirMode(record)) return [];
    return [
      {
        slot: `${index}`,
        path,
        object: toObject(upper),
        lower: toObject(lower),
        group: `${lower?.gid ?? ownGroup}`,
        target,
      },
    ];
  });
  return { copies, steps };
}

/** The copy that could not be made, and the errno: `SLOT ! ERRNO`. */
export function failedCopy(copies: readonly Copy[], said: string): readonly [path: string, errno: number] | undefined {
  const [, slot = "", errno = "0"] = /^(\d+) ! (\d+)$/m.exec(said) ?? [];
  const copy = copies.find((one) => one.slot === slot);
  return copy === undefined ? undefined : [copy.path, Number(errno)];
}

/** Reads what the helper says of copies: `SLOT OBJECT`, a line each. Undefined if one of the copies was not made. */
export function withCopies(steps: readonly Step[], copies: readonly Copy[], said: string): readonly Step[] | undefined {
  const made = new Map(
    [...said.matchAll(/^(\d+) ([fdl](?: \d+){5})$/gm)].map(([, slot = "", object = ""]) => [slot, object]),
  );
  if (!copies.every(({ slot }) => made.has(slot))) return undefined;
  return steps.map((step) => {
    const copy = made.get(step.slot);
    return copy === undefined ? step : { ...step, incoming: withoutTime(copy) };
  });
}

/** To rename something changes the time of its last change. */
const withoutTime = (object: string): string => object.replace(/ \d+$/, " 0");

/** What names of the tree had after their steps: `SLOT 0 OBJECT`, a line each, where that was to be told. */
export function objectsAfter(said: string): ReadonlyMap<string, string> {
  const found = [...said.matchAll(/^(\d+) 0 ([fdl] [\d ]+)$/gm)];
  return new Map(found.map(([, slot = "", object = ""]) => [slot, object]));
}

/** The steps with the last change of what came, where that is known: who has changed something since is found out by it. */
export function withTimes(steps: readonly Step[], after: ReadonlyMap<string, string>): readonly Step[] {
  return steps.map((step) => {
    const object = after.get(step.slot);
    const isSame = object !== undefined && withoutTime(object) === step.incoming;
    return isSame ? { ...step, incoming: object } : step;
  });
}

/** An undo of a journal: its steps, and what names had when their steps were taken back. */
export interface TakenBack {
  readonly steps: readonly Step[];
  readonly back: ReadonlyMap<string, string>;
}

/**
 * The steps with the last change of what came, where later applies were taken back since. To put something back changes that time.
 * Nobody else has touched it if the later apply found it as it was left.
 */
export function withLater(steps: readonly Step[], later: readonly TakenBack[]): readonly Step[] {
  const known = new Map(steps.map((step) => [step.path, step.incoming]));
  const follow = (): boolean => {
    let isNew = false;
    for (const { steps: others, back } of later)
      for (const { slot, path, out } of others) {
        const object = back.get(slot);
        if (object === undefined || known.get(path) !== out || withoutTime(object) !== withoutTime(out)) continue;
        isNew ||= object !== out;
        known.set(path, object);
      }
    return isNew;
  };
  // Applies of several overlays are in no order: each pass finds what follows another.
  for (let pass = 0; pass <= later.length && follow(); pass += 1);
  return steps.map((step) => ({ ...step, incoming: known.get(step.path) ?? step.incoming }));
}

/** The steps that were not taken, as the helper has said it: no line is a step that was never tried. */
export function untaken(steps: readonly Step[], said: string): readonly Step[] {
  const taken = new Set([...said.matchAll(/^(\d+) 0(?: .*)?$/gm)].map(([, slot]) => slot));
  return steps.filter(({ slot }) => !taken.has(slot));
}

/** Lines of the helper that say which steps were taken. */
export const takenLines = (said: string): string => said.match(/^\d+ 0(?: .*)?\n/gm)?.join("") ?? "";

/** Room for what the helper says of steps, which is written later: a disk may be full by then. */
export const roomFor = (steps: readonly Step[]): number =>
  steps.reduce(
    (all, { slot, out, incoming }) => all + slot.length + 32 + Math.max(out.length, incoming.length) + 24,
    0,
  );

const fields = (words: readonly string[]): string => words.map((word) => `${word}\0`).join("");

/** What the helper reads. */
export const copyInput = (copies: readonly Copy[]): string =>
  copies
    .map(({ slot, path, object, lower, group, target }) => fields([slot, path, object, lower, group, target]))
    .join("");
export const swapInput = (steps: readonly Step[]): string =>
  steps.map(({ slot, path, out, incoming }) => fields([slot, path, out, incoming])).join("");

/** The steps that failed, with the errno. */
export function failuresOf(steps: readonly Step[], said: string): readonly (readonly [Step, number])[] {
  const bySlot = new Map(steps.map((step) => [step.slot, step]));
  return said.split("\n").flatMap((line) => {
    const [slot = "", errno = "0"] = line.split(" ");
    const step = bySlot.get(slot);
    return step === undefined || errno === "0" ? [] : [[step, Number(errno)] as const];
  });
}
