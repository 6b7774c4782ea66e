// Ports of the container's loopback interface that the caller answers: no process of ours is in the container for them.
import type { CreateContext } from "../create/context.ts";

const input = "listeners";

/** The launcher's part: it has nothing to do with the caller's socket once init has the socket. */
export function planListenersParent({ draft, options }: Pick<CreateContext, "draft" | "options">): void {
  if (isAsked(options)) draft.add({ op: "close", phase: "parent", slot: input });
}

/** Init's part: listens before anything of the container can take the ports, and keeps no socket. */
export function planListeners({ draft, options }: Pick<CreateContext, "draft" | "options">): void {
  if (!isAsked(options)) return;
  draft.input(input, "socket");
  for (const { port, message } of options.listeners ?? []) {
    const out = `port-${port}`;
    draft.add({ op: "listen", phase: "inside", port, out, why: "the caller answers what connects to this port" });
    draft.add({ op: "send-fd", phase: "inside", socket: input, fd: out, name: message });
  }
  draft.add({ op: "close", phase: "inside", slot: input });
}

function isAsked({ listeners = [] }: CreateContext["options"]): boolean {
  return listeners.length > 0;
}
