// How much is kept of what a program writes. The state directory is often in memory.

/** Bytes, unless said. */
export const usualLog = 1024 * 1024;

/** A batch of the satellite fits into half of it. */
export const leastLog = 64 * 1024;

export const mostLog = 1024 ** 3;
