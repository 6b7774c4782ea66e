import { SpecError } from "../errors.ts";
import { escapeJson } from "../escape.ts";
import { failAt } from "./fault.ts";
import { readQuickly } from "./quick.ts";
import { readExactly } from "./reader.ts";

/** A value that has a JSON form; bigint is written as its digits. */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject;
/** An object that has a JSON form. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** The largest document that is read, in UTF-16 units. */
export const maxJsonLength = 16 * 1024 * 1024;

/** A byte that is no part of UTF-8, as the reader of the file has it. Escapes are no such thing. */
const loneSurrogate = /\p{Surrogate}/u;

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
  if (!text.isWellFormed()) throw failAt("E_JSON_SYNTAX", text, loneSurrogate.exec(text)?.index ?? 0, "is not UTF-8");
  if (text.startsWith("\uFEFF")) throw failAt("E_JSON_SYNTAX", text, 0, "starts with a byte order mark");
  return readQuickly(text) ?? readExactly(text);
}

/** Writes as JSON.stringify does, with bigint as its digits. */
function write(value: unknown, space: string, indent = "\n"): string | undefined {
  if (typeof value === "bigint") return `${value}`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const below = space === "" ? "" : indent + space;
  const isList = Array.isArray(value);
  const items = isList
    ? value.map((item) => write(item, space, below) ?? "null")
    : Object.entries(value).flatMap(([key, item]) => {
        const text = write(item, space, below);
        return text === undefined ? [] : [`${JSON.stringify(key)}:${space === "" ? "" : " "}${text}`];
      });
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  if (items.length === 0) return `${open}${close}`;
  return `${open}${below}${items.join(`,${below}`)}${space === "" ? "" : indent}${close}`;
}

/** The engine's own form; undefined for a value that has no form, or with a bigint in it. */
function writeAtOnce(value: unknown, space: string | number): string | undefined {
  try {
    return JSON.stringify(value, null, space);
  } catch {
    return undefined;
  }
}

/** The same with small bigints as numbers, or piece by piece when there is a large one. */
function writeNumbers(value: unknown, space: string | number): string | undefined {
  let isLarge = false;
  const short = JSON.stringify(
    value,
    (_key, item) => {
      if (typeof item !== "bigint") return item;
      const number = Number(item);
      isLarge ||= !Number.isSafeInteger(number);
      return number;
    },
    space,
  );
  return isLarge ? write(value, typeof space === "number" ? " ".repeat(space) : space) : short;
}

/**
 * Writes JSON, with every bigint as its exact digits, and every character that a terminal would obey or not show as an escape.
 *
 * @throws {SpecError} E_JSON_UNWRITABLE when the value has no JSON form
 */
export function stringifyJson(value: unknown, space: string | number = ""): string {
  const text = writeAtOnce(value, space) ?? writeNumbers(value, space);
  if (text === undefined) {
    throw new SpecError("E_JSON_UNWRITABLE", "JSON", [{ pointer: "", message: `cannot write ${typeof value}` }]);
  }
  return escapeJson(text);
}
