// The vocabulary of the attackers beside a caller. A cell has the shape of those of the attackers inside.
import type { RuntimeName } from "../../helpers/runtimes.ts";

/** Who calls the verb. */
export type Caller = "root" | "user";

/** One cell: a verb under an attack. */
export type Cell = {
  readonly attacker: string;
  /** What the attacker has. */
  readonly rights: string;
  readonly verb: string;
  readonly as: Caller;
  readonly runtime: RuntimeName;
  /** How often the verb ran. */
  readonly runs: number;
  /** Nothing was reached or changed, each run ended in time with a right result or a clear error, and nothing is left. */
  readonly held: boolean;
  /** How often the verb ended how. */
  readonly results: Readonly<Record<string, number>>;
  /** What was lost, in words. */
  readonly lost?: readonly string[];
};

/** How one run ended. */
export type Ended = { readonly status: number; readonly text: string; readonly count: number };
