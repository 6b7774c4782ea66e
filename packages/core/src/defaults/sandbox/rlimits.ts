// The limits of the processes of every sandbox.
import type { Config } from "@coffer/spec";

type Rlimits = NonNullable<NonNullable<Config["process"]>["rlimits"]>;

/** A core dump has all that its program knew, and would stay in the tree. */
const noCore: Rlimits[number] = { type: "RLIMIT_CORE", soft: 0n, hard: 0n };

/** The limits that are given, and no core dumps unless these are wanted. */
export const rlimitsOf = ({
  rlimits = [],
  coreDumps = false,
}: {
  readonly rlimits?: Rlimits | undefined;
  readonly coreDumps?: boolean;
}): Rlimits => (coreDumps ? rlimits : [noCore, ...rlimits]);
