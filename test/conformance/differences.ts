// Where coffer is deliberately other than runc and crun, and why. Each entry must be met by some row.

export type Difference = {
  /** Which facts: the name as `flatten` gives it. */
  readonly fact: RegExp;
  /** Which rows; every row without it. */
  readonly row?: RegExp;
  readonly reason: string;
};

/** The deliberate differences. */
export const differences: readonly Difference[] = [];
