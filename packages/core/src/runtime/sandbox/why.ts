// Whether a sandbox may read, write or connect, why, and what would allow it: told from what the sandbox would be made of.

import { shellWord } from "@coffer/spec";
import { maskedPaths } from "../../defaults/default-config.ts";
import { defaultSizes } from "../../defaults/sandbox/mounts.ts";
import { covering, home, isOfKernel, isOwnDevice, ownFiles } from "../../defaults/sandbox/places.ts";
import type { PathRule } from "../../defaults/sandbox/rules.ts";
import { ruleFor } from "../../defaults/sandbox/rules.ts";
import type { Rules, Target } from "../../egress/rules.ts";
import { judgeTarget, printTarget } from "../../egress/rules.ts";
import { judgeUser } from "../../egress/user-rules.ts";
import { isBeneath, joinPath } from "../../paths.ts";
import type { System } from "../../system/port.ts";
import type { SandboxView } from "./files.ts";
import { guardReason } from "./files.ts";
import { leadsTo } from "./real-path.ts";
import { whyOwned } from "./rights/owners.ts";
import { systemRules } from "./seen.ts";

/** What a program wants to do. */
export type Operation = "read" | "write" | "connect";

/** Whether it may. */
export interface Answer {
  readonly op: Operation | "make";
  readonly target: string;
  readonly allowed: boolean;
  readonly why: string;
  /** The flag that would allow it, where one would: words of a shell. A program may have chosen its path or host. */
  readonly add?: string;
}

type Verdict = Omit<Answer, "op" | "target">;

const yes = (why: string): Verdict => ({ allowed: true, why });
const no = (why: string, add?: string): Verdict => ({ allowed: false, why, ...(add === undefined ? {} : { add }) });

const own = "a file system of the sandbox's own";

/** File systems of the sandbox's own. A path of the host that is beneath one of them is not there. */
export const ownRules: readonly PathRule[] = [
  ...Object.keys(defaultSizes).filter((path) => path !== "/home"),
  home,
  "/proc",
].map((path) => ({ path, access: "tmp", from: own }));

/** Whether the sandbox has something of its own where the rule counts: nothing of the host is there. */
const isOwn = ({ access }: PathRule): boolean => access === "tmp";

/** Whether a guard keeps something from being written. */
export const isGuardedAnswer = ({ why }: Answer): boolean =>
  /^(?:leads to .*: )?guarded(?::|, and missing:) /s.test(why);

function judgeWrite(view: SandboxView, rule: PathRule, path: string): Verdict {
  const guard = view.guards.guards.find((one) => one.readonly && isBeneath(path, one.path));
  if (guard !== undefined) return no(`guarded: ${guardReason}`, `--write ${shellWord(guard.path)}`);
  if (rule.access === "overlay") return yes(`${rule.from}; the overlay takes it, and the host's file stays as it is`);
  if (view.fenced && view.guards.missing.some((one) => isBeneath(path, one)))
    return no(`guarded, and missing: ${guardReason}`);
  if (rule.access === "write")
    return view.guards.missing.includes(path)
      ? yes(`${rule.from}; ${guardReason}, and you are told at the end`)
      : yes(`${rule.from}`);
  const isTree = rule.path === view.tree;
  return no(`${rule.from}: can only be read`, isTree ? "--rw" : `--write ${shellWord(path)}`);
}

const yesOwn = yes("the sandbox has its own");

/** Directories of /dev in which a program makes names of its own; those of terminals and queues have no name of the host. */
const madeInDev = /^\/dev\/(?:mqueue|pts|shm)\//;

/** Paths in /proc and /dev: no flag shows anything of the host there. */
function judgeKernel(path: string, op: "read" | "write"): Verdict {
  if (maskedPaths.some((one) => isBeneath(path, one))) return no("hidden: it tells of the whole machine");
  if (madeInDev.test(path))
    return op === "write" ? yes(`${own}: gone with the sandbox`) : no(`${own}: the host's is not there`);
  if (isBeneath(path, "/dev") && !isOwnDevice(path)) return no("a sandbox has its own devices, and none of the host");
  const isOther = /^\/proc\/(?!1(?:\/|$))\d/.test(path);
  if (isOther) return no("the sandbox has its own processes, and shows none of the host");
  const isKept = op === "write" && isBeneath(path, "/proc") && !/^\/proc\/(?:thread-)?self\//.test(path);
  return isKept ? no(`${own}: can only be read`) : yesOwn;
}

