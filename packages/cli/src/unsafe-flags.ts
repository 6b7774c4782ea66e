// The flags by which defaults are given up: of core only its table of them is loaded to parse flags.
import type { Weakening } from "@coffer/core/weakenings";
import { weakenings } from "@coffer/core/weakenings";
import type { Interfaces } from "@oclif/core";
import { Flags } from "@oclif/core";

type UnsafeFlag = `unsafe-${Weakening}`;
type UnsafeFlags = Readonly<Record<UnsafeFlag, Interfaces.BooleanFlag<boolean>>>;

const isWeakening = (name: string): name is Weakening => Object.hasOwn(weakenings, name);
const names = Object.keys(weakenings).filter(isWeakening);

function hasAll(flags: Readonly<Record<string, unknown>>): flags is UnsafeFlags {
  return names.every((name) => `unsafe-${name}` in flags);
}

function makeFlags(): UnsafeFlags {
  const flags = Object.fromEntries(
    names.map((name) => [`unsafe-${name}`, Flags.boolean({ description: weakenings[name], helpGroup: "UNSAFE" })]),
  );
  if (!hasAll(flags)) throw new TypeError("a name of the table has no flag");
  return flags;
}

/** One flag for each name of the table. */
export const unsafeFlags = makeFlags();

/** The names that the flags gave up. */
export function readUnsafe(flags: Readonly<Record<UnsafeFlag, boolean>>): readonly Weakening[] {
  return names.filter((name) => flags[`unsafe-${name}`]);
}
