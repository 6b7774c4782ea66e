// Filters that were compiled before, for a process that runs many containers. The native front compiles each time.
import type { SeccompFilter, SeccompHost } from "./compiler/compile.ts";
import { compileSeccomp } from "./compiler/compile.ts";
import type { SeccompArg, SeccompProfile } from "./profile.ts";

/** An engine has few profiles: its own, with the capabilities that are usual. */
const mostFilters = 16;

/** The longest profile that is remembered, as text: those of engines have 10,000 characters. */
const longestKey = 64 * 1024;

const filters = new Map<string, SeccompFilter>();

/** JSON has no bigint. A replacer of JSON.stringify would be called for each name of a profile. */
function argsOf(args: readonly SeccompArg[] | undefined) {
  return args?.map(({ index, value, valueTwo, op }) => [index, `${value}`, `${valueTwo}`, op]);
}

/** A text that no profile with another filter has. */
function filterKey(profile: SeccompProfile, { arch }: SeccompHost): string {
  const syscalls = profile.syscalls?.map((rule) =>
    rule.args === undefined ? rule : { ...rule, args: argsOf(rule.args) },
  );
  return JSON.stringify([arch, { ...profile, syscalls }]);
}

/**
 * Compiles a profile as `compileSeccomp` does, or gives again what that gave. The program is the caller's own.
 *
 * @throws {SeccompError} with the JSON pointer of the field that cannot be compiled.
 */
export function compileOnce(profile: SeccompProfile, host: SeccompHost): SeccompFilter {
  const key = filterKey(profile, host);
  const known = filters.get(key);
  const filter = known ?? compileSeccomp(profile, host);
  if (known === undefined && key.length <= longestKey) {
    if (filters.size === mostFilters) filters.clear();
    filters.set(key, filter);
  }
  return { ...filter, program: filter.program.slice() };
}
