/** How many letters have to change to make one word of another (Levenshtein's distance). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...a].entries()) {
    const next = [index + 1];
    for (const [at, other] of [...b].entries())
      next.push(Math.min((next[at] ?? 0) + 1, (row[at + 1] ?? 0) + 1, (row[at] ?? 0) + (letter === other ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The word of a list that was probably meant: at most two letters away, and not every letter. */
export function near(word: string, list: readonly string[]): string | undefined {
  const short = word.slice(0, 32);
  const found = list.map((one) => [distance(short, one), one] as const).sort(([a], [b]) => a - b)[0];
  return found !== undefined && found[0] <= 2 && found[0] < found[1].length ? found[1] : undefined;
}

/** What docker, podman, direnv, mise and others call it. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ["allow", "accept"],
  ["inspect", "state"],
  ["ls", "list"],
  ["rm", "delete"],
  ["stop", "kill"],
  ["trust", "accept"],
  ["version", "--version"],
]);

/** The verb that was probably meant. */
export function nearVerb(word: string, verbs: readonly string[]): string | undefined {
  return elsewhere.get(word) ?? near(word, verbs);
}
