// The status that a failure ends with.
import { UsageError } from "../parse/flags.ts";
import type { FaceName } from "../table/flag.ts";
import type { VerbName } from "../table/verbs.ts";
import { verbOf } from "../table/verbs.ts";

/** As docker, podman and env have it: the runtime failed; the program cannot be executed; there is no such program. */
const failed = 125;
const byCode: Readonly<Record<string, number>> = { E_EXEC_PERMISSION: 126, E_EXEC_NOT_FOUND: 127 };

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** The kernel refused the program itself: its format or its interpreter. */
function isOfExec(error: unknown): boolean {
  if (!(error instanceof Error) || !("details" in error)) return false;
  const { details } = error;
  return typeof details === "object" && details !== null && "op" in details && details.op === "exec";
}

/**
 * The exit status of a failure. Of a verb that ends with a program's status it must not look like the program's own.
 * Engines know runc's: 1, and 255 of exec, whose command line must have been read.
 */
export function failureStatus(error: unknown, face: FaceName, verb: VerbName | undefined): number {
  if (face === "coffer-oci") return verb === "exec" && !(error instanceof UsageError) ? 255 : 1;
  if (verb === undefined || verbOf(verb).runs !== true) return 1;
  return byCode[codeOf(error)] ?? (isOfExec(error) ? 126 : failed);
}
