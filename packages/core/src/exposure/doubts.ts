// What of a plan nobody here knows: by the table of ops, by where their slots come from, by the inputs that it asks for.
import { hasDotDot } from "../paths.ts";
import type { Plan } from "../wire/op.ts";
import type { Doubt } from "./find.ts";
import { findOps, originsOf, placeOf } from "./find.ts";
import type { Subject } from "./index.ts";
import { modelOf } from "./models.ts";

/** Whether a socket gets nothing but sockets that listen in the container. */
function onlyListeners(plan: Plan, socket: string): boolean {
  const listening = new Set(findOps(plan, "listen").map(({ op }) => op.out));
  const sent = findOps(plan, "send-fd").filter(({ op }) => op.socket === socket);
  return sent.length > 0 && sent.every(({ op }) => listening.has(op.fd));
}

/** Whether a socket only gets what the program asks for. */
function onlyTold(plan: Plan, socket: string): boolean {
  const asking = plan.ops.filter((op) => Object.values(op).includes(socket));
  return asking.length > 0 && asking.every(({ op }) => op === "watch");
}

/** Inputs that can be told from what they are given as: a directory by its path, an open file. */
const known: ReadonlySet<string> = new Set(["dir", "file"]);

function doubtInputs({ plan, inputs = {}, made, egress }: Subject): readonly Doubt[] {
  return plan.inputs.flatMap(({ name, type }): readonly Doubt[] => {
    // The caller's own channel for sockets that listen inside: the rule about egress judges what answers them.
    if (type === "socket" && made === true && egress !== undefined && onlyListeners(plan, name)) return [];
    // The caller's own as well: nothing comes back by it.
    if (type === "socket" && made === true && onlyTold(plan, name)) return [];
    if (!known.has(type)) return [{ at: {}, what: `the input ${name} is a ${type}, which may be anything` }];
    // What has a path can be a directory, and a directory leads to the host's root.
    if (type === "file" && inputs[name] !== undefined)
      return [{ at: {}, what: `the input ${name} is given by a path, and not as an open file` }];
    return [];
  });
}

/** What is judged by its path alone: links are followed on the way, so that no `..` can be told from the words. */
const byName: ReadonlySet<string> = new Set(["open-namespace", "open-exec", "open-cgroup"]);

function doubtOps(plan: Plan): readonly Doubt[] {
  const origins = originsOf(plan);
  return plan.ops.flatMap((op, index): readonly Doubt[] => {
    const { is, slots = {} } = modelOf(op.op);
    const at = placeOf(op, index);
    if (is === "made") return [{ at, what: `what ${op.op} asks another program for is not known`, stored: true }];
    if (byName.has(op.op) && "path" in op && hasDotDot(op.path)) return [{ at, what: `${op.path} leads elsewhere` }];
    const fields = new Map<string, unknown>(Object.entries(op));
    return Object.entries(slots).flatMap(([field, allowed]) => {
      const slot = fields.get(field);
      const origin = typeof slot === "string" ? origins.get(slot) : undefined;
      if (typeof slot !== "string" || (origin !== undefined && allowed.includes(origin))) return [];
      return [{ at, what: `the ${field} of ${op.op} comes from ${origin ?? "nowhere"}` }];
    });
  });
}

/** Everything that is not known. What the runtime itself plans on the host's side is its own affair. */
export function readDoubts(subject: Subject, found: readonly Doubt[]): readonly Doubt[] {
  const { plan, made = false } = subject;
  if (plan.kind === "host" || plan.kind === "restore")
    return made ? [] : [{ at: {}, what: `a stored plan of kind ${plan.kind} acts on the host as it likes` }];
  return [...doubtInputs(subject), ...doubtOps(plan), ...found].filter(({ stored }) => !made || stored !== true);
}
