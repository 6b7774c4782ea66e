// Whether a sandbox denies a path that a program has named. Nothing is suggested that would show a secret or lift a guard: the program
// may have named the path to have that suggested.
import { shellWord } from "@coffer/spec";
import { ruleFor } from "../../../defaults/sandbox/rules.ts";
import { isBeneath } from "../../../paths.ts";
import type { System } from "../../../system/port.ts";
import type { SandboxView } from "../files.ts";
import { findPath } from "../real-path.ts";
import { secretAt, secretPlaces, secretsThere } from "../secrets.ts";
import type { Answer, Operation } from "../why.ts";
import { whyPath } from "../why.ts";

function withoutAdvice({ add: _add, ...answer }: Answer): Answer {
  return answer;
}

/** A guard is lifted by whoever asks what lifts it, and not by whoever reads what a program says. */
const askWhy = (path: string): string => `\`coffer why --op write ${shellWord(path)}\` names the flag that allows it`;

/** Judges an absolute path: the first of the operations that is denied, or undefined. */
export type Judge = (path: string, operations: readonly Operation[]) => Answer | undefined;

/** Looks up what a judge has to know. */
export function makeJudge(system: System, view: SandboxView): Judge {
  const known = secretPlaces(system, view.tree);
  const secrets = [...known, ...secretsThere(system, known)];
  const isSecret = (path: string): boolean =>
    [path, findPath(system, path)?.path ?? path].some(
      (one) => secretAt(secrets, one) !== undefined || secrets.some((secret) => isBeneath(secret, one)),
    );
  const isGuarded = (path: string): boolean =>
    view.guards.guards.some((guard) => isBeneath(path, guard.path) || isBeneath(guard.path, path));
  return (path, operations) => {
    const answer = operations.map((one) => whyPath(system, view, path, one)).find(({ allowed }) => !allowed);
    if (answer === undefined) return undefined;
    if (isSecret(path) || ruleFor(view.rules, path)?.access === "deny") return withoutAdvice(answer);
    return isGuarded(path) ? { ...withoutAdvice(answer), why: `${answer.why}; ${askWhy(path)}` } : answer;
  };
}

/** Each answer once. */
export function withoutTwins(answers: readonly Answer[]): readonly Answer[] {
  return [...new Map(answers.map((one) => [`${one.op} ${one.target}`, one])).values()];
}
