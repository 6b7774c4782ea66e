// What the programs of a session have made: names of the sandbox's own, whatever the host has there.

/**
 * Of the names that were made last, so many are remembered, of so many letters in all. A session has no end, and a program makes as
 * many names as it likes. A command is watched for a tenth of either (watched.ts).
 */
const mostNames = 100_000;
const mostLetters = 20_000_000;

export interface MadeNames {
  has(path: string): boolean;
  add(path: string): void;
}

/** Remembers names, and forgets the oldest where there are too many. */
export function rememberMade(): MadeNames {
  const names = new Set<string>();
  let letters = 0;
  return {
    has: (path) => names.has(path),
    add(path) {
      if (names.has(path)) return;
      names.add(path);
      letters += path.length;
      for (const oldest of names) {
        if (names.size <= mostNames && letters <= mostLetters) return;
        names.delete(oldest);
        letters -= oldest.length;
      }
    },
  };
}
