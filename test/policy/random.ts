/** Numbers that look random, the same for each seed (mulberry32). */
export type Random = {
  /** An integer from 0 up to, and without, `end`. */
  readonly below: (end: number) => number;
  readonly pick: <T>(list: readonly T[]) => T;
};

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number): number => Math.floor(next() * end);
  return {
    below,
    pick: <T>(list: readonly T[]): T => {
      const [found] = list.slice(below(list.length)).map((value) => ({ value }));
      if (found === undefined) throw new Error("there is nothing to pick");
      return found.value;
    },
  };
}
