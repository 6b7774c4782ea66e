import { parse, stringify } from "lossless-json";
import type { SpecErrorCode } from "./errors.ts";
import { quote, SpecError } from "./errors.ts";
import { escapeControl, escapeJson } from "./escape.ts";

/** A value that has a JSON form; bigint is written as its digits. */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject;
/** An object that has a JSON form. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** The largest document that is read, in UTF-16 units. */
export const maxJsonLength = 16 * 1024 * 1024;
/** The deepest nesting of arrays and objects that is read. */
export const maxJsonDepth = 128;
/** The longest number that is read, in characters. */
export const maxNumberLength = 128;

/** A byte that is no part of UTF-8, as the reader of the file has it. Escapes are no such thing. */
const loneSurrogate = /\p{Surrogate}/u;
const integer = /^-?\d+$/;
const numberEnd = /[^-+.eE\d]/g;
const tokenStart = /["{}[\]\d-]/g;
const spacedColon = /[ \t\r\n]*:/y;

function failAt(code: SpecErrorCode, text: string, offset: number, message: string, cause?: unknown): SpecError {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const column = offset - before.lastIndexOf("\n");
  const place = `line ${line}, column ${column} (offset ${offset})`;
  return new SpecError(code, "JSON", [{ pointer: "", message: `${message} at ${place}` }], { cause });
}

function findStringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  return text.length;
}

function readKey(text: string, start: number, end: number): string | undefined {
  const raw = text.slice(start + 1, end - 1);
  if (!raw.includes("\\")) return raw;
  try {
    return String(JSON.parse(text.slice(start, end)));
  } catch {
    return undefined; // a bad escape: the parser says so
  }
}

function checkNumber(text: string, start: number): number {
  numberEnd.lastIndex = start;
  const end = numberEnd.exec(text)?.index ?? text.length;
  if (end - start > maxNumberLength) throw failAt("E_JSON_SYNTAX", text, start, "number is too long");
  const value = Number(text.slice(start, end));
  if (value === Infinity || value === -Infinity) throw failAt("E_JSON_SYNTAX", text, start, "number is out of range");
  return end;
}

// lossless-json recurses without a bound and lets a key come twice with equal values; both are refused here, before it runs.
function checkStructure(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let next = 0;
  for (;;) {
    tokenStart.lastIndex = next;
    const at = tokenStart.exec(text)?.index;
    if (at === undefined) return;
    next = at + 1;
    const char = text[at];
    if (char === "{" || char === "[") {
      open.push(char === "{" ? new Set() : undefined);
      if (open.length > maxJsonDepth) throw failAt("E_JSON_TOO_DEEP", text, at, `nested deeper than ${maxJsonDepth}`);
    } else if (char === "}" || char === "]") {
      open.pop();
    } else if (char === '"') {
      next = findStringEnd(text, at);
      checkKey(text, at, next, open.at(-1));
    } else {
      next = checkNumber(text, at);
    }
  }
}

function checkKey(text: string, start: number, end: number, keys: Set<string> | undefined): void {
  spacedColon.lastIndex = end;
  if (keys === undefined || !spacedColon.test(text)) return;
  const key = readKey(text, start, end);
  if (key === undefined) return;
  if (keys.has(key)) throw failAt("E_JSON_DUPLICATE_KEY", text, start, `duplicate key ${quote(key)}`);
  keys.add(key);
}

function parseNumber(token: string): number | bigint {
  const value = Number(token);
  if (!integer.test(token) || Number.isSafeInteger(value)) return value + 0;
  return BigInt(token);
}

function syntaxError(text: string, error: Error): SpecError {
  const match = /^(.*) at position (\d+)$/s.exec(error.message);
  const message = escapeControl(match?.[1] ?? error.message);
  return failAt("E_JSON_SYNTAX", text, Number(match?.[2] ?? 0), message, error);
}

/**
 * Reads JSON without loss: integers beyond 2^53 become bigint, other numbers stay numbers.
 *
 * Duplicate keys, a byte order mark, text after the value, and documents too large or too deep are refused.
 * A `__proto__` key becomes an ordinary own property.
 *
 * @throws {SpecError} E_JSON_SYNTAX, E_JSON_DUPLICATE_KEY, E_JSON_TOO_DEEP, E_JSON_TOO_LARGE
 */
export function parseJson(text: string): unknown {
  if (text.length > maxJsonLength) {
    throw failAt("E_JSON_TOO_LARGE", "", 0, `longer than ${maxJsonLength} characters`);
  }
  const other = loneSurrogate.exec(text)?.index;
  if (other !== undefined) throw failAt("E_JSON_SYNTAX", text, other, "is not UTF-8");
  if (text.startsWith("\uFEFF")) throw failAt("E_JSON_SYNTAX", text, 0, "starts with a byte order mark");
  checkStructure(text);
  try {
    return parse(text, null, parseNumber);
  } catch (error) {
    throw error instanceof Error ? syntaxError(text, error) : error;
  }
}

/**
 * Writes JSON, with every bigint as its exact digits, and every character that a terminal would obey or not show as an escape.
 *
 * @throws {SpecError} E_JSON_UNWRITABLE when the value has no JSON form
 */
export function stringifyJson(value: unknown, space?: string | number): string {
  const text = stringify(value, null, space);
  if (text === undefined) {
    throw new SpecError("E_JSON_UNWRITABLE", "JSON", [{ pointer: "", message: `cannot write ${typeof value}` }]);
  }
  return escapeJson(text);
}
