// How the rounds of a measurement are spread: one row for each command.
import type { Sample } from "../sample.ts";
import { median, quantile } from "../sample.ts";
import { logarithmic, shown } from "./scale.ts";
import { bar, line, picture, text, width } from "./svg.ts";

const [left, right, top, high] = [310, width - 90, 58, 24];

/** Rows of others, and what is done with them, have another colour. */
const kindOf = (name: string): string => (/crun|runc|bubblewrap|gcc|wasmedge|Node/.test(name) ? "peer" : "ours");

/** A picture of samples in microseconds: the middle half as a bar, from 5 % to 95 % as a pale one, the median as a tick. */
export function spread(title: string, samples: readonly Sample[]): string {
  const ends = samples.flatMap(({ values }) => [quantile(values, 0.05), quantile(values, 0.95)]);
  const { at, ticks } = logarithmic(ends, left, right);
  const bottom = top + samples.length * high;
  // Not so many that one is written into the next.
  const labelled = ticks.filter((_tick, index) => ticks.length < 10 || index % 3 === 0);
  const grid = ticks.map((tick) => line(at(tick), top - 6, at(tick), bottom, "grid"));
  const words = labelled.map((tick) => text(at(tick), top - 12, shown(tick), "small middle"));
  const rows = samples.flatMap(({ name, values }, index) => {
    const y = top + index * high;
    const [a, b, c, d] = [0.05, 0.25, 0.75, 0.95].map((share) => at(quantile(values, share)));
    const middle = median(values);
    const kind = kindOf(name);
    return [
      text(left - 12, y + 15, name, "end"),
      bar(a ?? 0, y + 8, (d ?? 0) - (a ?? 0), 8, `${kind} pale`),
      bar(b ?? 0, y + 4, (c ?? 0) - (b ?? 0), 16, kind, `${name}: half of the rounds`),
      line(at(middle), y + 2, at(middle), y + 22, "tick"),
      text(right + 12, y + 15, shown(middle)),
    ];
  });
  const note = "bar: the middle half of the rounds; pale: from 5 % to 95 %; tick and number: the median";
  const parts = [text(12, 24, title, "title"), ...words, ...grid, ...rows, text(12, bottom + 22, note, "small")];
  return picture(`${title}: how the rounds are spread`, bottom + 34, parts);
}
