// The flags and words of the verb table as rows of a reference: docs/cli.md and the man pages have the same.
import type { FaceName, Flags } from "../../../packages/cli/src/table/flag.ts";
import { flagsOf } from "../../../packages/cli/src/table/flag.ts";
import { globalFlags } from "../../../packages/cli/src/table/groups.ts";
import type { Row } from "../../../packages/cli/src/table/rows.ts";
import { flagRows } from "../../../packages/cli/src/table/rows.ts";
import type { VerbName } from "../../../packages/cli/src/table/verbs.ts";
import { verbOf, verbsOf } from "../../../packages/cli/src/table/verbs.ts";

/** The global flags of a front. */
export const globalRows = (face: FaceName): readonly Row[] => flagRows(globalFlags, face);

/** The flags of a verb. */
export const verbRows = (name: VerbName, face: FaceName): readonly Row[] => flagRows(verbOf(name).flags, face);

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
