// The flags of the verb table as rows: help, docs/cli.md and the man pages have the same.
import type { FaceName, Flag, FlagGroup, Flags } from "./flag.ts";
import { flagsOf } from "./flag.ts";

/** A flag or a word as a person writes it, and what it does. */
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

/** Flags that help shows together. */
export interface RowGroup {
  /** Undefined for the first list: flags of no group. */
  readonly group: FlagGroup | undefined;
  readonly rows: readonly Row[];
}

/** The flags that a front shows, in the lists of help. The first has those of no group, and may be empty. */
export function flagGroups(flags: Flags, face: FaceName): readonly RowGroup[] {
  const shown = Object.entries(flagsOf(flags, face)).filter(([, { hidden }]) => !hidden);
  const groups = new Set([undefined, ...shown.map(([, { group }]) => group)]);
  return [...groups].map((group) => ({ group, rows: shown.filter(([, one]) => one.group === group).map(toRow) }));
}

/** The flags that a front shows. */
export const flagRows = (flags: Flags, face: FaceName): readonly Row[] =>
  flagGroups(flags, face).flatMap(({ rows }) => rows);
