// Which test files reach a mutant: each is run once without a change, and V8 says which blocks of the sources ran.
import type { Mutant } from "./changes.ts";
import type { Worker } from "./pool.ts";

/** A test file, how long it takes in milliseconds, and the mutants that it reaches. */
export interface Reach {
  readonly test: string;
  readonly ms: number;
  readonly reached: ReadonlySet<string>;
}

const placeOf = ({ file, at }: Mutant): string => `${file}:${at}`;

/** @throws Error if a test fails without a change, or every mutant would be found. */
export async function reachOf(worker: Worker, test: string, mutants: readonly Mutant[]): Promise<Reach> {
  const files = [...new Set(mutants.map(({ file }) => file))];
  const placesOf = (file: string) => mutants.filter((one) => one.file === file).map(({ at }) => at);
  const places = Object.fromEntries(files.map((file) => [file, placesOf(file)]));
  const answer = await worker.run({ tests: [test], longest: [600_000], places });
  if (answer === undefined || answer.by !== undefined)
    throw new Error(`without a change this fails: npx ava ${test}: ${answer?.failure ?? "the process ended"}`);
  const covered = answer.covered ?? [];
  return { test, ms: answer.ms, reached: new Set(covered.flatMap(([file, ats]) => ats.map((at) => `${file}:${at}`))) };
}

/** The test files that reach a mutant: those of its own folder first, then the quickest. */
export function testsFor(mutant: Mutant, reaches: readonly Reach[]): readonly Reach[] {
  const folder = mutant.file.slice(0, mutant.file.lastIndexOf("/"));
  const isFar = ({ test }: Reach): number => Number(!test.startsWith(folder));
  return reaches
    .filter(({ reached }) => reached.has(placeOf(mutant)))
    .toSorted((a, b) => isFar(a) - isFar(b) || a.ms - b.ms);
}
