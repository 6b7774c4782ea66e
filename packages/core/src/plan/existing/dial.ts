import type { Plan } from "../../wire/op.ts";
import { createDraft } from "../draft/draft.ts";
import type { ProcessIdentity } from "../draft/options.ts";
import { cloneFlags } from "../namespaces/namespaces.ts";
import { openProcess } from "./open-process.ts";

/** Options of `planDial`. */
export interface DialOptions {
  /** A process of the container, which has its own user and network namespace. */
  readonly target: ProcessIdentity;
  /** A TCP port of the container's loopback interface. */
  readonly port: number;
  /** What the caller is sent with the connection. */
  readonly message: string;
}

/** Connects to a port of a container from the host, and sends the connection over the input slot `connections`. */
export function planDial({ target, port, message }: DialOptions): Plan {
  const draft = createDraft();
  const process = openProcess(draft, target);
  const socket = draft.input("connections", "socket");
  const namespaces = cloneFlags.user | cloneFlags.network;
  draft.add({ op: "dial", phase: "host", process, socket, name: message, namespaces, port });
  return draft.finish("host");
}
