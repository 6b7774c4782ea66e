// Reads JSON (RFC 8259) in one pass, and loses nothing.
import { quote } from "../errors.ts";
import { failAt } from "./fault.ts";

/** The deepest nesting of arrays and objects that is read. */
export const maxJsonDepth = 128;
/** The longest number that is read, in characters. */
export const maxNumberLength = 128;
/** An integer of so many characters is exact as a number. */
const safeLength = 15;

/** A text, and how far it is read. */
interface Reader {
  readonly text: string;
  at: number;
  depth: number;
  /** The first backslash or control character at or behind a place that is read. */
  special: number;
}

const code = {
  tab: 0x09,
  newline: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  minus: 0x2d,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  openList: 0x5b,
  closeList: 0x5d,
  openMap: 0x7b,
  closeMap: 0x7d,
} as const;

const specials = /[\\\p{Cc}]/gu;
const plainText = /[^"\\\p{Cc}]+/uy;
const unicodeEscape = /\\u[\dA-Fa-f]{4}/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const moreNumber = /\.|[eE][-+]?/y;
const integer = /^-?\d+$/;
const keywords = [["true", true] as const, ["false", false] as const, ["null", null] as const] as const;

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

function fault({ text }: Reader, at: number, message: string): Error {
  return failAt("E_JSON_SYNTAX", text, at, message);
}

function unexpected(reader: Reader, message: string): Error {
  const { text, at } = reader;
  return fault(reader, at, `${message} ${at < text.length ? `but got '${text[at]}'` : "but reached end of input"}`);
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

function skipBlanks(reader: Reader): void {
  const { text } = reader;
  for (let at = reader.at; ; at++) {
    const char = text.charCodeAt(at);
    if (char === code.space || char === code.newline || char === code.tab || char === code.carriageReturn) continue;
    reader.at = at;
    return;
  }
}

/** Reads an escape up to its last character. */
function readEscape(reader: Reader): string {
  const { text, at } = reader;
  const char = text.charAt(at + 1);
  const short = escapes.get(char);
  reader.at += 1;
  if (short !== undefined) return short;
  if (char !== "u") throw fault(reader, at, `Invalid escape character '${text.slice(at, at + 2)}'`);
  const long = match(unicodeEscape, text, at);
  if (long === "") throw fault(reader, at, `Invalid unicode character '${text.slice(at, at + 6)}'`);
  reader.at = at + long.length - 1;
  return String.fromCharCode(Number.parseInt(long.slice(2), 16));
}

/** Reads a string that has escapes, or an error. */
function readSpecialString(reader: Reader): string {
  const { text } = reader;
  let value = "";
  for (reader.at += 1; ; ) {
    const part = match(plainText, text, reader.at);
    reader.at += part.length;
    value += part;
    if (reader.at >= text.length) throw unexpected(reader, "End of string '\"' expected");
    const char = text.charAt(reader.at);
    if (char === '"') break;
    if (char < " ") throw fault(reader, reader.at, `Invalid character '${char}'`);
    value += char === "\\" ? readEscape(reader) : char;
    reader.at += 1;
  }
  reader.at += 1;
  return value;
}

function readString(reader: Reader): string {
  const { text } = reader;
  const start = reader.at + 1;
  const end = text.indexOf('"', start);
  if (reader.special < start) {
    specials.lastIndex = start;
    reader.special = specials.exec(text)?.index ?? text.length;
  }
  if (end < 0 || reader.special < end) return readSpecialString(reader);
  reader.at = end + 1;
  return text.slice(start, end);
}

/** Where the digit is missing that a number needs; undefined for a number that is whole. */
function missingDigit(text: string, start: number, token: string): number | undefined {
  if (token === "") return start + 1;
  if (/[eE]/.test(token)) return undefined;
  const more = match(moreNumber, text, start + token.length);
  if (more === "" || (more === "." && token.includes("."))) return undefined;
  return start + token.length + more.length;
}

function readNumber(reader: Reader): number | bigint {
  const { text, at } = reader;
  const token = match(number, text, at);
  if (token.length > maxNumberLength) throw fault(reader, at, "number is too long");
  const missing = missingDigit(text, at, token);
  reader.at = missing ?? at + token.length;
  if (missing !== undefined) throw unexpected(reader, `Invalid number '${text.slice(at, missing)}', expecting a digit`);
  const value = Number(token);
  if (value === Infinity || value === -Infinity) throw fault(reader, at, "number is out of range");
  // Adding 0 makes 0 of -0.
  if (token.length <= safeLength || Number.isSafeInteger(value) || !integer.test(token)) return value + 0;
  return BigInt(token);
}

function readKeyword(reader: Reader): boolean | null | undefined {
  const found = keywords.find(([word]) => reader.text.startsWith(word, reader.at));
  if (found === undefined) return undefined;
  reader.at += found[0].length;
  return found[1];
}

function enter(reader: Reader): void {
  if (reader.depth === maxJsonDepth)
    throw failAt("E_JSON_TOO_DEEP", reader.text, reader.at, `nested deeper than ${maxJsonDepth}`);
  reader.depth += 1;
  reader.at += 1;
  skipBlanks(reader);
}

function leave(reader: Reader): void {
  reader.depth -= 1;
  reader.at += 1;
}

/** Whether another item follows; the comma before it is read. */
function hasItem(reader: Reader, close: number, isFirst: boolean): boolean {
  const { text } = reader;
  const char = text.charCodeAt(reader.at);
  if (char === close || reader.at >= text.length) return false;
  if (isFirst) return true;
  if (char !== code.comma) throw unexpected(reader, "Comma ',' expected after value");
  reader.at += 1;
  return true;
}

function readList(reader: Reader): unknown[] {
  const list: unknown[] = [];
  enter(reader);
  while (hasItem(reader, code.closeList, list.length === 0)) {
    const item = readValue(reader);
    if (item === undefined) throw unexpected(reader, "Array item expected");
    list.push(item);
  }
  if (reader.at >= reader.text.length) throw unexpected(reader, "Array item or end of array ']' expected");
  leave(reader);
  return list;
}

function readKey(reader: Reader): string {
  skipBlanks(reader);
  if (reader.text.charCodeAt(reader.at) !== code.quote) throw unexpected(reader, "Quoted object key expected");
  const key = readString(reader);
  skipBlanks(reader);
  if (reader.text.charCodeAt(reader.at) !== code.colon)
    throw unexpected(reader, "Colon ':' expected after property name");
  reader.at += 1;
  return key;
}

function readMap(reader: Reader): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  enter(reader);
  for (let isFirst = true; hasItem(reader, code.closeMap, isFirst); isFirst = false) {
    skipBlanks(reader);
    const start = reader.at;
    const key = readKey(reader);
    // Of few keys in a map the prototype has one too.
    const isSpecial = key in map;
    if (isSpecial && Object.hasOwn(map, key))
      throw failAt("E_JSON_DUPLICATE_KEY", reader.text, start, `duplicate key ${quote(key)}`);
    const value = readValue(reader);
    if (value === undefined) throw fault(reader, reader.at, "Object value expected after ':'");
    if (isSpecial) Object.defineProperty(map, key, { value, configurable: true, enumerable: true, writable: true });
    else map[key] = value;
  }
  if (reader.at >= reader.text.length) throw unexpected(reader, "Quoted object key or end of object '}' expected");
  leave(reader);
  return map;
}

/** Reads a value and the blanks around it; undefined for what is no value. */
function readValue(reader: Reader): unknown {
  skipBlanks(reader);
  const value = readBareValue(reader);
  skipBlanks(reader);
  return value;
}

function readBareValue(reader: Reader): unknown {
  const char = reader.text.charCodeAt(reader.at);
  if (char === code.quote) return readString(reader);
  if (char === code.openMap) return readMap(reader);
  if (char === code.openList) return readList(reader);
  if (char === code.minus || (char >= code.zero && char <= code.nine)) return readNumber(reader);
  return readKeyword(reader);
}

/**
 * Reads a whole document.
 *
 * @throws {SpecError} E_JSON_SYNTAX, E_JSON_DUPLICATE_KEY, E_JSON_TOO_DEEP, for the first fault in the text
 */
export function readExactly(text: string): unknown {
  const reader = { text, at: 0, depth: 0, special: -1 };
  const value = readValue(reader);
  if (value === undefined) throw unexpected(reader, "JSON value expected");
  if (reader.at < text.length) throw unexpected(reader, "Expected end of input");
  return value;
}
