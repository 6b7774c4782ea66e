import type { HostFacts } from "./facts.ts";

/** CAP_SETGID and CAP_SETUID: with both the caller writes any map itself. */
const setIdCaps = (1n << 6n) | (1n << 7n);

/** Whether the caller writes id maps itself, whatever is in them: it needs no subordinate ids. */
export function writesAnyIdMap({ capabilities }: Pick<HostFacts, "capabilities">): boolean {
  return (capabilities & setIdCaps) === setIdCaps;
}
