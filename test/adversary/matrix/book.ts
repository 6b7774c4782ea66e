// What a scene has seen, cell by cell.
import type { Subject } from "./scenes/stage.ts";
import type { Cell, Said } from "./types.ts";
import type { Verb } from "./verbs.ts";
import { verbNames } from "./verbs.ts";

type Entry = { runs: number; readonly results: Map<string, number>; readonly lost: Set<string> };

export type Book = {
  readonly note: (verb: Verb, said: Said, lost: readonly string[]) => void;
  /** What is left at the end is a fault of `delete`. */
  readonly leave: (left: readonly string[]) => void;
  /** A verb hung: more runs would say the same. */
  readonly isHopeless: () => boolean;
  readonly hasLost: () => boolean;
  readonly cells: () => readonly Cell[];
};

const keyOf = ({ how, text }: Said): string => (how === "refused" ? `refused: ${text}` : how);

export function makeBook({ attacker, rights, as, runtime }: Subject): Book {
  const entries = new Map<Verb, Entry>();
  let hung = 0;
  const entryOf = (verb: Verb): Entry => {
    const entry = entries.get(verb) ?? { runs: 0, results: new Map<string, number>(), lost: new Set<string>() };
    entries.set(verb, entry);
    return entry;
  };
  const note: Book["note"] = (verb, said, lost) => {
    const entry = entryOf(verb);
    entry.runs += 1;
    entry.results.set(keyOf(said), (entry.results.get(keyOf(said)) ?? 0) + 1);
    for (const what of lost) entry.lost.add(what);
    if (said.how === "wrong") entry.lost.add(said.text);
    if (/^not within/.test(said.text)) hung += 1;
  };
  const toCell = (verb: Verb, { runs, results, lost }: Entry): Cell => ({
    attacker: attacker.name,
    rights: rights.name,
    verb,
    as,
    runtime,
    runs,
    held: lost.size === 0,
    results: Object.fromEntries([...results].sort()),
    ...(lost.size === 0 ? {} : { lost: [...lost] }),
  });
  return {
    note,
    leave: (left) => {
      for (const what of left) entryOf("delete").lost.add(what);
    },
    isHopeless: () => hung > 1,
    hasLost: () => [...entries.values()].some(({ lost }) => lost.size > 0),
    cells: () =>
      verbNames.flatMap((verb) => {
        const entry = entries.get(verb);
        return entry === undefined ? [] : [toCell(verb, entry)];
      }),
  };
}
