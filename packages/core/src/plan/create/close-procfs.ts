// The launcher's procfs is a mount that nobody attaches. The kernel waits for every processor when the last descriptor of such a
// mount is closed. The launcher closes it while it would wait for init anyway: for its own end others wait.
import type { Plan, PlanOp } from "../../wire/op.ts";

const slot = "proc";

/** Each op that takes a procfs calls it so. */
const uses = (op: PlanOp): boolean => ("proc" in op && op.proc === slot) || (op.op === "close" && op.slot === slot);

const waits = ({ op }: PlanOp): boolean => op === "sync" || op === "await-exec";

/** Has the launcher close its procfs before it next waits for init, once init makes the tree and no op uses the procfs any more. */
export function closeProcfs(plan: Plan): Plan {
  const { ops } = plan;
  const isDefined = ops.some(({ op }) => op === "open-procfs");
  // Init has a descriptor of its own then, and whoever closes last pays.
  const isShared = ops.some((op) => op.phase !== "host" && op.phase !== "parent" && uses(op));
  if (!isDefined || isShared) return plan;
  const met = ops.findIndex(({ op, phase }) => phase === "parent" && op === "sync");
  const last = Math.max(met, ops.findLastIndex(uses));
  const at = ops.findIndex((op, index) => index > last && op.phase === "parent" && waits(op));
  if (met < 0 || at < 0) return plan;
  const close = {
    op: "close",
    phase: "parent",
    slot,
    why: "while init makes the tree, this costs nobody time",
  } as const;
  return { ...plan, ops: [...ops.slice(0, at), close, ...ops.slice(at)] };
}
