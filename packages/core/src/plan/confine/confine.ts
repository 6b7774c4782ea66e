import { InternalError } from "../../errors.ts";
import type { Arch } from "../../host/facts.ts";
import type { OpOf, Plan, PlanOp } from "../../wire/op.ts";
import { confineFilters } from "./filters.gen.ts";
import type { Ending } from "./waiting-needs.ts";
import { endings, needsOf } from "./waiting-needs.ts";

const allFs = 0xffff;
/** LANDLOCK_ACCESS_NET_*: TCP bind and connect. */
const allNet = 0x3;
/** LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET; the one for signals would forbid those to the container, which is outside. */
const abstractSockets = 0x1;

/** Loading costs some 40 µs, which a container that ends at once would have to wait for. */
const afterMs = 20;

const isEnding = (name: string): name is Ending => name in endings;

/** Where these ops lead; the planner knows what it plans. */
function endingOf(after: readonly PlanOp[]): Ending {
  const named = new Set<string>(after.map(({ op }) => op).filter((op) => op !== "close" && op !== "report"));
  const found = Object.entries(endings).find(
    ([, ops]) => ops.length === named.size && ops.every((op) => named.has(op)),
  );
  if (found === undefined || !isEnding(found[0])) throw new InternalError(`no filter for ${[...named].join(", ")}`);
  return found[0];
}

/** The op for a launcher that makes these ops after it. */
export function confineFor(wait: OpOf<"wait">, after: readonly PlanOp[], arch: Arch): OpOf<"confine"> {
  const ending = endingOf(after);
  return {
    op: "confine",
    phase: "parent",
    process: wait.process,
    ...(wait.pty === undefined ? {} : { pty: wait.pty }),
    program: confineFilters[arch][ending].slice(),
    fs: needsOf(["wait", ...endings[ending]]).reduce((left, need) => left & ~need.fs, allFs),
    net: allNet,
    scoped: abstractSockets,
    afterMs,
    why: "a launcher that waits needs little",
  };
}

/** Has the launcher give up, before it waits, what neither that nor what comes after it needs. */
export function confineWaiting(plan: Plan, arch: Arch): Plan {
  const wait = plan.ops.find((each) => each.op === "wait");
  if (wait?.op !== "wait") return plan;
  const at = plan.ops.indexOf(wait);
  // The ops of a phase are together.
  const behind = plan.ops.findIndex(({ phase }, index) => index > at && phase !== "parent");
  const after = plan.ops.slice(at + 1, behind < 0 ? undefined : behind);
  return { ...plan, ops: [...plan.ops.slice(0, at), confineFor(wait, after, arch), ...plan.ops.slice(at)] };
}
