import { stringifyJson } from "@coffer/spec";
import type { SeccompFilter } from "../../seccomp/index.ts";
import { pushText } from "../../wire/utf8.ts";
import type { Context } from "../draft/draft.ts";
import type { Roots } from "../draft/roots.ts";
import { handsSendingOn, listens } from "../process/filter.ts";
import type { HookState } from "../process/hooks.ts";

/** What is sent to whoever answers the calls that a filter hands on. */
export interface Listener {
  readonly socket: string;
  readonly message: Uint8Array;
  readonly pidAt: number;
  readonly statePidAt: number;
  readonly flags?: readonly ["beside"];
}

const pidSpace = " ".repeat(10);
const nowhere = 0xffffffff;

/** Connects to the listener's socket before anything is made; init sends over it once the filter holds. */
export function planListener(
  context: Context,
  roots: Roots,
  filter: SeccompFilter | undefined,
  state: HookState,
  initPid: number | undefined,
): Listener | undefined {
  const { config, draft } = context;
  const { listenerPath: path, listenerMetadata } = config.linux?.seccomp ?? {};
  if (filter === undefined || path === undefined || !listens(context, filter)) return undefined;
  const socket = "listener";
  const from = "/linux/seccomp/listenerPath";
  draft.add({ op: "connect-socket", phase: "host", at: roots.host(), path, out: socket, from });
  const message = printMessage(state, initPid, listenerMetadata ?? "");
  return { socket, ...message, ...(handsSendingOn(context, filter) ? { flags: ["beside"] } : {}) };
}

/** The container process state of the spec. `initPid`: that of the container, where it is not the process itself. */
function printMessage(
  state: HookState,
  initPid: number | undefined,
  metadata: string,
): Omit<Listener, "socket" | "flags"> {
  const { ociVersion, ...rest } = state;
  const bytes: number[] = [];
  const add = (text: string): number => {
    pushText(bytes, text);
    return bytes.length;
  };
  const head = stringifyJson({ ociVersion, fds: ["seccompFd"], ...(metadata === "" ? {} : { metadata }) });
  const pidAt = add(`${head.slice(0, -1)},"pid":${pidSpace}`) - pidSpace.length;
  const status = initPid === undefined ? "creating" : "running";
  const inner = stringifyJson({ ociVersion, ...rest, status }).slice(0, -1);
  const end = add(`,"state":${inner},"pid":${initPid ?? pidSpace}`);
  add("}}");
  return { message: new Uint8Array(bytes), pidAt, statePidAt: initPid === undefined ? end - pidSpace.length : nowhere };
}
