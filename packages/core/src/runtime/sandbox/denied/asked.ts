// What of all that a program has asked for the sandbox has denied. The supervisor tells what a program asks for, and not what the
// kernel has answered: that is judged by what the sandbox shows, after it has ended.

import { shellWord } from "@coffer/spec";
import { noServer } from "../../../defaults/sandbox/etc.ts";
import { isOwnDevice, ownFiles } from "../../../defaults/sandbox/places.ts";
import type { PathRule } from "../../../defaults/sandbox/rules.ts";
import { ruleFor } from "../../../defaults/sandbox/rules.ts";
import { proxyPort } from "../../../egress/env.ts";
import { judgeUser } from "../../../egress/user-rules.ts";
import { isBeneath } from "../../../paths.ts";
import type { System } from "../../../system/port.ts";
import type { PreparedNetwork } from "../../egress/sandbox-network.ts";
import type { SandboxView } from "../files.ts";
import type { SandboxVerbOptions } from "../plan.ts";
import { findPath, rememberingNames } from "../real-path.ts";
import { systemRules } from "../seen.ts";
import type { Answer } from "../why.ts";
import { ownRules } from "../why.ts";
import { explainHost, explainProxy } from "./complaints.ts";
import { makeJudge, whyHeld, withoutTwins } from "./judge.ts";
import type { MadeNames } from "./made.ts";
import { rememberMade } from "./made.ts";
import type { Noted } from "./noted.ts";
import type { Asked } from "./watched.ts";

/** What of a sandbox its program was denied. */
export interface AskedOf {
  readonly view: SandboxView;
  /** `proxy`: hosts are reached through the proxy alone, which tells of those that it denies. `user`: the kernel denies by `rows`. */
  readonly network: Noted["network"];
  readonly rows?: Uint8Array | undefined;
  readonly hostPorts: readonly number[];
}

/** What of a sandbox counts for it. */
export function askedOf(
  { unsafe, network: { hostPorts = [] } = {} }: SandboxVerbOptions,
  view: SandboxView,
  network: PreparedNetwork | undefined,
): AskedOf {
  const rows = network?.user?.rules;
  const reaches = network?.access === undefined ? "none" : "proxy";
  const own = rows === undefined ? reaches : "user";
  return { view, network: unsafe?.includes("host-network") === true ? "host" : own, hostPorts, rows };
}

/** What a sandbox sees, of which paths cannot be written any more. */
export function withoutWrites(view: SandboxView, taken: readonly string[]): SandboxView {
  if (taken.length === 0) return view;
  const isTaken = (path: string): boolean => taken.some((one) => isBeneath(path, one));
  const rules = view.rules.map(
    (rule): PathRule => (rule.access === "write" && isTaken(rule.path) ? { ...rule, access: "read" } : rule),
  );
  return { ...view, rules };
}

/** They are of the kernel, and the same for every program; or the sandbox has its own. */
const everywhere = ["/proc", "/sys", ...ownFiles, "/etc/mtab", "/etc/resolv.conf"];

/**
 * Links of the host's programs lead there. Every program looks for these, and does without: ld.so(8) asks for its list first, and
 * Python keeps its bytecode where it can. What a sandbox may have of git's settings is in its HOME.
 */
const unmissed =
  /^\/(?:etc\/ld\.so\.preload|etc\/gitconfig|usr\/share\/locale\/locale\.alias|usr\/lib\/python3\.\d+\/sitecustomize\.py)$|\/__pycache__(?:\/|$)/;

const domainPort = 53;
/** What the kernel gives who asks for no port (/proc/sys/net/ipv4/ip_local_port_range). */
const firstEphemeral = 32_768;

const isLoopback = (host: string): boolean => host.startsWith("127.") || host === "::1";

type Host = Extract<Asked, { readonly op: "connect" | "bind" }>;

/** Ports of the loopback interface that nobody is to be told of: the program's own, and those that it was given. */
function ownPorts({ hostPorts }: AskedOf, asked: readonly Asked[]): ReadonlySet<number> {
  const bound = asked.flatMap((one) => (one.op === "bind" ? [one.port] : []));
  return new Set([proxyPort, domainPort, ...hostPorts, ...bound]);
}

