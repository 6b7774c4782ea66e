/** A small seeded generator (mulberry32), so that a failing profile can be made again from its seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  }

  /** One of the items. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  /** True once in `end` times. */
  once(end: number): boolean {
    return this.below(end) === 0;
  }

  /** A 64-bit number that is likely to sit on an edge. */
  word(): bigint {
    const low = BigInt(this.pick([0, 1, 2, 5, 0x7f, 0xff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]));
    const high = BigInt(this.pick([0, 0, 0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff]));
    return this.once(6) ? (BigInt(this.below(2 ** 32)) << 32n) | BigInt(this.below(2 ** 32)) : (high << 32n) | low;
  }
}
