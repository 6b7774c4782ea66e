import type { DbusProperty } from "../cgroup/systemd/dbus.ts";
import type { Context } from "../draft/draft.ts";
import type { CgroupPlace, PlanCreateOptions, TerminalMode } from "../draft/options.ts";
import type { Roots } from "../draft/roots.ts";
import type { Labels } from "../ids/labels.ts";
import type { Namespaces } from "../namespaces/namespaces.ts";
import type { MountEntry } from "../tree/mount-list.ts";

/** What the steps of a plan of kind create share. */
export interface CreateContext extends Context {
  readonly options: PlanCreateOptions;
  readonly namespaces: Namespaces;
  readonly roots: Roots;
  readonly mounts: readonly MountEntry[];
  readonly places: readonly CgroupPlace[];
  readonly terminal: TerminalMode;
  /** What annotations ask of the container's unit. */
  readonly unitProperties: readonly DbusProperty[];
  readonly labels: Labels;
  /** When init makes the real process: where it joins, or when all is given up. `never`: init is that process. */
  readonly forks: "never" | "first" | "last";
  /** Where mounts of the host are cloned. */
  readonly cloneIn: "host" | "inside";
}
