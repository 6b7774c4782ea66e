import type { Plan } from "../../wire/op.ts";
import { createDraft } from "../draft/draft.ts";
import type { ProcessIdentity } from "../draft/options.ts";
import { createRoots } from "../draft/roots.ts";
import { openProcess } from "../existing/open-process.ts";
import type { DumpRequest } from "./request.ts";
import { dumpRequest } from "./request.ts";
import { criuTimeoutMs, openCriu, startCriu } from "./start.ts";

/** Options of `planCheckpoint`. */
export interface CheckpointOptions extends Omit<DumpRequest, "pid"> {
  readonly target: ProcessIdentity;
  /** CRIU's path on the host. */
  readonly criu: string;
}

/** Has CRIU write a container's processes into the input slot `images`; unless they are left running they end. */
export function planCheckpoint({ target, criu, ...dump }: CheckpointOptions): Plan {
  const draft = createDraft();
  openCriu(draft, createRoots(draft), criu);
  openProcess(draft, target);
  startCriu(draft, { program: criu, hasWork: dump.hasWork, namespaces: 0, propagation: 0, attrs: 0 });
  draft.add({
    op: "ask-criu",
    phase: "host",
    request: dumpRequest({ ...dump, pid: target.pid }),
    timeoutMs: criuTimeoutMs,
    why: dump.preDump ? "writes the memory, and lets the processes go on" : "writes the processes",
  });
  return draft.finish("host");
}
