import type { SlotName } from "../wire/op.ts";
import type { Draft } from "./draft.ts";
import type { Limit } from "./limits.ts";

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
}

/** Makes the cgroups: the last one is new, those above may be there. */
export function makeCgroups(draft: Draft, { parent, path, out, above, first }: CgroupSteps): void {
  // Where there is nothing to write on the way, one op makes all of them.
  const names = above.length === 0 ? [path.join("/")] : path;
  let slot = parent;
  names.forEach((name, index) => {
    const last = index === names.length - 1;
    if (index > 0 || first) writeLimits(draft, slot, above);
    const made = last ? out : `${out}-above-${index}`;
    draft.add({
      op: "make-cgroup",
      phase: "host",
      parent: slot,
      path: name,
      exist: last ? 0 : 1,
      out: made,
      from: "/linux/cgroupsPath",
    });
    slot = made;
  });
}

/** Writes control files. */
export function writeLimits(draft: Draft, cgroup: SlotName, limits: readonly Limit[]): void {
  for (const { file, value, from, absentOk, or } of limits)
    if (or !== undefined) draft.add({ op: "write-first", phase: "host", cgroup, files: [file, value, ...or], from });
    else
      draft.add({
        op: "write-cgroup",
        phase: "host",
        ...(absentOk ? { flags: ["absent-ok"] as const } : {}),
        cgroup,
        file,
        value,
        from,
      });
}
