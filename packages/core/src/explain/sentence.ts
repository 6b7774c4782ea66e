// What an explanation is made of: sentences with the op that each is about. Terminal and page print the same.
import type { Place } from "../exposure/find.ts";

/** How much a sentence should worry the reader. */
export type Tone = "good" | "plain" | "odd" | "bad";

/** One sentence about a plan. */
export interface Sentence {
  /** What it is about, such as `uid` or `mount /data`: equal in two explanations that say something of the same thing. */
  readonly key: string;
  /** Without a full stop. Holds text of the plan: escape it before printing. */
  readonly text: string;
  readonly tone: Tone;
  readonly at: Place;
}

/** Sentences on one subject. */
export interface Part {
  readonly title: string;
  readonly sentences: readonly Sentence[];
}

/** Makes a sentence. */
export function say(key: string, text: string, tone: Tone = "plain", at: Place = {}): Sentence {
  return { key, text, tone, at };
}

/** A sentence, if something holds. */
export function sayIf(holds: boolean, key: string, text: string, tone: Tone = "plain", at: Place = {}): Sentence[] {
  return holds ? [say(key, text, tone, at)] : [];
}

const units = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

/** A number of bytes for people, such as `64 MiB`. */
export function sizeText(bytes: bigint): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024n && value % 1024n === 0n && unit < units.length - 1) [value, unit] = [value / 1024n, unit + 1];
  return `${value} ${units[unit]}`;
}

/** The first words of a list, and how many there are besides. */
export function listText(words: readonly string[], most = 6): string {
  const more = words.length > most ? [`${words.length - most} more`] : [];
  return [...words.slice(0, most), ...more].join(", ");
}
