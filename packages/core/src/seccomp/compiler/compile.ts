import { SeccompError } from "../error.ts";
import { filterFlags } from "../flags.ts";
import type { SeccompProfile } from "../profile.ts";
import { actionValue, ENOSYS, ERRNO, KILL_THREAD, passesUnlisted } from "./action.ts";
import type { Arch } from "./arch.ts";
import { archOf, archOfOci, X32_BIT } from "./arch.ts";
import type { CallContext } from "./calls.ts";
import { visitCalls } from "./calls.ts";
import { emitProgram, INSTRUCTION_SIZE } from "./emit.ts";
import type { Node } from "./graph.ts";
import { ALL, compare, Graph } from "./graph.ts";
import { lastNamed, readRules } from "./rules.ts";
import type { Ranges } from "./search.ts";
import { addRange, searchTree } from "./search.ts";

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

interface CompileContext extends CallContext {
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
  const context: CompileContext = {
    graph,
    rules: readRules(profile, defaultAction, graph),
    defaultAction,
    otherwise: graph.end(defaultAction),
    enosysAbove: options.enosysAbove ?? (!passesUnlisted(profile.defaultAction) && defaultAction !== enosys),
  };
  const program = emitProgram(graph, askArch(context, listArchs(profile, host)));
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
    unknown: context.rules.unknown,
  };
}

/**
 * Whether calls are handed to a listener. A path without SCMP_ACT_NOTIFY is no error, as in runc; and as in runc `write` cannot
 * be handed on.
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
function askArch(context: CompileContext, archs: readonly Arch[]): Node {
  const { graph } = context;
  const tokens = [...new Set(archs.map((arch) => arch.audit))];
  return tokens.reduceRight((next, token) => {
    const ranges: Ranges = { from: [], nodes: [] };
    for (const arch of archs) if (arch.audit === token) addArch(context, arch, archs, ranges);
    const found = searchTree(graph, ranges);
    return graph.ask(archOffset, ALL, compare.eq, token, found, next);
  }, graph.end(KILL_THREAD));
}

function addArch(context: CompileContext, arch: Arch, archs: readonly Arch[], ranges: Ranges): void {
  const { graph } = context;
  if (arch.table !== "x86_64") {
    addTable(context, arch, arch.table === "x32" ? X32_BIT : 0, maxNumber, ranges);
    addSkipped(context, arch, ranges);
    return;
  }
  addTable(context, arch, 0, X32_BIT, ranges);
  if (archs.some((other) => other.table === "x32")) return;
  // x32 calls share the token: unlisted, they are as foreign as any other architecture.
  addRange(ranges, X32_BIT, graph.end(KILL_THREAD));
  addSkipped(context, arch, ranges);
}

/** Number -1: a tracer skipped the call, or a program made it; it never exists, and no x32 bit is meant by it. */
function addSkipped({ rules, graph, otherwise, enosysAbove }: CompileContext, arch: Arch, ranges: Ranges): void {
  const stub = enosysAbove && lastNamed(rules, arch) !== undefined;
  addRange(ranges, maxNumber, stub ? graph.end(enosys) : otherwise);
}

/** The calls of a table, and the numbers between them. `from` and `end` bound the numbers covered. */
function addTable(context: CompileContext, arch: Arch, from: number, end: number, ranges: Ranges): void {
  const { graph, rules, otherwise, enosysAbove } = context;
  const last = enosysAbove ? lastNamed(rules, arch) : undefined;
  let next = from;
  visitCalls(context, arch, (start, behind, node) => {
    if (start > next) addRange(ranges, next, otherwise);
    addRange(ranges, start, node);
    next = behind;
  });
  if (next < (last === undefined ? end : last + 1)) addRange(ranges, next, otherwise);
  if (last !== undefined) addRange(ranges, last + 1, graph.end(enosys));
}
