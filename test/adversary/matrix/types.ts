// The vocabulary of the adversary matrix: who attacks with which rights while which verb runs, and how that ended.
import type { RuntimeName } from "../../helpers/peers/runtimes.ts";

/** Who calls the verb. */
export type Caller = "root" | "user";

/** One cell of a table: a verb under an attack. Tables of other attackers than those inside have the same shape. */
export type Cell = {
  readonly attacker: string;
  /** What the attacker has, in a word that the table of rights explains. */
  readonly rights: string;
  readonly verb: string;
  readonly as: Caller;
  readonly runtime: RuntimeName;
  /** How often the verb ran. */
  readonly runs: number;
  /** Nothing was reached or changed, every run ended in time with a right result or a clear error, and nothing is left. */
  readonly held: boolean;
  /** How often it ended how: `right`, `killed inside`, or the code of the error. */
  readonly results: Readonly<Record<string, number>>;
  /** What was lost, in words. */
  readonly lost?: readonly string[];
};

/** A run of a table, as it is recorded. */
export type Recorded = {
  readonly date: string;
  readonly command: string;
  readonly kernel: string;
  /** Of coffer the commit. */
  readonly versions: Readonly<Record<RuntimeName, string>>;
  readonly cells: readonly Cell[];
};

/** A class of cells that makes no sense, and why. */
export type NotApplicable = { readonly what: string; readonly why: string };

/** How one run of a verb ended. */
export type Said = {
  readonly how: "right" | "killed inside" | "refused" | "wrong";
  /** The code of an error, or what is wrong. */
  readonly text: string;
};
