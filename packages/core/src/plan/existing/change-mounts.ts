import type { Plan, SlotName } from "../../wire/op.ts";
import { createDraft } from "../draft/draft.ts";
import type { ProcessIdentity } from "../draft/options.ts";
import { cloneFlags } from "../namespaces/namespaces.ts";
import { openProcess } from "./open-process.ts";

/** Options of `planChangeMounts`. */
export interface ChangeMountsOptions {
  /** A process of the container, which has a mount namespace of its own. */
  readonly target: ProcessIdentity;
  /** It has a user namespace of its own, too. */
  readonly ownsUsers: boolean;
  /** Input slots: the roots of mounts, which were opened when nobody inside could exchange them. */
  readonly mounts: readonly SlotName[];
  /** Read-only, with all that is mounted beneath; else writable, each mount by itself. */
  readonly readonly: boolean;
}

/** Changes what a container that runs may write. No path is looked up. */
export function planChangeMounts({ target, ownsUsers, mounts, readonly }: ChangeMountsOptions): Plan {
  const draft = createDraft();
  const process = openProcess(draft, target);
  const namespaces = cloneFlags.mount | (ownsUsers ? cloneFlags.user : 0);
  const how = readonly ? { readonly: 1, recursive: 1 } : { readonly: 0, recursive: 0 };
  for (const name of mounts) {
    const mount = draft.input(name, "object");
    draft.add({ op: "change-mount", phase: "host", process, mount, namespaces, ...how });
  }
  return draft.finish("host");
}
