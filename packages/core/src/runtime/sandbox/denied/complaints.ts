// Which of the files and hosts that a program complains of the sandbox has denied. A program may say anything.
import { shellWord } from "@coffer/spec";
import type { System } from "../../../system/port.ts";
import { toAbsolute } from "../../../system/working-directory.ts";
import type { SandboxView } from "../files.ts";
import type { RealPath } from "../real-path.ts";
import { findPath } from "../real-path.ts";
import type { Answer, Operation } from "../why.ts";
import type { Complaint } from "./guess.ts";
import { makeJudge, whyHeld, withoutTwins } from "./judge.ts";

/** At most so many guesses are printed. */
const mostGuesses = 5;
/** At most so many complaints are looked up. */
const mostComplaints = 200;

/** What of a sandbox its program may complain of. */
export interface Complained {
  readonly view: SandboxView;
  readonly cwd: string;
  /** It has a network, or a proxy that tells of each denied host itself. */
  readonly isOnline: boolean;
  /** It can make namespaces. */
  readonly makesNamespaces: boolean;
}

/** What allows a host where there is no network. Without a word nobody knows which. */
export function explainHost(host?: string): Answer {
  const add = `--allow ${host === undefined ? "HOST" : shellWord(host)}`;
  const target = host ?? "a host";
  return { op: "connect", target, allowed: false, why: "the sandbox has no network", add };
}

/** What is said where the proxy alone reaches hosts, of what was not asked of it. */
export const explainProxy = (target = "a host"): Answer => ({
  op: "connect",
  target,
  allowed: false,
  why: "only the proxy reaches hosts, which the variable HTTPS_PROXY names",
});

const noNamespaces: Answer = {
  op: "make",
  target: "a namespace",
  allowed: false,
  why: "a sandbox's programs make none",
  add: "--unsafe-user-namespaces",
};

/** What a program may have wanted of a path. What is missing can be made. */
function operationsOf(op: "read" | "write" | "move", found: RealPath | undefined): readonly Operation[] {
  if (found?.kind === "socket") return ["connect"];
  return op === "read" && found !== undefined ? ["read", "write"] : ["write"];
}

/** Judges complaints by what the sandbox sees, in the order of what was said last. */
export function explainComplaints(
  system: System,
  { view, cwd, isOnline, makesNamespaces }: Complained,
  complaints: readonly Complaint[],
): readonly Answer[] {
  const judge = makeJudge(system, view);
  const answers = complaints.slice(-mostComplaints).flatMap(({ path, op }): readonly Answer[] => {
    if (op === "connect") return isOnline ? [] : [explainHost(path)];
    if (op === "make") return makesNamespaces ? [] : [noNamespaces];
    const at = toAbsolute({ caller: { cwd } }, path);
    const found = findPath(system, at);
    const answer =
      judge(at, operationsOf(op, found), op !== "move") ?? (op === "move" ? whyHeld(view, at, "") : undefined);
    return answer === undefined || (op === "read" && found === undefined) ? [] : [answer];
  });
  return withoutTwins(answers).slice(-mostGuesses);
}
