// The launcher's procfs is a mount that nobody attaches. The kernel waits for every processor when the last descriptor of such a
// mount is closed. The launcher closes it while it would wait for init anyway: for its own end others wait.
import type { Plan } from "../../wire/op.ts";

const slot = "proc";

type Fields = Readonly<Record<string, unknown>>;

/** The op before which the launcher closes its procfs: it waits for init there, which makes the tree, and no op uses the procfs any more. */
function findWait({ ops }: Plan): number | undefined {
  let isDefined = false;
  let isTreeMade = false;
  let wait: number | undefined;
  for (let index = 0; index < ops.length; index++) {
    const op = ops[index];
    if (op === undefined) break;
    const { op: name, phase } = op;
    if (phase === "host") {
      if (name === "open-procfs") isDefined = true;
      continue;
    }
    if (!isDefined || phase !== "parent") break;
    const fields: Fields = op;
    // Each op that takes a procfs calls it so.
    if (fields.proc === slot || (name === "close" && fields.slot === slot)) wait = undefined;
    else if (name === "sync" || name === "await-exec") {
      if (isTreeMade) wait ??= index;
      else isTreeMade = name === "sync";
    }
  }
  return wait;
}

/** Has the launcher close its procfs where that costs nobody time: not where init has it too, as whoever closes last pays. */
export function closeProcfs(plan: Plan, isShared: boolean): Plan {
  const at = isShared ? undefined : findWait(plan);
  if (at === undefined) return plan;
  const close = {
    op: "close",
    phase: "parent",
    slot,
    why: "while init makes the tree, this costs nobody time",
  } as const;
  return { ...plan, ops: [...plan.ops.slice(0, at), close, ...plan.ops.slice(at)] };
}
