// JSON with comments and trailing commas, as editors write settings.
import { parseJson } from "./json.ts";

// Each alternative takes what is unfinished up to the end: a hostile text is looked at once.
const string = '"(?:[^"\\\\]|\\\\[^])*(?:"|$)';
const stringOrComment = new RegExp(`${string}|//[^\\n]*|/\\*[^]*?(?:\\*/|$)`, "g");
const stringOrLastComma = new RegExp(`${string}|,(?=\\s*[\\]}])`, "g");

/** Blanks as long as a text, with its line breaks: errors then name the right place. */
const toBlanks = (part: string): string => (part.startsWith('"') ? part : part.replaceAll(/[^\n]/g, " "));

/**
 * Reads JSON with comments and trailing commas, otherwise as strictly as `parseJson`.
 *
 * @throws {SpecError} E_JSON_SYNTAX, E_JSON_DUPLICATE_KEY, E_JSON_TOO_DEEP, E_JSON_TOO_LARGE
 */
export function parseJsonc(text: string): unknown {
  return parseJson(text.replaceAll(stringOrComment, toBlanks).replaceAll(stringOrLastComma, toBlanks));
}
