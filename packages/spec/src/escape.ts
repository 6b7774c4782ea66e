// How untrusted text is printed. One import: the entry for engines has nothing else of this package.
import { isPlainJson, isPlainText } from "./plain.ts";

// Controls, separators of lines, what is invisible or reorders text, blanks that look like a space, and lone surrogates: none may
// reach a terminal or a log. DI is what Unicode says is ignored where a font has no sign for it, as variation selectors and fillers of
// Hangul. U+2800 is a sign of Braille without a dot.
const unprintable = /[\p{Cc}\p{Cf}\p{DI}\p{Zl}\p{Zp}\p{Surrogate}\u2800]|(?! )\p{Zs}/gu;
const unprintableInText = /[\p{Cc}\p{Cf}\p{DI}\p{Zl}\p{Zp}\p{Surrogate}\u2800"\\]|(?! )\p{Zs}/gu;
/** Blanks that are not one by itself, within words, could be taken for the border of a column. */
const unprintableInCell = /[\p{Cc}\p{Cf}\p{DI}\p{Surrogate}\u2800\\]|(?! )\p{Z}|^ | $|(?<= ) /gu;

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0");

/** As in `$'…'` of a shell: `\xHH` is a byte, the others are characters. */
function escapeChar(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (char === "\\" || char === '"') return `\\${char}`;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  // A byte that is no part of UTF-8 (decision 0019).
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code - 0xdc00, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

/**
 * Writes what a terminal would obey or not show as `\x1b`, `\u202e` or `\U000e0001`, so that it is safe on one line. Escaping
 * what is escaped changes nothing; so a backslash of the text itself stays, which `escapeText` tells apart.
 */
export function escapeControl(text: string): string {
  return text.replace(unprintable, escapeChar);
}

/** The same for text between quotes, with `\\` and `\"`: no two texts are printed alike. */
export function escapeText(text: string): string {
  return isPlainText(text) ? text : text.replace(unprintableInText, escapeChar);
}

/** The same for a cell of a table: blanks that could be taken for its border are `\x20`, backslashes are doubled. */
export function escapeCell(text: string): string {
  return text.replace(unprintableInCell, escapeChar);
}

/** What no shell of POSIX sees anything in. */
const plainWord = /^[\w@%+=:,./-]+$/;

/**
 * Writes text as one word of a shell, on one line: as it is, in `'…'`, or in `$'…'` if a part of it is unprintable. A quote in the
 * last is `\x27`: for a shell that does not know `$'…'` the word ends at no quote of the text.
 */
export function shellWord(text: string): string {
  if (plainWord.test(text)) return text;
  if (text.search(unprintable) === -1) return `'${text.replaceAll("'", "'\\''")}'`;
  return `$'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\x27").replace(unprintable, escapeChar)}'`;
}

/** The same for JSON that is there already: its text means what it meant. */
export function escapeJson(json: string): string {
  if (isPlainJson(json)) return json;
  return json.replace(/[\x7f\p{Cf}\p{DI}\u0080-\u009f\u2028\u2029\u2800]/gu, (char) =>
    Array.from({ length: char.length }, (_, at) => `\\u${hex(char.charCodeAt(at), 4)}`).join(""),
  );
}
