import { SeccompError } from "./error.ts";

const SPEC_ALLOW = 4;

/** SECCOMP_FILTER_FLAG_* of linux/seccomp.h. */
const flagBits: ReadonlyMap<string, number> = new Map([
  ["SECCOMP_FILTER_FLAG_TSYNC", 1],
  ["SECCOMP_FILTER_FLAG_LOG", 2],
  ["SECCOMP_FILTER_FLAG_SPEC_ALLOW", SPEC_ALLOW],
]);

/** WAIT_KILLABLE_RECV: the kernel takes it only together with a notify listener. */
const notifyFlags: ReadonlySet<string> = new Set(["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]);

/** The flag names the compiler can carry out, for `features`. */
export const supportedFlags: readonly string[] = [...flagBits.keys()];

/**
 * Turns OCI flag names into seccomp(2)'s flags.
 *
 * Without a list the answer is SPEC_ALLOW, as in runc and crun: since Linux 5.16 the kernel no longer couples seccomp
 * to the speculative store bypass mitigation, and before it the coupling slows every process down. An empty list is 0.
 *
 * @throws {SeccompError} for an unknown flag, or one that only means something with SCMP_ACT_NOTIFY.
 */
export function filterFlags(flags: readonly string[] | undefined): number {
  if (flags === undefined) return SPEC_ALLOW;
  return flags.reduce((sum, flag, index) => {
    const pointer = `/linux/seccomp/flags/${index}`;
    if (notifyFlags.has(flag)) throw new SeccompError(pointer, `${flag} needs SCMP_ACT_NOTIFY: not yet carried out`);
    const bit = flagBits.get(flag);
    if (bit === undefined) throw new SeccompError(pointer, `unknown flag "${flag}"`);
    return sum | bit;
  }, 0);
}
