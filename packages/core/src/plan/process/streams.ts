import type { Context } from "../draft/draft.ts";
import type { ProcessOptions, TerminalMode } from "../draft/options.ts";
import { isMapped, setupId } from "../ids/ids.ts";
import type { Namespaces } from "../namespaces/namespaces.ts";
import type { ProcessEntry } from "./process.ts";

const streams = ["stdin", "stdout", "stderr"] as const;
const capChown = 1n;

/** The context of a plan with a process, and who gets its terminal. */
interface StreamContext extends Context {
  readonly namespaces: Namespaces;
  readonly terminal: TerminalMode;
}

/**
 * Gives the standard streams to the user of the process, so that the user may open `/dev/stdout`, as in runc and crun. Init does
 * so before it gives up its rights. In a user namespace the streams of a privileged caller have an owner that is not mapped,
 * so the launcher gives them away. A sandbox gets no file of the caller: only pipes can be opened again there.
 */
export function planStreams(context: StreamContext, options: ProcessOptions, { uid }: ProcessEntry): void {
  const { config, draft, facts, namespaces, terminal, processPointer } = context;
  if (terminal !== "none" || options.keepStreams === true) return;
  const mappings = config.linux?.uidMappings ?? [];
  const inUserns = namespaces.has("user");
  const outside = mappings.find((mapping) => isMapped(uid, [mapping]));
  const isLaunchers = inUserns && outside !== undefined && (facts.capabilities & capChown) !== 0n;
  const owner = isLaunchers ? outside.hostID + uid - outside.containerID : uid;
  const giver = inUserns && !isLaunchers ? setupId(mappings) : facts.uid;
  if (owner === giver) return;
  if (options.keepStreams === "reopened" && !isLaunchers) return;
  for (const name of streams) {
    const stream = draft.input(name, "file");
    const from = `${processPointer}/user/uid`;
    const why = "the user may open /dev/stdout";
    if (options.keepStreams === "reopened") draft.add({ op: "reopen-stream", phase: "parent", stream, from, why });
    else draft.add({ op: "own-stream", phase: isLaunchers ? "parent" : "drop", stream, uid: owner, from, why });
  }
}
