import type { SpecErrorCode } from "../errors.ts";
import { SpecError } from "../errors.ts";
import { escapeControl } from "../escape.ts";

/** The error of a document that is no JSON, or more than is read, with the place in the text. */
export function failAt(code: SpecErrorCode, text: string, offset: number, message: string): SpecError {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const column = offset - before.lastIndexOf("\n");
  const place = `line ${line}, column ${column} (offset ${offset})`;
  return new SpecError(code, "JSON", [{ pointer: "", message: `${escapeControl(message)} at ${place}` }]);
}
