// What the verb table is made of. No imports: it is loaded for every call.

/** A front of the program: `coffer` for people, `coffer-oci` for engines. */
export type FaceName = "coffer" | "coffer-oci";

/**
 * How a flag is given. `boolean` takes no word of its own; `optional` has a value only behind `=`; of `texts` every
 * occurrence counts, of the others the last.
 */
export type FlagKind = "boolean" | "optional" | "text" | "texts" | "number";

/** The letter of a short flag. */
export type Letter = "a" | "b" | "c" | "d" | "e" | "f" | "g" | "h" | "p" | "q" | "r" | "t" | "u" | "v";

/** What a shell offers for a word or a value. `none`: nothing that can be listed. */
export type Completes = "containers" | "directories" | "files" | "signals" | "none";

/** The lists of a long help. */
export type FlagGroup = "FILE" | "NETWORK" | "LIMIT" | "REASON" | "PREVIEW" | "UNSAFE" | "GLOBAL";

/** A flag of a verb, or one that stands before the verb. */
export interface Flag {
  readonly kind: FlagKind;
  readonly help: string;
  /** One letter, for `-x`. */
  readonly char?: Letter;
  /** What stands for the value in help. */
  readonly value?: string;
  /** The value if the flag is missing: help prints it, the verb applies it. */
  readonly fallback?: string;
  /** The only values that are accepted. An optional flag without a value has the first. */
  readonly choices?: readonly string[];
  /** Flags that must not be given together with this one. */
  readonly excludes?: readonly string[];
  /** Where help has it: one of several lists. */
  readonly group?: FlagGroup;
  /** Only this front has it. */
  readonly face?: FaceName;
  /** Accepted for runc's sake; not in help. */
  readonly hidden?: true;
}

export type Flags = Readonly<Record<string, Flag>>;

/** Flags that help has in one list. */
export const inGroup = (group: FlagGroup, flags: Flags): Flags =>
  Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, group }]));

/** A word of a command line. */
export interface Word {
  readonly name: string;
  readonly help: string;
  readonly optional?: true;
  readonly completes?: Completes;
  /** The only words that are accepted. */
  readonly choices?: readonly string[];
}

/** A verb. */
export interface Verb {
  readonly summary: string;
  readonly words: readonly Word[];
  /** What follows the words, whatever it looks like: the container's command, or another program's options; of its own are words. */
  readonly rest?: {
    readonly name: string;
    readonly required?: true;
    readonly isHostCommand?: true;
    readonly isOwn?: true;
  };
  readonly flags: Flags;
  readonly examples?: readonly string[];
  /** Only this front has it. */
  readonly face?: FaceName;
  /** It ends with the status of a program, so that its own failures have statuses of their own. */
  readonly runs?: true;
}

const known: Record<FaceName, Map<Flags, Flags>> = { coffer: new Map(), "coffer-oci": new Map() };

/** The flags that a front has. Those of a table are found out once; the native front has them in its image. */
export function flagsOf(flags: Flags, face: FaceName): Flags {
  const found = known[face].get(flags);
  if (found !== undefined) return found;
  const isOf = ([, flag]: readonly [string, Flag]): boolean => flag.face === undefined || flag.face === face;
  const own: Flags = Object.fromEntries(Object.entries(flags).filter(isOf));
  known[face].set(flags, own);
  return own;
}
