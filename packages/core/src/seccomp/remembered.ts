// Filters that were compiled before: most containers of an engine have the same profile.
import type { SeccompFilter, SeccompHost } from "./compiler/compile.ts";
import { compileSeccomp } from "./compiler/compile.ts";
import type { SeccompProfile } from "./profile.ts";

/** An engine has few profiles: its own, with the capabilities that are usual. */
const mostFilters = 16;

/** The longest profile that is remembered, as text: those of engines have 10,000 characters. */
const longestKey = 64 * 1024;

const filters = new Map<string, SeccompFilter>();

/** A text that no other profile has. JSON has no bigint, and a profile has no text where it has a number. */
function keyOf(profile: SeccompProfile, { arch }: SeccompHost): string {
  return JSON.stringify([arch, profile], (_key, value) => (typeof value === "bigint" ? `${value}` : value));
}

/**
 * Compiles a profile as `compileSeccomp` does, or gives again what that gave. The program is the caller's own.
 *
 * @throws {SeccompError} with the JSON pointer of the field that cannot be compiled.
 */
export function compileOnce(profile: SeccompProfile, host: SeccompHost): SeccompFilter {
  const key = keyOf(profile, host);
  const known = filters.get(key);
  const filter = known ?? compileSeccomp(profile, host);
  if (known === undefined && key.length <= longestKey) {
    if (filters.size === mostFilters) filters.clear();
    filters.set(key, filter);
  }
  return { ...filter, program: filter.program.slice() };
}
