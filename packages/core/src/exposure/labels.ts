import { labelAttributes, lsmIds } from "../plan/labels.ts";
import type { Plan } from "../wire/op.ts";
import type { Place } from "./find.ts";
import { findOps } from "./find.ts";

/** A label that the process of a plan gets when it is executed. */
export interface LabelView {
  readonly lsm: keyof typeof lsmIds;
  readonly value: string;
  readonly at: Place;
}

/** Reads the labels of a plan's process: those of keys and of file systems are left out. */
export function readLabels(plan: Plan): readonly LabelView[] {
  const found = findOps(plan, "set-label").filter(
    ({ op }) => op.tree === undefined && Number(op.attribute) !== labelAttributes.keycreate,
  );
  return (["apparmor", "selinux"] as const).flatMap((lsm) => {
    const last = found.findLast(({ op }) => Number(op.lsm) === lsmIds[lsm]);
    // AppArmor takes a command: `exec PROFILE`.
    return last === undefined ? [] : [{ lsm, value: last.op.value.replace(/^exec /, ""), at: last.at }];
  });
}