function judgeHost({ network, rows }: AskedOf, own: ReadonlySet<number>, host: Host): readonly Answer[] {
  const { port, target } = host;
  if (network === "host") return [];
  // The server of the sandbox's own resolv.conf(5), which nobody is: a name was looked up. npm reads the file for nothing.
  if (host.host === noServer) return network === "none" ? [explainHost()] : [];
  if (isLoopback(host.host)) {
    const why = "the loopback interface is the sandbox's own";
    const isOwn = own.has(port) || port >= firstEphemeral;
    return isOwn ? [] : [{ op: "connect", target, allowed: false, why, add: `--host-port ${port}` }];
  }
  if (network === "none") return [explainHost(target)];
  if (rows !== undefined) {
    const refusal = judgeUser(rows, host);
    const add = refusal?.add === undefined ? {} : { add: `--allow ${shellWord(refusal.add)}` };
    return refusal === undefined ? [] : [{ op: "connect", target, allowed: false, why: refusal.why, ...add }];
  }
  return [explainProxy(target)];
}

/** What is judged; who makes a name needs to write there. */
const operations = { read: "read", write: "write", make: "write", dial: "connect" } as const;

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

/** Whether a directory is there as well, because something beneath it is. */
function leadsToShown({ rules }: SandboxView, dir: string): boolean {
  const isShown = ({ path, access }: PathRule): boolean => access !== "deny" && isBeneath(path, dir);
  return [...systemRules, ...ownRules, ...rules].some(isShown);
}

/** What a program looks for in vain on file systems of the sandbox's own comes last: there is much of it, and little is missed. */
function ownLast({ rules }: SandboxView, answers: readonly Answer[]): readonly Answer[] {
  const all = [...ownRules, ...rules];
  const isOwn = ({ target }: Answer): boolean => ruleFor(all, target)?.access === "tmp";
  return [...answers.filter((one) => !isOwn(one)), ...answers.filter(isOwn)];
}

/**
 * Judges what was asked for, in that order. What the program has made before is the sandbox's own, whatever the host has there:
 * `made` has that of programs before it, and gets that of this one.
 */
export function explainAsked(
  system: System,
  of: AskedOf,
  asked: readonly Asked[],
  made: MadeNames = rememberMade(),
): readonly Answer[] {
  // Most paths have their directories in common.
  const remembering = rememberingNames(system);
  const judge = makeJudge(remembering, of.view);
  const own = ownPorts(of, asked);
  const denied = asked.flatMap((one): readonly Answer[] => {
    const { op, target } = one;
    if (op === "bind") return [];
    if (op === "connect") return judgeHost(of, own, one);
    const isWritten = op === "write" || op === "make";
    if (isWritten) made.add(target);
    if (unmissed.test(target) || isOwnDevice(target) || everywhere.some((dir) => isBeneath(target, dir))) return [];
    const isThere = findPath(remembering, isWritten ? parentOf(target) || "/" : target) !== undefined;
    if (!isThere || (op === "read" && (made.has(target) || leadsToShown(of.view, target)))) return [];
    const answer =
      op === "remove"
        ? (judge(target, ["write"], false) ?? whyHeld(of.view, target, one.to))
        : judge(target, [operations[op]], op !== "make");
    return answer === undefined ? [] : [answer];
  });
  return ownLast(of.view, withoutTwins(denied));
}

/** So many names of a directory are listed one by one. */
const fewNames = 3;

/** Says of many names of a directory only the first, and how many there are: the rest is alike. */
export function gatherAnswers(answers: readonly Answer[]): readonly Answer[] {
  const groups = new Map<string, Answer[]>();
  for (const one of answers) {
    const key = `${one.op} ${one.why} ${parentOf(one.target)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length <= fewNames || first.op === "connect") return group;
    return [{ ...first, target: `${first.target} and ${group.length - 1} more of that directory` }];
  });
}
