// From rules about paths to mounts. The nearest rule wins: what is said of a path holds for all beneath it, until a rule
// beneath says otherwise.
import { isBeneath, withParents } from "../../paths.ts";
import { bind, readonly, readwrite, tmpfs } from "./mounts.ts";

/** What a rule says of a path in the sandbox. */
export interface PathRule {
  /** In the sandbox: absolute, clean. */
  readonly path: string;
  readonly access: "read" | "write" | "overlay" | "tmp" | "deny";
  /** What of the host is there: without links. Of `read`, `write` and `overlay`. */
  readonly source?: string;
  /** Root's files there are the sandbox's own. */
  readonly mapped?: boolean;
  /** Of `tmp` and `overlay`: bytes. */
  readonly size?: number;
  /** Of `overlay`: permission bits of its root. */
  readonly mode?: number;
  /** Of `overlay`: the directory of the host that has what is written. Default: a file system in memory has it. */
  readonly layers?: string;
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
  const isWritten = rule.access === "write" && above.access === "overlay";
  if ((rule.access !== above.access && !isWritten) || rule.source === undefined || above.source === undefined)
    return false;
  return rule.source === joined(above.source, rule.path.slice(above.path.length));
}

/** The id maps of a mount whose files of that id of the host are root's inside. */
function mapping(id: number) {
  const map = [{ containerID: 0, hostID: id, size: 1 }];
  return { uidMappings: map, gidMappings: map };
}

/** Where the layers of an overlay are: what the overlay is mounted on hides them. */
const layers = ["lowerdir=lower", "upperdir=upper", "workdir=work", "userxattr"];

/** Where the tree beneath an overlay is bound. */
export const lowerOf = (path: string): string => joined(path, "/lower");

/** An overlay on a tree: a file system that has the layers, the tree in it, and the overlay over both. */
function overlayMounts(rule: PathRule, map: object): readonly object[] {
  const { path, source = path, size = 0, layers: kept } = rule;
  return [
    kept === undefined ? tmpfs(path, "700", size) : { ...bind(path, readwrite, kept), ...map },
    { ...bind(lowerOf(path), readonly, source), ...map },
    { destination: path, type: "overlay", source: "overlay", options: ["nosuid", "nodev", ...layers] },
  ];
}

/** The mounts that a rule is. */
function mountsOf(rule: PathRule, mappedTo: number | undefined): readonly object[] {
  const { path, access, source = path, mapped = false, size = 0 } = rule;
  const map = mapped && mappedTo !== undefined ? mapping(mappedTo) : {};
  if (access === "tmp") return [tmpfs(path, "1777", size)];
  if (access === "deny") return [tmpfs(path, "755", 65536, ["nodev", "noexec", "ro"])];
  if (access === "overlay") return overlayMounts(rule, map);
  return [{ ...bind(path, access === "write" ? readwrite : readonly, source), ...map }];
}

/**
 * The mounts of rules, in order. A path that is denied is covered at the end, if nothing beneath is allowed; else it is an
 * empty directory of its own.
 *
 * @param others mounts that are there before, and that count as if rules had asked for them
 * @param mappedTo the id of the host that root of the sandbox is
 * @param held a rule that is a mount even if what is above shows the same: its source is a descriptor
 */
export function planRules(
  rules: readonly PathRule[],
  others: readonly PathRule[],
  mappedTo: number | undefined,
  held?: PathRule,
): RuleMounts {
  const sorted = sortRules(rules);
  // Thousands of files may be hidden: no rule is compared with every other one.
  const before = new Map(others.map((rule) => [rule.path, rule]));
  const all = new Map([...others, ...sorted].map((rule) => [rule.path, rule]));
  const inner = sorted.flatMap(({ path, access }) => (access === "deny" ? [] : withParents(path).slice(1)));
  const branches = new Set(inner);
  const mounts: object[] = [];
  const masked: string[] = [];
  for (const rule of sorted) {
    const { path, access } = rule;
    const near = withParents(path)
      .slice(1)
      .find((one) => all.has(one));
    // A rule comes after what is there before it at the same path, and covers that.
    const above = before.get(path) ?? (near === undefined ? undefined : all.get(near));
    if (rule !== held && isRedundant(rule, above)) continue;
    if (access === "deny" && !branches.has(path)) masked.push(path);
    else mounts.push(...mountsOf(rule, mappedTo));
  }
  return { mounts, masked };
}
