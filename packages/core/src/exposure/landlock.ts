// What Landlock denies a container, and what of that its rules allow.
import type { Plan } from "../wire/op.ts";
import type { Place } from "./find.ts";
import { findOps } from "./find.ts";
import type { Location } from "./mounts.ts";

/** A file, or everything beneath a directory. */
export interface AllowedPath {
  readonly where: Location;
  /** LANDLOCK_ACCESS_FS_*. */
  readonly access: number;
  readonly at: Place;
}

/** A Landlock domain: what it handles is denied, but for its rules. */
export interface LandlockView {
  /** LANDLOCK_ACCESS_FS_*, LANDLOCK_ACCESS_NET_*, LANDLOCK_SCOPE_*. */
  readonly fs: number;
  readonly net: number;
  readonly scoped: number;
  readonly paths: readonly AllowedPath[];
  readonly ports: readonly { readonly port: number; readonly access: number }[];
  readonly at: Place;
}

/** Reads the domain of a plan; undefined where a plan enforces none. */
export function readLandlock(plan: Plan, paths: readonly AllowedPath[]): LandlockView | undefined {
  const [made] = findOps(plan, "make-ruleset");
  if (made === undefined || findOps(plan, "enforce-ruleset").length === 0) return undefined;
  return {
    fs: Number(made.op.fs),
    net: Number(made.op.net),
    scoped: Number(made.op.scoped),
    paths,
    ports: findOps(plan, "allow-port").map(({ op }) => ({ port: Number(op.port), access: Number(op.access) })),
    at: made.at,
  };
}
