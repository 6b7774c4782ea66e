import type { LinuxTimeOffsets } from "@coffer/spec";
import type { Context } from "../draft/draft.ts";
import type { Namespaces } from "./namespaces.ts";
import { cloneFlags } from "./namespaces.ts";

const from = "/linux/timeOffsets";
const clocks = ["monotonic", "boottime"] as const;
const second = 1_000_000_000;

/** Checks `/linux/timeOffsets`. */
export function checkTimeOffsets({ config, facts, issues }: Context, namespaces: Namespaces): void {
  const offsets = config.linux?.timeOffsets;
  if (offsetText(offsets) === "") return;
  if (!namespaces.made.has("time")) issues.invalid(from, "needs a new time namespace in /linux/namespaces");
  for (const clock of clocks)
    if ((offsets?.[clock]?.nanosecs ?? 0) >= second)
      issues.invalid(`${from}/${clock}/nanosecs`, "must be under 1000000000");
  // They are written for children, by who made the namespace, before the first of them is in it.
  if (!facts.privileged) issues.unsupported(from, "only a privileged caller may set clock offsets");
}

function offsetText(offsets: LinuxTimeOffsets | undefined): string {
  return clocks
    .filter((clock) => offsets?.[clock] !== undefined)
    .map((clock) => `${clock} ${offsets?.[clock]?.secs ?? 0n} ${offsets?.[clock]?.nanosecs ?? 0}\n`)
    .join("");
}

/** The namespaces that clone (or init's fork) makes: others come later, from inside what is to own them. */
export function madeByClone({ config }: Context, namespaces: Namespaces): number {
  const offsets = offsetText(config.linux?.timeOffsets) !== "";
  const later = namespaces.made.has("user") ? (["ipc"] as const) : [];
  return namespaces.flags("cgroup", ...later, ...(offsets ? (["time"] as const) : []));
}

/** Makes the time namespace and sets its clocks, when there are offsets. */
export function planTimeOffsets({ config, draft }: Context, namespaces: Namespaces): void {
  const offsets = offsetText(config.linux?.timeOffsets);
  const pointer = namespaces.made.get("time");
  if (offsets === "" || pointer === undefined) return;
  draft.add({
    op: "unshare",
    phase: "host",
    namespaces: cloneFlags.time,
    from: pointer,
    why: "a time namespace for the launcher's children",
  });
  draft.add({ op: "set-time-offsets", phase: "host", proc: "proc", offsets, from });
}
