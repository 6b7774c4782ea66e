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
function near(word: string, list: readonly string[]): string | undefined {
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

/** What Docker, bubblewrap, srt, Deno and others call a flag of a sandbox. */
const flagsElsewhere: ReadonlyMap<string, string> = new Map([
  ["allow-env", "env"],
  ["allow-net", "allow"],
  ["allow-read", "read"],
  ["allow-write", "write"],
  ["chdir", "cwd"],
  ["mount", "bind"],
  ["network", "net"],
  ["ro-bind", "read"],
  ["setenv", "env"],
  ["share-net", "unsafe-host-network"],
  ["volume", "bind"],
  ["workdir", "cwd"],
  ["writable", "rw"],
]);

/** The flag that was probably meant: what others call it, one that is written nearly so, or the only one that has all its words. */
export function nearFlag(word: string, flags: readonly string[]): string | undefined {
  const other = flagsElsewhere.get(word);
  const words = word.split("-");
  const longer = flags.filter((flag) => words.every((one) => flag.split("-").includes(one)));
  if (other !== undefined && flags.includes(other)) return other;
  return near(word, flags) ?? (longer.length === 1 ? longer[0] : undefined);
}
