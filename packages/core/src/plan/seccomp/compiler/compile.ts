import { SeccompError } from "../error.ts";
import { filterFlags } from "../flags.ts";
import type { SeccompProfile } from "../profile.ts";
import { actionValue, ENOSYS, ERRNO, KILL_THREAD, passesUnlisted } from "./action.ts";
import type { Arch } from "./arch.ts";
import { archOf, archOfOci, isKnownSyscall, X32_BIT } from "./arch.ts";
import { chainRules } from "./chain.ts";
import { emitProgram, INSTRUCTION_SIZE } from "./emit.ts";
import type { Node } from "./graph.ts";
import { ALL, Graph } from "./graph.ts";
import type { NamedRule } from "./rules.ts";
import { lastOf, mentionedNames, readRules, rulesByNumber } from "./rules.ts";
import type { Range } from "./search.ts";
import { rangesOf, searchTree } from "./search.ts";

/** BPF_MAXINSNS: the kernel refuses longer filters. */
export const MAX_INSTRUCTIONS = 4096;
const NOTIFY = "SCMP_ACT_NOTIFY";
const archOffset = 4;
const maxNumber = 0xffffffff;
const enosys = ERRNO + ENOSYS;

/** The machine the filter is for. */
export interface SeccompHost {
  /** As `uname -m` says: x86_64, aarch64 or riscv64. */
  readonly arch: string;
}

/** What a test may change; the planner passes nothing. */
export interface SeccompOptions {
  /**
   * Answers ENOSYS for calls newer than the newest the profile mentions, so that programs fall back instead of failing.
   * By default, as runc: when the default action refuses calls, unless it answers ENOSYS itself.
   */
  readonly enosysAbove?: boolean;
}

/** A compiled profile. */
export interface SeccompFilter {
  /** An array of struct sock_filter, little-endian, 8 bytes each. */
  readonly program: Uint8Array;
  /** Flags for seccomp(2). */
  readonly flags: number;
  /** Whether it hands calls to a listener. */
  readonly notifies: boolean;
  /** How many instructions the program has. */
  readonly instructions: number;
  /** Names in the profile that no table knows; they are ignored. */
  readonly unknown: readonly string[];
}

interface Context {
  readonly graph: Graph;
  readonly names: ReadonlySet<string>;
  readonly rules: readonly NamedRule[];
  readonly defaultAction: number;
  readonly otherwise: Node;
  readonly enosysAbove: boolean;
}

/**
 * Compiles `linux.seccomp` to a filter with the verdicts runc and crun give.
 *
 * @throws {SeccompError} with the JSON pointer of the field that cannot be compiled.
 */
export function compileSeccomp(
  profile: SeccompProfile,
  host: SeccompHost,
  options: SeccompOptions = {},
): SeccompFilter {
  const notifies = checkListener(profile);
  const defaultAction = actionValue({
    action: profile.defaultAction,
    actionPointer: "/linux/seccomp/defaultAction",
    errnoRet: profile.defaultErrnoRet,
    errnoPointer: "/linux/seccomp/defaultErrnoRet",
  });
  const graph = new Graph();
  const context: Context = {
    graph,
    names: mentionedNames(profile),
    rules: readRules(profile, defaultAction),
    defaultAction,
    otherwise: graph.end(defaultAction),
    enosysAbove: options.enosysAbove ?? (!passesUnlisted(profile.defaultAction) && defaultAction !== enosys),
  };
  const program = emitProgram(askArch(context, listArchs(profile, host)));
  const instructions = program.length / INSTRUCTION_SIZE;
  if (instructions > MAX_INSTRUCTIONS)
    throw new SeccompError(
      "/linux/seccomp/syscalls",
      `the filter needs ${instructions} instructions, the kernel takes ${MAX_INSTRUCTIONS}: remove conditions or architectures`,
    );
  return {
    program,
    flags: filterFlags(profile.flags, notifies),
    notifies,
    instructions,
    unknown: [...context.names].filter((name) => !isKnownSyscall(name)),
  };
}

