import { escapeControl } from "@coffer/spec";
import { CofferError, quote } from "../../errors.ts";

/** The id of a container: one path component, as long as one can be, never `.` or `..`. */
export const containerIdPattern = /^[A-Za-z0-9_+][A-Za-z0-9_+.-]{0,254}$/;

/**
 * Checks the id of a container.
 *
 * @throws {CofferError} E_ID_INVALID
 */
export function checkContainerId(id: string): string {
  if (containerIdPattern.test(id)) return id;
  const [wrong = ""] = /[^A-Za-z0-9_+.-]/u.exec(id) ?? [];
  // crun's words for the first character that is wrong.
  const what = wrong === "" ? "" : `invalid character \`${escapeControl(wrong)}\` in the ID: `;
  const hint = `${what}an id is 1 to 255 of the characters A-Z a-z 0-9 _ + . - and starts with none of . -`;
  throw new CofferError("E_ID_INVALID", `invalid container ID format: ${quote(id)}`, { id }, { hint });
}