function judgePath(view: SandboxView, path: string, op: "read" | "write"): Verdict {
  if (op === "read" && ownFiles.includes(path) && ruleFor(view.rules, path) === undefined)
    return yes("the sandbox has a file of its own there");
  if (isOfKernel(path)) return judgeKernel(path, op);
  const rule = ruleFor([...systemRules.filter((one) => one.path !== "/proc"), ...ownRules, ...view.rules], path);
  const isCovering = covering.includes(path);
  if (op === "read" && isCovering && (rule === undefined || isOwn(rule))) return yesOwn;
  const add = isCovering ? undefined : `--${op} ${shellWord(path)}`;
  if (rule === undefined) return no("the sandbox does not show it", add);
  if (rule.access === "deny") return rule.from === "--deny" ? no("hidden by --deny") : no(`hidden: ${rule.from}`, add);
  if (isOwn(rule))
    return op === "write"
      ? yes(`${rule.from}: gone with the sandbox`)
      : no(`${rule.from}: the host's is not there`, add);
  return op === "read" ? yes(`${rule.from}`) : judgeWrite(view, rule, path);
}

/** A socket that is seen can be connected to, in a tree that can only be read as well. */
function judgeSocket(view: SandboxView, path: string): Verdict {
  const { allowed, why, add } = judgePath(view, path, "read");
  return allowed ? yes(why) : no(why, add && `--socket ${shellWord(path)}`);
}

const judge = (view: SandboxView, path: string, op: Operation): Verdict =>
  op === "connect" ? judgeSocket(view, path) : judgePath(view, path, op);

/** What of the host is written counts as its owner has it. */
function withOwner(system: System, view: SandboxView, path: string, verdict: Verdict, owned: string): Verdict {
  const isWritten = verdict.allowed ? ruleFor(view.rules, path)?.access === "write" : verdict.add !== undefined;
  const why = isWritten ? whyOwned(system, view, owned) : undefined;
  if (why === undefined) return verdict;
  return no(verdict.allowed ? why : `${verdict.why}, and ${why}`);
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

/** Where a name is, whatever it is. */
const placeOf = (system: System, path: string): string =>
  joinPath(leadsTo(system, parentOf(path)), path.slice(path.lastIndexOf("/") + 1));

/**
 * Judges a path of the host; absolute. A link must be seen itself, and what it leads to as well. Without `follows` the name is judged
 * alone: calls such as symlink(2) follow no link there.
 */
export function whyPath(system: System, view: SandboxView, path: string, op: Operation, follows = true): Answer {
  // Links there lead to what this process has open, or to the host's devices.
  const real = isOfKernel(path) ? path : follows ? leadsTo(system, path) : placeOf(system, path);
  const first = judge(view, path, op === "write" ? "read" : op);
  const isSeen = first.allowed || real === path;
  const judged = isSeen ? judge(view, real, op) : first;
  // Who makes, moves or removes a name writes its directory.
  const owned = follows ? real : parentOf(real);
  const verdict = isSeen && op === "write" ? withOwner(system, view, real, judged, owned) : judged;
  const why = real === path || !isSeen ? verdict.why : `leads to ${real}: ${verdict.why}`;
  return { op, target: path, ...verdict, why };
}

const loopback: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1"]);

/** Judges a host. Addresses that a name leads to are judged when they are known. `rows`: of a user-mode network. */
export function whyHost(rules: Rules, hostPorts: readonly number[], target: Target, rows?: Uint8Array): Answer {
  const said = { op: "connect", target: printTarget(target) } as const;
  if (loopback.has(target.host)) {
    if (hostPorts.includes(target.port)) return { ...said, ...yes("--host-port") };
    return { ...said, ...no("the loopback interface is the sandbox's own", `--host-port ${target.port}`) };
  }
  const refusal = rows === undefined ? judgeTarget(rules, target) : judgeUser(rows, target);
  const by = rows === undefined ? "--allow" : "--net user";
  if (refusal === undefined)
    return { ...said, ...yes(`${by}, if its addresses are public ones or have rules of their own`) };
  const { why, add } = refusal;
  return { ...said, ...no(why, add === undefined ? undefined : `--allow ${shellWord(add)}`) };
}
