import { compileRequest } from "../../verify/wasm.ts";
import { INSTRUCTION_SIZE } from "../bpf.ts";
import { SeccompError } from "../error.ts";
import { filterFlags } from "../flags.ts";
import type { SeccompProfile } from "../profile.ts";
import { actionValue, ENOSYS, ERRNO, passesUnlisted } from "./action.ts";
import type { Arch } from "./arch.ts";
import { archOf, archOfOci } from "./arch.ts";
import { makeRequest } from "./request.ts";
import { readEntries } from "./rules.ts";

/** BPF_MAXINSNS: the kernel refuses longer filters. */
export const MAX_INSTRUCTIONS = 4096;
const NOTIFY = "SCMP_ACT_NOTIFY";
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
  const { request, unknown } = makeRequest({
    defaultAction,
    enosysAbove: options.enosysAbove ?? (!passesUnlisted(profile.defaultAction) && defaultAction !== enosys),
    archs: listArchs(profile, host),
    entries: readEntries(profile, defaultAction),
  });
  const program = compileRequest(request);
  if (program === undefined)
    throw new SeccompError(
      "/linux/seccomp/syscalls",
      `the filter needs more than ${MAX_INSTRUCTIONS} instructions, and the kernel takes no more: remove conditions or architectures`,
    );
  const instructions = program.length / INSTRUCTION_SIZE;
  return { program, flags: filterFlags(profile.flags, notifies), notifies, instructions, unknown };
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
  const archs = [...new Set([native, ...listed.filter((arch) => typeof arch === "object")])];
  // Its numbers are the larger ones of its token.
  return archs.toSorted((a, b) => Number(a.table === "x32") - Number(b.table === "x32"));
}
