// Names that a supervisor keeps from being made, and filters whose calls nobody but this supervisor answers.
import { isBeneath } from "../paths.ts";
import { namingRights } from "../plan/index.ts";
import type { OpOf, Plan, SlotName } from "../wire/op.ts";
import type { Place } from "./find.ts";
import { findOps } from "./find.ts";
import type { LandlockView } from "./landlock.ts";

type Loaded = { readonly op: OpOf<"load-listener">; readonly at: Place };

const isSupervisor = (plan: Plan, slot: SlotName): boolean =>
  findOps(plan, "start-supervisor").some(({ op }) => op.out === slot);

/** The filters whose calls go to a program of the host. */
export function strangersOf(plan: Plan): readonly Loaded[] {
  return findOps(plan, "load-listener").filter(({ op }) => !isSupervisor(plan, op.socket));
}

/**
 * The names that no call of the program makes: Landlock refuses every name where these would be, so that the supervisor alone
 * can make them.
 */
export function readSupervised(plan: Plan, landlock: LandlockView | undefined): readonly string[] {
  if (landlock === undefined || (landlock.fs & namingRights) !== namingRights) return [];
  const makes = landlock.paths.filter(({ access }) => (access & namingRights) !== 0);
  const names = findOps(plan, "supervise").flatMap(({ op }) => op.names ?? []);
  return names.filter((name) => !makes.some(({ where }) => where.root !== "container" || isBeneath(name, where.path)));
}
