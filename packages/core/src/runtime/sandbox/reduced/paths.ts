// What rules about paths become for Landlock, which can allow what is beneath a directory, and take nothing of that away again.
import { shellWord } from "@coffer/spec";
import type { PathRule } from "../../../defaults/sandbox/rules.ts";
import { ruleFor } from "../../../defaults/sandbox/rules.ts";
import { CofferError, quote } from "../../../errors.ts";
import { isBeneath, joinPath } from "../../../paths.ts";
import type { LandlockPath } from "../../../plan/index.ts";
import type { System } from "../../../system/port.ts";
import { findPath } from "../real-path.ts";

/** More would not fit into a plan, at three ops each. */
const maxPaths = 1000;

function refuse(message: string, hint: string): never {
  throw new CofferError("E_USAGE", `--reduced cannot ${message}`, { argument: "isolation" }, { hint });
}

/** A rule by where it leads: nothing has another name than on the host. */
function asOfHost(system: System, rule: PathRule): PathRule {
  if (rule.access === "tmp") refuse(`make ${quote(rule.path)} a directory of its own`, "leave --tmp out");
  const leads = findPath(system, rule.path)?.path;
  if (rule.source !== undefined && rule.source !== leads)
    refuse(`show ${quote(rule.source)} at ${quote(rule.path)}`, "leave --bind out");
  return { ...rule, path: leads ?? rule.path };
}

/** Refuses what would have to be taken out of what is allowed. */
function checkNested(rules: readonly PathRule[]): void {
  for (const { path, access } of rules) {
    const above = ruleFor(
      rules.filter((one) => one.path !== path && isBeneath(path, one.path)),
      path,
    );
    if (above?.access !== "write" || access === "write") continue;
    const [what, hint] =
      access === "deny"
        ? ["hide", `--read ${shellWord(path)}`]
        : ["keep the sandbox from writing", `--write ${shellWord(path)}`];
    refuse(`${what} ${quote(path)} in ${quote(above.path)}, which can be written`, `add ${hint}, or write less`);
  }
}

/** A directory that has something hidden beneath: what else is in it, one by one. */
function around(system: System, rule: PathRule, hidden: readonly string[], dir: string): readonly LandlockPath[] {
  const entries = system.listTyped(dir).filter(({ kind }) => kind !== "link");
  const beneath = entries.flatMap(({ name, kind }): readonly LandlockPath[] => {
    const path = joinPath(dir, name);
    if (hidden.includes(path)) return [];
    if (hidden.some((one) => isBeneath(one, path))) return around(system, rule, hidden, path);
    return [{ path, kind: kind === "directory" ? "dir" : "file", access: "read" }];
  });
  return [{ path: dir, kind: "dir", access: "list" }, ...beneath];
}

/**
 * The rules of Landlock for the rules of a sandbox.
 *
 * @throws {CofferError} E_USAGE for a rule that Landlock cannot hold
 */
export function landlockPaths(system: System, rules: readonly PathRule[]): readonly LandlockPath[] {
  const known = rules.map((rule) => asOfHost(system, rule));
  checkNested(known);
  const denied = known.flatMap(({ path, access }) => (access === "deny" ? [path] : []));
  const paths = known.flatMap((rule): readonly LandlockPath[] => {
    const { path, access } = rule;
    if (access !== "read" && access !== "write") return [];
    const hidden = denied.filter((one) => one !== path && isBeneath(one, path));
    if (hidden.length > 0) return around(system, rule, hidden, path);
    return [{ path, kind: system.stat(path).kind === "directory" ? "dir" : "file", access }];
  });
  if (paths.length > maxPaths) refuse(`hold ${paths.length} rules`, "hide less, or read fewer directories");
  return paths;
}
