// From rules about paths to mounts. The nearest rule wins: what is said of a path holds for all beneath it, until a rule
// beneath says otherwise.
import { isBeneath } from "../../paths.ts";
import { bind, readonly, readwrite, tmpfs } from "./mounts.ts";

/** What a rule says of a path in the sandbox. */
export interface PathRule {
  /** In the sandbox: absolute, clean. */
  readonly path: string;
  readonly access: "read" | "write" | "tmp" | "deny";
  /** What of the host is there: without links. Of `read` and `write`. */
  readonly source?: string;
  /** Root's files there are the sandbox's own. */
  readonly mapped?: boolean;
  /** Of `tmp`: bytes. */
  readonly size?: number;
  /** Who asks for it, in words. */
  readonly from?: string;
}

/** What rules become. */
export interface RuleMounts {
  readonly mounts: readonly object[];
  /** Paths that are covered at the end. */
  readonly masked: readonly string[];
}

const depthOf = (path: string): number => path.split("/").length;

/** Orders rules as mounts are made: what is above comes first. */
function sortRules(rules: readonly PathRule[]): readonly PathRule[] {
  return rules.toSorted((a, b) => depthOf(a.path) - depthOf(b.path));
}

/** The rule that counts for a path: the nearest at it or above. */
export function ruleFor(rules: readonly PathRule[], path: string): PathRule | undefined {
  let found: PathRule | undefined;
  for (const rule of rules)
    if (isBeneath(path, rule.path) && rule.path.length >= (found?.path.length ?? 0)) found = rule;
  return found;
}

const joined = (above: string, rest: string): string => (above === "/" ? rest : `${above}${rest}`);

/** Whether the mount of a rule would change nothing: what is above shows the same with the same rights. */
function isRedundant(rule: PathRule, above: PathRule | undefined): boolean {
  if (above === undefined) return rule.access === "deny";
  if (rule.access === "deny") return above.access === "deny" || above.access === "tmp";
  if (rule.access !== above.access || rule.source === undefined || above.source === undefined) return false;
  return rule.source === joined(above.source, rule.path.slice(above.path.length));
}

/** The id maps of a mount whose files of that id of the host are root's inside. */
function mapping(id: number) {
  const map = [{ containerID: 0, hostID: id, size: 1 }];
  return { uidMappings: map, gidMappings: map };
}

/** The mount that a rule is, if it is one. */
function mountOf(rule: PathRule, mappedTo: number | undefined): object {
  const { path, access, source = path, mapped = false, size = 0 } = rule;
  if (access === "tmp") return tmpfs(path, "1777", size);
  if (access === "deny") return tmpfs(path, "755", 65536, ["nodev", "noexec", "ro"]);
  const options = access === "write" ? readwrite : readonly;
  return {
    ...bind(path, options, source),
    ...(mapped && mappedTo !== undefined ? mapping(mappedTo) : {}),
  };
}

/**
 * The mounts of rules, in order. A path that is denied is covered at the end, if nothing beneath is allowed; else it is an
 * empty directory of its own.
 *
 * @param others mounts that are there before, and that count as if rules had asked for them
 * @param mappedTo the id of the host that root of the sandbox is
 */
export function planRules(
  rules: readonly PathRule[],
  others: readonly PathRule[],
  mappedTo: number | undefined,
): RuleMounts {
  const sorted = sortRules(rules);
  const mounts: object[] = [];
  const masked: string[] = [];
  sorted.forEach((rule) => {
    const above = [...others, ...sorted].filter(({ path }) => path !== rule.path && isBeneath(rule.path, path));
    if (isRedundant(rule, ruleFor(above, rule.path))) return;
    const isLeaf = !sorted.some(
      ({ path, access }) => path !== rule.path && access !== "deny" && isBeneath(path, rule.path),
    );
    if (rule.access === "deny" && isLeaf) masked.push(rule.path);
    else mounts.push(mountOf(rule, mappedTo));
  });
  return { mounts, masked };
}
