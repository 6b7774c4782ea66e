import { SeccompError } from "./error.ts";

const SPEC_ALLOW = 4;

/** SECCOMP_FILTER_FLAG_* of linux/seccomp.h. */
const flagBits: ReadonlyMap<string, number> = new Map([
  ["SECCOMP_FILTER_FLAG_TSYNC", 1],
  ["SECCOMP_FILTER_FLAG_LOG", 2],
  ["SECCOMP_FILTER_FLAG_SPEC_ALLOW", SPEC_ALLOW],
]);

const TSYNC = 1;

/** The kernel takes these only together with a listener. */
const listenerFlags: ReadonlyMap<string, number> = new Map([["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 32]]);

/** The flag names the compiler can carry out, for `features`. */
export const supportedFlags: readonly string[] = [...flagBits.keys(), ...listenerFlags.keys()];

/** A listener and other threads at once is more than the call's answer can tell. No other thread of init needs the filter. */
export function withListener(flags: number): number {
  return flags & ~TSYNC;
}

/**
 * Turns OCI flag names into seccomp(2)'s flags.
 *
 * Without a list the answer is SPEC_ALLOW, as in runc and crun. Before Linux 5.16 the kernel couples seccomp to the
 * mitigation of speculative store bypass, which slows every process down. An empty list is 0.
 *
 * @throws {SeccompError} for an unknown flag, or one that only means something with SCMP_ACT_NOTIFY.
 */
export function filterFlags(flags: readonly string[] | undefined, notifies: boolean): number {
  if (flags === undefined) return SPEC_ALLOW;
  const all = flags.reduce((sum, flag, index) => {
    const pointer = `/linux/seccomp/flags/${index}`;
    if (listenerFlags.has(flag) && !notifies)
      throw new SeccompError(pointer, `${flag} needs SCMP_ACT_NOTIFY, which the profile does not use`);
    const bit = flagBits.get(flag) ?? listenerFlags.get(flag);
    if (bit === undefined) throw new SeccompError(pointer, `unknown flag "${flag}"`);
    return sum | bit;
  }, 0);
  return notifies ? withListener(all) : all;
}
