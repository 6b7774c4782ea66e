/** Patterns of test files. */
export const quick: readonly string[];
