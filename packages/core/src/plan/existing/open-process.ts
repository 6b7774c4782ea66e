import type { SlotName } from "../../wire/op.ts";
import type { Draft } from "../draft/draft.ts";
import type { ProcessIdentity } from "../draft/options.ts";

/**
 * Opens a container's init, and no other process: by the inode of its pidfd where that is known, else by its start time,
 * which takes a procfs. The slot `target`.
 */
export function openProcess(draft: Draft, { pid, startTime, inode }: ProcessIdentity): SlotName {
  const byInode = BigInt(inode) !== 0n;
  if (!byInode)
    draft.add({
      op: "open-procfs",
      phase: "host",
      out: "proc",
      why: "the launcher's own: /proc itself is not trusted",
    });
  draft.add({
    op: "open-process",
    phase: "host",
    ...(byInode ? {} : { proc: "proc" }),
    pid,
    startTime,
    inode,
    out: "target",
    why: "the container's init, and no other process",
  });
  return "target";
}
