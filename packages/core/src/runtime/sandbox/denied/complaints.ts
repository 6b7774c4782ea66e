// Which of the files and hosts that a program complains of the sandbox has denied. A program may say anything: nothing is suggested that
// would show a secret or lift a guard.
import { shellWord } from "@coffer/spec";
import { isBeneath } from "../../../paths.ts";
import type { System } from "../../../system/port.ts";
import { toAbsolute } from "../../../system/working-directory.ts";
import type { SandboxView } from "../files.ts";
import type { RealPath } from "../real-path.ts";
import { findPath } from "../real-path.ts";
import { secretAt, secretPlaces, secretsThere } from "../secrets.ts";
import type { Answer, Operation } from "../why.ts";
import { whyPath } from "../why.ts";
import type { Complaint } from "./guess.ts";

/** At most so many guesses are printed. */
const mostGuesses = 5;
/** At most so many complaints are looked up. */
const mostComplaints = 200;

function withoutAdvice({ add: _add, ...answer }: Answer): Answer {
  return answer;
}

/** What of a sandbox its program may complain of. */
export interface Complained {
  readonly view: SandboxView;
  readonly cwd: string;
  /** It has a network, or a proxy that tells of each denied host itself. */
  readonly isOnline: boolean;
}

function explainHost(host: string): Answer {
  const add = `--allow ${shellWord(host)}`;
  return { op: "connect", target: host, allowed: false, why: "the sandbox has no network", add };
}

/** A guard is lifted by whoever asks what lifts it, and not by whoever reads what a program says. */
const askWhy = (path: string): string => `\`coffer why --op write ${shellWord(path)}\` names the flag that allows it`;

/** What a program may have wanted of a path. What is missing can be made. */
function operationsOf(op: "read" | "write", found: RealPath | undefined): readonly Operation[] {
  if (found?.kind === "socket") return ["connect"];
  return op === "read" && found !== undefined ? ["read", "write"] : ["write"];
}

/** Judges complaints by what the sandbox sees, in the order of what was said last. */
export function explainComplaints(
  system: System,
  { view, cwd, isOnline }: Complained,
  complaints: readonly Complaint[],
): readonly Answer[] {
  const known = secretPlaces(system);
  const secrets = [...known, ...secretsThere(system, known)];
  const isSecret = (path: string): boolean =>
    [path, findPath(system, path)?.path ?? path].some(
      (one) => secretAt(secrets, one) !== undefined || secrets.some((secret) => isBeneath(secret, one)),
    );
  const isGuarded = (path: string): boolean =>
    view.guards.guards.some((guard) => isBeneath(path, guard.path) || isBeneath(guard.path, path));
  const answers = complaints.slice(-mostComplaints).flatMap(({ path, op }): readonly Answer[] => {
    if (op === "connect") return isOnline ? [] : [explainHost(path)];
    const at = toAbsolute({ caller: { cwd } }, path);
    const found = findPath(system, at);
    const isThere = found !== undefined;
    const [answer] = operationsOf(op, found)
      .map((one) => whyPath(system, view, at, one))
      .filter(({ allowed }) => !allowed);
    if (answer === undefined || (op === "read" && !isThere)) return [];
    if (isSecret(at)) return [withoutAdvice(answer)];
    return [isGuarded(at) ? { ...withoutAdvice(answer), why: `${answer.why}; ${askWhy(at)}` } : answer];
  });
  return [...new Map(answers.map((one) => [`${one.op} ${one.target}`, one])).values()].slice(-mostGuesses);
}
