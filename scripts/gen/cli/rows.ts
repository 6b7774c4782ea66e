// The flags and words of the verb table as rows of a reference: docs/cli.md and the man pages have the same.
import type { FaceName, Flag, Flags } from "../../../packages/cli/src/table/flag.ts";
import { flagsOf } from "../../../packages/cli/src/table/flag.ts";
import { globalFlags } from "../../../packages/cli/src/table/groups.ts";
import type { VerbName } from "../../../packages/cli/src/table/verbs.ts";
import { verbOf, verbsOf } from "../../../packages/cli/src/table/verbs.ts";

/** A flag as a person writes it, and what it does. */
export interface Row {
  readonly written: string;
  readonly help: string;
}

function valueText({ kind, value = "VALUE", choices }: Flag): string {
  if (kind === "boolean") return "";
  const shown = choices === undefined ? value : choices.join("|");
  return kind === "optional" ? `[=${shown}]` : ` ${shown}`;
}

function toRow([name, flag]: readonly [string, Flag]): Row {
  const short = flag.char === undefined ? "" : `-${flag.char}, `;
  const notes = [
    ...(flag.kind === "texts" ? ["may be repeated"] : []),
    ...(flag.fallback === undefined ? [] : [`default: ${flag.fallback}`]),
    ...(flag.excludes === undefined ? [] : [`not with ${flag.excludes.map((one) => `--${one}`).join(", ")}`]),
  ];
  const suffix = notes.length === 0 ? "" : ` (${notes.join("; ")})`;
  return { written: `${short}--${name}${valueText(flag)}`, help: `${flag.help}${suffix}` };
}

const shown = (flags: Flags, face: FaceName): readonly Row[] =>
  Object.entries(flagsOf(flags, face))
    .filter(([, { hidden }]) => !hidden)
    .map(toRow);

/** The global flags of a front. */
export const globalRows = (face: FaceName): readonly Row[] => shown(globalFlags, face);

/** The flags of a verb. */
export const verbRows = (name: VerbName, face: FaceName): readonly Row[] => shown(verbOf(name).flags, face);

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
