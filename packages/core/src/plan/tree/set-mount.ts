import type { OpOf } from "../../wire/op.ts";
import type { Draft } from "../draft/draft.ts";

type SetMount = OpOf<"set-mount">;

/** Changes a mount. What is not named stays as it is. */
export function setMount(draft: Draft, how: Pick<SetMount, "phase" | "tree"> & Partial<SetMount>): void {
  const { phase, tree, ...changes } = how;
  draft.add({ op: "set-mount", phase, tree, set: 0, clear: 0, propagation: 0, recursive: 0, ...changes });
}
