import { joinPath } from "../../paths.ts";
import type { Plan } from "../../wire/op.ts";
import { createDraft } from "../draft/draft.ts";
import type { CgroupPlace } from "../draft/options.ts";
import { createRoots } from "../draft/roots.ts";

const freezeTimeoutMs = 10_000;

/** Options of `planFreeze`. */
export interface FreezeOptions {
  /** A version 2 cgroup, or one with the freezer controller. */
  readonly place: CgroupPlace;
  /** Whether the processes stop or go on. */
  readonly frozen: boolean;
  /** A cgroup that is gone has no process that could go on. */
  readonly absentOk?: boolean;
  readonly timeoutMs?: number;
}

/** Stops every process of a container, or lets them go on. */
export function planFreeze({ place, frozen, absentOk = false, timeoutMs = freezeTimeoutMs }: FreezeOptions): Plan {
  const draft = createDraft();
  const flags = absentOk ? { flags: ["absent-ok"] as const } : {};
  draft.add({
    op: "open-cgroup",
    phase: "host",
    ...flags,
    at: createRoots(draft).host(),
    path: joinPath(place.mount, place.path),
    version: place.version,
    out: "cgroup",
  });
  draft.add({
    op: "freeze-cgroup",
    phase: "host",
    ...flags,
    cgroup: "cgroup",
    version: place.version,
    frozen: frozen ? 1 : 0,
    timeoutMs,
    why: frozen ? "every process stops" : "every process goes on",
  });
  return draft.finish("host");
}
