import type { SlotName } from "../../wire/op.ts";
import type { Draft } from "./draft.ts";

/** The root of the host, opened once on each side that needs it. */
export interface Roots {
  /** The launcher's. */
  host(): SlotName;
  /** Init's own copy, before the root transition. */
  inside(): SlotName;
  /** That of a phase. */
  of(phase: "host" | "inside"): SlotName;
  /** Closes init's, which must not live through the root transition. */
  closeInside(): void;
}

/** Opens roots lazily. */
export function createRoots(draft: Draft): Roots {
  const opened = new Set<"host" | "inside">();
  const names = { host: "host-root", inside: "old-root" } as const;
  const open = (phase: "host" | "inside"): SlotName => {
    if (!opened.has(phase))
      draft.add({ op: "open-root", phase, out: names[phase], why: "what host paths are resolved beneath" });
    opened.add(phase);
    return names[phase];
  };
  return {
    host: () => open("host"),
    inside: () => open("inside"),
    of: open,
    closeInside() {
      if (opened.delete("inside")) draft.add({ op: "close", phase: "inside", slot: names.inside });
    },
  };
}
