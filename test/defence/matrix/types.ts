// The vocabulary of the defence matrix: what a row is, how it is shown, what was seen.
import type { Bundle } from "../../helpers/bundle.ts";
import type { CommandOptions, Outcome, Running } from "../../helpers/command.ts";
import type { Patch } from "../../helpers/json.ts";
import type { RunOptions, RuntimeName } from "../../helpers/peers/runtimes.ts";

export type { RuntimeName } from "../../helpers/peers/runtimes.ts";

export type Rule = "R1" | "R2" | "R3" | "R4" | "R5" | "R6" | "R7" | "R8" | "R9" | "R10" | "R11" | "R12" | "R13" | "R14";

/** Another coffer than that of this checkout: its helper, and the arguments of Node before it. */
export type Build = { readonly helper?: string; readonly nodeArguments?: readonly string[] };

/** A bundle under one runtime: what a row does with it. */
export type Stage = {
  readonly runtime: RuntimeName;
  readonly bundle: Bundle;
  /** One verb, at the place where this runtime can run on this machine. */
  readonly verb: (verb: string, args?: readonly string[], options?: RunOptions) => Promise<Outcome>;
  /** The same, to act beside it. */
  readonly start: (verb: string, args?: readonly string[], options?: RunOptions) => Running;
  /** `run` in the foreground. */
  readonly run: (options?: RunOptions) => Promise<Outcome>;
  /** coffer with these words, of no container. */
  readonly coffer: (words: readonly string[], options?: CommandOptions) => Promise<Outcome>;
  /** The pid that `state` tells. */
  readonly pid: () => Promise<number>;
};

/**
 * What has been seen: `ran` the container ran and all that was to hold held; `refused` it was refused, in a moment and
 * with words; otherwise what failed.
 */
export type Seen = "ran" | { readonly refused: string } | { readonly failed: string };

/** An attempt that every runtime can be put through. */
export type Attempt = {
  readonly patch?: Patch;
  /** A shell script, run in the test's directory before anything is compared. */
  readonly before?: string;
  /** A shell script, run in a private mount namespace just before the runtime: `$BASE` is the test's directory. */
  readonly place?: string;
  /** Coffer refuses it with these words; without them it must run: a refusal for another reason would show nothing. */
  readonly because?: RegExp;
  /** Runtimes that cannot be put through it, and why. */
  readonly without?: Readonly<Partial<Record<RuntimeName, string>>>;
  readonly observe: (stage: Stage) => Promise<Seen>;
};

/** How a row is shown. */
export type Show =
  | { readonly how: "attempt"; readonly attempt: Attempt }
  | { readonly how: "race"; readonly race: string }
  | { readonly how: "test"; readonly file: string; readonly title: string }
  | { readonly how: "impossible"; readonly why: string }
  | { readonly how: "not applicable"; readonly why: string }
  /** Needs another machine: shown in a guest, or not yet. */
  | { readonly how: "guest"; readonly why: string; readonly file?: string; readonly title?: string };

/** One row of the catalogue. */
export type Row = {
  /** The CVE or the class, with the project where it was found. */
  readonly id: string;
  readonly cause: string;
  readonly rules: readonly Rule[];
  /** The files that keep it from occurring. */
  readonly by: readonly string[];
  readonly show: Show;
  /** Why coffer fails here and is let: without it, that it fails is an error. */
  readonly let?: string;
  /** How else it is known that the attempt can fail, where no control does and no weakened build can turn it red. */
  readonly alone?: string;
  /** Why a control does what it does, where that asks for words. */
  readonly control?: string;
};

/** A group of the catalogue. */
export type Group = { readonly letter: string; readonly title: string; readonly rows: readonly Row[] };

/** What a recorded run says of one row under one runtime. */
export type Verdict = "held" | "fails" | "n/a";

/** A row's verdicts, and words for each that did not run and hold. */
export type Result = {
  readonly verdicts: Readonly<Record<RuntimeName, Verdict>>;
  readonly notes: Readonly<Partial<Record<RuntimeName, string>>>;
};

/** When and where a row was recorded, and which versions of the controls the row is of. */
export type Origin = { readonly date: string; readonly kernel: string; readonly runc: string; readonly crun: string };

/** A row as it is recorded. */
export type RecordedRow = Result & { readonly of: Origin };

/** The recorded rows, by their names. */
export type Recorded = { readonly rows: Readonly<Record<string, RecordedRow>> };

/** The runtimes in the order of the document's columns. */
export const runtimeNames: readonly RuntimeName[] = ["coffer", "runc", "crun"];
