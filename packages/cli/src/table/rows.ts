// The flags of the verb table as rows: help, docs/cli.md and the man pages have the same.
import type { FaceName, Flag, Flags } from "./flag.ts";
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

/** The flags that a front shows. */
export const flagRows = (flags: Flags, face: FaceName): readonly Row[] =>
  Object.entries(flagsOf(flags, face))
    .filter(([, { hidden }]) => !hidden)
    .map(toRow);
