// The flags and words of the verb table as rows of a reference: docs/cli.md and the man pages have the same.
import type { FaceName, Flags } from "../../../packages/cli/src/table/flag.ts";
import { flagsOf } from "../../../packages/cli/src/table/flag.ts";
import { globalFlags } from "../../../packages/cli/src/table/groups.ts";
import type { Row } from "../../../packages/cli/src/table/rows.ts";
import { flagGroups, flagRows } from "../../../packages/cli/src/table/rows.ts";
import type { VerbName } from "../../../packages/cli/src/table/verbs.ts";
import { verbOf, verbsOf } from "../../../packages/cli/src/table/verbs.ts";

/** Rows with a title: `Flag`, or `File flag`. */
export interface RowList {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** The global flags of a front. */
export const globalRows = (face: FaceName): readonly Row[] => flagRows(globalFlags, face);

/** The flags of a verb, in the lists that help has, each under its title. */
export const verbLists = (name: VerbName, face: FaceName): readonly RowList[] =>
  flagGroups(verbOf(name).flags, face).map(({ group = "", rows }) => ({
    title: group === "" ? "Flag" : `${group.charAt(0)}${group.slice(1).toLowerCase()} flag`,
    rows,
  }));

/** The words of a verb: only those that the usage line does not explain. */
export const wordRows = (name: VerbName): readonly Row[] =>
  verbOf(name).words.map((word) => ({ written: word.name.toUpperCase(), help: word.help }));

/** Flags that a front accepts for the sake of runc's callers: ignored, or rejected with a reason. */
export function compatibleFlags(face: FaceName): Readonly<Record<"ignored" | "rejected", readonly string[]>> {
  const all = [globalFlags, ...verbsOf(face).map((name): Flags => verbOf(name).flags)].flatMap((flags) =>
    Object.entries(flagsOf(flags, face)),
  );
  const named = (start: string): readonly string[] => [
    ...new Set(all.filter(([, { hidden, help }]) => hidden && help.startsWith(start)).map(([name]) => name)),
  ];
  return { ignored: named("accepted"), rejected: named("rejected") };
}
