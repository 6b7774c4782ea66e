// Samples and what is said of them.

/** One measured thing: a name and its samples. */
export type Sample = { readonly name: string; readonly values: readonly number[] };

/** A bound from the project's aims: the value must be at most that. */
export type Bound = { readonly what: string; readonly value: number; readonly limit: number; readonly unit: string };

/** What a question gives: a table and its bounds. */
export type Answer = {
  readonly title: string;
  readonly note: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly bounds: readonly Bound[];
  /** What is drawn, in microseconds: how the rounds are spread. */
  readonly samples?: readonly Sample[];
  /** A picture of another kind: SVG. */
  readonly picture?: string;
};

/** The median; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[middle - 1] ?? Number.NaN, sorted[middle] ?? Number.NaN];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

/** The value that this share of the others does not exceed: a share between 0 and 1. NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The smallest. */
export const least = (values: readonly number[]): number => Math.min(...values);

/** The median of the ratios of samples that were taken in the same round. */
export function ratio(ours: Sample, theirs: Sample): number {
  return median(ours.values.map((value, round) => value / (theirs.values[round] ?? Number.NaN)));
}

const digits = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));

/** A bound of the ratio of two samples; one that does not hold where a sample is missing. */
export const ratioBound = (
  what: string,
  ours: Sample | undefined,
  theirs: Sample | undefined,
  limit: number,
): Bound => ({ what, value: ours && theirs ? ratio(ours, theirs) : Number.NaN, limit, unit: "×" });

/** The rows of a table: minimum, median and the ratio to one of the samples. */
export function timeRows(samples: readonly Sample[], against: string): readonly (readonly string[])[] {
  const peer = samples.find((sample) => sample.name === against);
  return samples.map((sample) => {
    const share = peer === undefined ? "" : `${ratio(sample, peer).toFixed(3)}×`;
    return [sample.name, digits(least(sample.values)), digits(median(sample.values)), share];
  });
}
