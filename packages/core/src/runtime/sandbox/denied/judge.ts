// Whether a sandbox denies a path that a program has named. Nothing is suggested that would show a secret or lift a guard: the program
// may have named the path to have that suggested.
import { shellWord } from "@coffer/spec";
import { ruleFor } from "../../../defaults/sandbox/rules.ts";
import { isBeneath } from "../../../paths.ts";
import type { System } from "../../../system/port.ts";
import type { SandboxView } from "../files.ts";
import { findPath, leadsTo } from "../real-path.ts";
import { secretAt, secretPlaces, secretsThere } from "../secrets.ts";
import type { Answer, Operation } from "../why.ts";
import { whyPath } from "../why.ts";

function withoutAdvice({ add: _add, ...answer }: Answer): Answer {
  return answer;
}

/** A guard is lifted by whoever asks what lifts it, and not by whoever reads what a program says. Guards are in writable trees. */
const askWhy = (path: string): string =>
  `\`coffer why --rw --op write ${shellWord(path)}\` names the flag that allows it`;

/** Judges an absolute path: the first of the operations that is denied, or undefined. A link there counts as what it leads to. */
export type Judge = (path: string, operations: readonly Operation[], follows?: boolean) => Answer | undefined;

/** Looks up what a judge has to know. */
export function makeJudge(system: System, view: SandboxView): Judge {
  const known = secretPlaces(system, view.tree);
  const secrets = [...known, ...secretsThere(system, known)];
  const isSecret = (path: string): boolean =>
    [path, findPath(system, path)?.path ?? path].some(
      (one) => secretAt(secrets, one) !== undefined || secrets.some((secret) => isBeneath(secret, one)),
    );
  return (path, operations, follows = true) => {
    const answer = operations.map((one) => whyPath(system, view, path, one, follows)).find(({ allowed }) => !allowed);
    if (answer === undefined) return undefined;
    // The program may have made the link itself.
    const names = [path, ...(follows ? [leadsTo(system, path)] : [])];
    if (isSecret(path) || names.some((name) => ruleFor(view.rules, name)?.access === "deny"))
      return withoutAdvice(answer);
    const guard = view.guards.guards.find((one) =>
      names.some((name) => isBeneath(name, one.path) || isBeneath(one.path, name)),
    );
    if (guard === undefined) return answer;
    return { ...withoutAdvice(answer), why: `${answer.why}; ${askWhy(guard.readonly ? guard.path : path)}` };
  };
}

/** The innermost mount beneath the tree that a path is in: each directory above what is guarded or hidden is one as well. */
function mountAt(view: SandboxView, path: string): string | undefined {
  const shown = view.rules.filter((one) => one.path !== view.tree && isBeneath(one.path, view.tree));
  const around = [...view.guards.guards, ...shown].filter((one) => isBeneath(path, one.path));
  return around.toSorted((a, b) => b.path.length - a.path.length)[0]?.path;
}

/** Why a path that can be written can be neither removed nor moved; or not moved to another path, where there is one. */
export function whyHeld(view: SandboxView, path: string, to?: string): Answer | undefined {
  const [from, goal] = [mountAt(view, path), to === undefined ? undefined : mountAt(view, to)];
  const isHeld = from === path || (to !== undefined && from !== goal);
  const mount = from ?? goal;
  if (!isHeld || mount === undefined) return undefined;
  const isIn = (one: { readonly path: string }): boolean => one.path !== mount && isBeneath(one.path, mount);
  const guard = view.guards.guards.find((one) => one.readonly && isIn(one));
  const held = guard ?? view.rules.find((one) => one.access === "deny" && isIn(one));
  const kind = guard === undefined ? "hidden" : "guarded";
  const is = held === undefined ? "is a mount" : `holds ${held.path}, which is ${kind}`;
  const why = `${mount === path ? "it" : mount} ${is}: so it cannot be moved or removed, and files must be copied into it and out of it`;
  return { op: "write", target: path, allowed: false, why };
}

/** Each answer once. */
export function withoutTwins(answers: readonly Answer[]): readonly Answer[] {
  return [...new Map(answers.map((one) => [`${one.op} ${one.target}`, one])).values()];
}
