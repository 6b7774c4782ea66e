// From values to places in a picture.

/** Where a value is, and the values that have a line. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

const steps = [1, 2, 5];

/** 1, 2, 5, 10, 20, … from the last at or below the least value to the first at or above the greatest. */
export function decimals(least: number, most: number): readonly number[] {
  const from = Math.floor(Math.log10(least));
  const all = Array.from({ length: Math.ceil(Math.log10(most)) - from + 2 }, (_none, power) => from + power).flatMap(
    (power) => steps.map((step) => step * 10 ** power),
  );
  const first = all.findLastIndex((value) => value <= least);
  const last = all.findIndex((value) => value >= most);
  return all.slice(first, last + 1);
}

/** Equal ratios take equal room. */
export function logarithmic(values: readonly number[], from: number, to: number): Scale {
  const ticks = decimals(Math.min(...values), Math.max(...values) * 1.0001);
  const [low, high] = [Math.log(ticks[0] ?? 1), Math.log(ticks.at(-1) ?? 1)];
  const room = (to - from) / (high - low || 1);
  return { ticks, at: (value) => from + (Math.log(value) - low) * room };
}

/** Equal differences take equal room, from zero. */
export function linear(most: number, from: number, to: number): Scale {
  const step = decimals(most / 8, most / 8).at(-1) ?? 1;
  const ticks = Array.from({ length: Math.ceil(most / step) + 1 }, (_none, index) => index * step);
  return { ticks, at: (value) => from + ((to - from) * value) / (ticks.at(-1) ?? 1) };
}

/** Microseconds as people read them. */
export function shown(us: number): string {
  if (us >= 1e6) return `${Number((us / 1e6).toPrecision(3))} s`;
  return us >= 1000 ? `${Number((us / 1000).toPrecision(3))} ms` : `${Number(us.toPrecision(3))} µs`;
}
