// What a call costs while more and more containers are there.
import type { Sample } from "../sample.ts";
import { median } from "../sample.ts";
import { logarithmic, shown } from "./scale.ts";
import { line, path, picture, text, width } from "./svg.ts";

/** A line of the picture: samples in microseconds by the number of containers. */
export interface Series {
  readonly name: string;
  readonly isOurs: boolean;
  readonly points: readonly (readonly [containers: number, sample: Sample])[];
}

const [left, right, top, bottom] = [80, width - 190, 50, 330];

/** Names beside the ends of their lines: one that would be written into another goes down. */
function endings(series: readonly Series[], yOf: (value: number) => number): readonly string[] {
  let last = 0;
  return series
    .map(({ name, points }) => ({ name, y: yOf(median(points.at(-1)?.[1].values ?? [])) }))
    .toSorted((a, b) => a.y - b.y)
    .map(({ name, y }) => {
      last = Math.max(y + 4, last + 16);
      return text(right + 10, last, name);
    });
}

/** A picture of medians over numbers of containers, both with equal ratios. */
export function growth(title: string, series: readonly Series[]): string {
  const counts = [...new Set(series.flatMap(({ points }) => points.map(([count]) => count)))];
  const values = series.flatMap(({ points }) => points.map(([, { values: all }]) => median(all)));
  const x = logarithmic(counts, left, right);
  const y = logarithmic(values, bottom, top);
  const grid = [
    ...y.ticks.flatMap((tick) => [
      line(left, y.at(tick), right, y.at(tick), "grid"),
      text(left - 10, y.at(tick) + 4, shown(tick), "small end"),
    ]),
    ...counts.flatMap((count) => [
      line(x.at(count), top, x.at(count), bottom, "grid"),
      text(x.at(count), bottom + 18, String(count), "small middle"),
    ]),
  ];
  const lines = series.map(({ isOurs, points }) =>
    path(
      points.map(([count, sample]) => [x.at(count), y.at(median(sample.values))] as const),
      `line ${isOurs ? "ours" : "peer"}`,
    ),
  );
  const foot = text((left + right) / 2, bottom + 38, "containers that are there", "small middle");
  const parts = [text(12, 24, title, "title"), ...grid, ...lines, ...endings(series, y.at), foot];
  return picture(`${title}: medians over the number of containers`, bottom + 52, parts);
}
