// Filters that were compiled in earlier calls. An engine gives the same profile to all of its containers, and calls a process for
// each. A filter is a pure function of its profile and the machine: it is kept by the digest of both (decision 0043).
import type { SeccompFilter, SeccompProfile } from "../../seccomp/index.ts";
import { filterKey, recallFilter, rememberFilter } from "../../seccomp/index.ts";
import type { System } from "../../system/port.ts";
import { encodeText } from "../../wire/utf8.ts";
import { joinContent, openKeptFiles, splitContent } from "../sandbox/known/store.ts";

/** A shorter one is compiled as quickly as it is looked for. */
const leastProfile = 2048;

/** Plans something with a profile, whose filter is taken from an earlier call, or kept for later ones. */
export function withKeptFilter<T>(
  system: System,
  profile: SeccompProfile | undefined,
  host: { readonly arch: "x86_64" | "aarch64" },
  plan: () => T,
): T {
  if (profile === undefined || system.build === undefined) return plan();
  const text = filterKey(profile, host);
  if (text.length < leastProfile || recallFilter(text) !== undefined) return plan();
  const files = openKeptFiles(system);
  // Its digest: a text in quotes would have to be escaped.
  const bytes = encodeText(text);
  const key = bytes && files.keyOf({ filter: system.digest(bytes) });
  if (key === undefined) return plan();
  const file = files.file("filter-", key);
  const content = file.read();
  if (content !== undefined) {
    const parts = splitContent(content);
    const said: Omit<SeccompFilter, "program"> = JSON.parse(parts.text);
    rememberFilter(text, { ...said, program: parts.bytes });
    return plan();
  }
  const made = plan();
  const filter = recallFilter(text);
  if (filter === undefined) return made;
  const { program, ...said } = filter;
  const joined = joinContent(said, program);
  if (joined !== undefined) file.write(joined);
  return made;
}