/**
 * Whether calls are handed to a listener. A path without SCMP_ACT_NOTIFY is no error, as in runc. The first calls of a filter
 * cannot be handed on: init hands the listener itself on by them.
 */
function checkListener(profile: SeccompProfile): boolean {
  const rules = profile.syscalls ?? [];
  const { listenerPath = "" } = profile;
  const notifies = profile.defaultAction === NOTIFY || rules.some(({ action }) => action === NOTIFY);
  if (notifies && !listenerPath.startsWith("/"))
    throw new SeccompError("/linux/seccomp/listenerPath", `must be an absolute path: the profile uses ${NOTIFY}`);
  if (profile.defaultAction === NOTIFY)
    throw new SeccompError("/linux/seccomp/defaultAction", `${NOTIFY} cannot be used as default action`);
  rules.forEach(({ action, names }, index) => {
    if (action === NOTIFY && names.includes("write"))
      throw new SeccompError(`/linux/seccomp/syscalls/${index}`, `${NOTIFY} cannot be used for the write syscall`);
  });
  return notifies;
}

/** The native architecture first, whether listed or not; then the listed ones. */
function listArchs(profile: SeccompProfile, host: SeccompHost): readonly Arch[] {
  const native = archOf(host.arch);
  if (native === undefined || !native.wide)
    throw new SeccompError("/linux/seccomp", `no system call table for a ${host.arch} host`);
  const listed = (profile.architectures ?? []).map((name, index) => {
    const arch = archOfOci(name);
    if (arch === undefined)
      throw new SeccompError(`/linux/seccomp/architectures/${index}`, `unknown architecture "${name}"`);
    return arch;
  });
  return [...new Set([native, ...listed.filter((arch) => typeof arch === "object")])];
}

/** One branch for each token of seccomp_data.arch; all other tokens kill the thread. */
function askArch(context: Context, archs: readonly Arch[]): Node {
  const tokens = [...new Set(archs.map((arch) => arch.audit))];
  return tokens.reduceRight((next, token) => {
    const ranges = archs.filter((arch) => arch.audit === token).flatMap((arch) => archRanges(context, arch, archs));
    const found = searchTree(context.graph, ranges);
    return context.graph.ask({ offset: archOffset, mask: ALL, compare: "eq", operand: token }, found, next);
  }, context.graph.end(KILL_THREAD));
}

function archRanges(context: Context, arch: Arch, archs: readonly Arch[]): readonly Range[] {
  if (arch.table === "x32") return [...tableRanges(context, arch, X32_BIT, maxNumber), skippedCall(context, arch)];
  if (arch.table !== "x86_64") return [...tableRanges(context, arch, 0, maxNumber), skippedCall(context, arch)];
  const own = tableRanges(context, arch, 0, X32_BIT);
  if (archs.some((other) => other.table === "x32")) return own;
  // x32 calls share the token: unlisted, they are as foreign as any other architecture.
  return [...own, { from: X32_BIT, node: context.graph.end(KILL_THREAD) }, skippedCall(context, arch)];
}

/** Number -1: a tracer skipped the call, or a program made it; it never exists, and no x32 bit is meant by it. */
function skippedCall({ names, graph, otherwise, enosysAbove }: Context, arch: Arch): Range {
  const stub = enosysAbove && lastOf(names, arch) !== undefined;
  return { from: maxNumber, node: stub ? graph.end(enosys) : otherwise };
}

function tableRanges(context: Context, arch: Arch, from: number, end: number): readonly Range[] {
  const { graph, rules, otherwise } = context;
  const nodes = new Map<number, Node>();
  for (const [number, list] of rulesByNumber(rules, arch, context.defaultAction))
    nodes.set(number, chainRules(graph, list, arch.wide, otherwise));
  const last = context.enosysAbove ? lastOf(context.names, arch) : undefined;
  if (last === undefined) return rangesOf(nodes, from, end, otherwise);
  return [...rangesOf(nodes, from, last + 1, otherwise), { from: last + 1, node: graph.end(enosys) }];
}
