// Why the program of a sandbox was not found.
import { CofferError } from "../../../errors.ts";
import { joinPath } from "../../../paths.ts";
import type { System } from "../../../system/port.ts";
import { toAbsolute } from "../../../system/working-directory.ts";
import type { SandboxView } from "../files.ts";
import { findPath } from "../real-path.ts";
import type { Answer } from "../why.ts";
import { makeJudge } from "./judge.ts";

/** Where the host has a program: by its path, or in the caller's PATH. */
function placesOf({ caller }: Pick<System, "caller">, cwd: string, word: string): readonly string[] {
  if (word.includes("/")) return [toAbsolute({ caller: { cwd } }, word)];
  return (caller.env.PATH ?? "").split(":").flatMap((dir) => (dir.startsWith("/") ? [joinPath(dir, word)] : []));
}

/** Why the sandbox does not show what the host has. */
function whyMissing(system: System, view: SandboxView, cwd: string, word: string): Answer | undefined {
  const found = placesOf(system, cwd, word).find((path) => findPath(system, path)?.kind === "file");
  return found === undefined ? undefined : makeJudge(system, view)(found, ["read"]);
}

const oneWord =
  "the command is one word with blanks: give its words apart, or give the line to a shell: -- sh -c 'LINE'";

/** The error with a hint, where a line for a shell was given as one word, as srt takes it, or the host has the program. */
export function explainProgram(
  system: System,
  {
    view,
    cwd,
    args: [word = "", ...more],
  }: { readonly view: SandboxView; readonly cwd: string; readonly args: readonly string[] },
  error: unknown,
): unknown {
  if (!CofferError.is(error, "E_EXEC_NOT_FOUND")) return error;
  const { shortMessage, details, cause } = error;
  const withHint = (hint: string): CofferError =>
    new CofferError("E_EXEC_NOT_FOUND", shortMessage, details, { hint, cause });
  if (more.length === 0 && /\s/.test(word)) return withHint(oneWord);
  const answer = whyMissing(system, view, cwd, word);
  if (answer === undefined) return error;
  const { target, why, add } = answer;
  return withHint(`the host has ${target}: ${why}${add === undefined ? "" : `: add ${add}`}`);
}
