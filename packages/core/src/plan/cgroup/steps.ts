import { isBeneath, joinPath } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import type { Draft } from "../draft/draft.ts";
import type { CgroupPlace } from "../draft/options.ts";
import type { Roots } from "../draft/roots.ts";
import type { Limit } from "./limits/limits.ts";

/** A chain of cgroups to make, from an open one down. */
export interface CgroupSteps {
  readonly parent: SlotName;
  readonly path: readonly string[];
  /** The slot of the last one; those above it are `<out>-above-<n>`. */
  readonly out: SlotName;
  /** What is written into each before the next is made. */
  readonly above: readonly Limit[];
  /** Whether `parent` itself is written too. */
  readonly first: boolean;
  /** Whether the last one may be there: the caller has looked at it. */
  readonly exists: boolean;
  readonly phase: "host" | "parent";
}

/** Makes the cgroups: the last one is new unless the caller knows it, those above may be there. */
export function makeCgroups(draft: Draft, { parent, path, out, above, first, exists, phase }: CgroupSteps): void {
  // Where there is nothing to write on the way, one op makes all of them.
  const names = above.length === 0 ? [path.join("/")] : path;
  let slot = parent;
  names.forEach((name, index) => {
    const last = index === names.length - 1;
    if (index > 0 || first) writeLimits(draft, slot, above, phase);
    const made = last ? out : `${out}-above-${index}`;
    draft.add({
      op: "make-cgroup",
      phase,
      parent: slot,
      path: name,
      exist: last && !exists ? 0 : 1,
      out: made,
      from: "/linux/cgroupsPath",
    });
    slot = made;
  });
}

/** Says whose a cgroup is: nobody else of ours takes it until it is removed. Only what has a state directory is anybody's. */
export function markCgroup(
  draft: Draft,
  { mark }: CgroupPlace,
  cgroup: SlotName,
  state: SlotName | undefined,
  phase: "host" | "parent" = "host",
): void {
  if (mark === undefined || state === undefined) return;
  const why = "another runtime may have a state directory of its own";
  draft.add({ op: "mark-cgroup", phase, cgroup, state, attribute: mark, from: "/linux/cgroupsPath", why });
}

/** Checks that a cgroup is still the container's: it may be gone, and another may have its name. */
export function expectMark(draft: Draft, { mark }: CgroupPlace, cgroup: SlotName): void {
  if (mark === undefined) return;
  const state = draft.input("state", "dir");
  draft.add({ op: "expect-mark", phase: "host", cgroup, state, attribute: mark, why: "another's is left alone" });
}

/** Writes control files. */
export function writeLimits(
  draft: Draft,
  cgroup: SlotName,
  limits: readonly Limit[],
  phase: "host" | "parent" = "host",
): void {
  for (const { file, value, from, absentOk, or } of limits)
    if (or !== undefined) draft.add({ op: "write-first", phase, cgroup, files: [file, value, ...or], from });
    else
      draft.add({
        op: "write-cgroup",
        phase,
        ...(absentOk ? { flags: ["absent-ok"] as const } : {}),
        cgroup,
        file,
        value,
        from,
      });
}

/** Controllers that limits need in a cgroup which is there already. */
export interface EnableOptions {
  readonly place: CgroupPlace;
  /** The topmost cgroup that may be changed. */
  readonly base: string;
  readonly limits: readonly Limit[];
  readonly phase: "host" | "parent";
}

/** Has every cgroup above hand down the controllers that limits need. */
export function enableControllers(draft: Draft, roots: Roots, { place, base, limits, phase }: EnableOptions): void {
  const names = limits.map(({ controller }) => controller).filter((controller) => controller !== "");
  if (names.length === 0) return;
  const value = [...new Set(names.map((name) => `+${name}`))].sort().join(" ");
  parentsOf(place.path, base).forEach((parent, index) => {
    const cgroup = `above-${index}`;
    const path = joinPath(place.mount, parent);
    draft.add({ op: "open-cgroup", phase, at: roots.host(), path, version: 2, out: cgroup });
    const file = "cgroup.subtree_control";
    draft.add({ op: "write-cgroup", phase, cgroup, file, value, from: "/linux/resources" });
  });
}

/** The cgroups above one, from the base on. */
function parentsOf(path: string, base: string): readonly string[] {
  const parts = path.split("/").slice(1, -1);
  const all = ["/", ...parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`)];
  return all.filter((parent) => parent === base || isBeneath(parent, base));
}
