import { capabilityNames } from "../plan/capabilities.ts";
import type { Plan } from "../wire/op.ts";
import type { Place } from "./find.ts";
import { findOps } from "./find.ts";

/** What a process may do by its credentials. */
export interface Rights {
  /** Of the container. A plan without `set-ids` leaves the caller's. */
  readonly uid: number;
  readonly gid: number;
  /** Whether the caller's supplementary groups are replaced. */
  readonly setsGroups: boolean;
  readonly idsAt: Place;
  /** What it can ever have: with no_new_privs the permitted set, without it the bounding set too. */
  readonly capabilities: bigint;
  readonly inheritable: bigint;
  readonly capsAt: Place;
  readonly noNewPrivileges: boolean;
}

const all = (1n << 64n) - 1n;
const sysAdmin = 1n << BigInt(capabilityNames.indexOf("CAP_SYS_ADMIN"));

/** Reads what a plan's process may do. What a plan does not drop is kept. */
export function readRights(plan: Plan): Rights {
  const ids = findOps(plan, "set-ids").at(-1);
  const caps = findOps(plan, "set-caps").at(-1);
  const bounding = findOps(plan, "drop-bounding").at(-1);
  const noNewPrivileges = findOps(plan, "set-no-new-privs").length > 0;
  const held = caps === undefined ? all : BigInt(caps.op.permitted) | BigInt(caps.op.ambient);
  const regained = noNewPrivileges ? 0n : BigInt(bounding?.op.keep ?? all);
  return {
    uid: Number(ids?.op.uid ?? 0),
    gid: Number(ids?.op.gid ?? 0),
    setsGroups: Number(ids?.op.setGroups ?? 0) !== 0,
    idsAt: ids?.at ?? {},
    capabilities: held | regained,
    inheritable: BigInt(caps?.op.inheritable ?? all),
    capsAt: caps?.at ?? {},
    noNewPrivileges,
  };
}

/** Whether a container could change the mounts that its plan makes. One that joins has the mounts of another plan. */
export function changesMounts(plan: Plan, { capabilities }: Rights): boolean {
  return plan.kind === "create" && (capabilities & sysAdmin) !== 0n && findOps(plan, "lock-mounts").length === 0;
}
