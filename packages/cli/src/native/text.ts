/** Refuses words that are not UTF-8, as the front on Node does: a lone surrogate stands for a byte of such a word. */
export function refuseOtherBytes(argv: readonly string[]): void {
  const word = argv.find((one) => !one.isWellFormed());
  if (word === undefined) return;
  throw new Error(`the argument "${word.toWellFormed()}" is not UTF-8, and would not be passed on as it is`);
}
