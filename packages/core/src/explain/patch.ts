// Changes of a JSON document, as RFC 6902 has them. Pure: the document that is given stays as it is.
import type { JsonValue } from "@coffer/spec";

/** One change: `value` is put at the pointer, in front of the element of a list that is there; without it what is there goes. */
export interface Patch {
  /** A JSON pointer; `/-` at its end appends to a list. */
  readonly path: string;
  readonly op: "add" | "replace" | "remove";
  readonly value?: JsonValue;
}

/** The steps of a JSON pointer (RFC 6901). */
export function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

const isList = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);
const isObject = (value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What is at a pointer; undefined where nothing is. */
export function valueAt(document: JsonValue, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const step of stepsOf(pointer)) {
    if (isList(value)) value = value[Number(step)];
    else value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return value;
}

function changeList(list: readonly JsonValue[], step: string, patch: Patch): JsonValue {
  const index = step === "-" ? list.length : Number(step);
  const out = [...list];
  out.splice(index, patch.op === "add" ? 0 : 1, ...(patch.value === undefined ? [] : [patch.value]));
  return out;
}

function change(value: JsonValue | undefined, steps: readonly string[], patch: Patch): JsonValue {
  const [step = "", ...rest] = steps;
  const here = value ?? (step === "-" ? [] : {});
  if (isList(here)) {
    if (rest.length === 0) return changeList(here, step, patch);
    return here.map((one, index) => (index === Number(step) ? change(one, rest, patch) : one));
  }
  // A key `__proto__` is an own property of what the reader gives, and stays one.
  const entries = new Map<string, JsonValue>(isObject(here) ? Object.entries(here) : []);
  if (rest.length > 0) entries.set(step, change(entries.get(step), rest, patch));
  else if (patch.value === undefined) entries.delete(step);
  else entries.set(step, patch.value);
  return Object.fromEntries(entries);
}

/** The document with some changes, in order. Objects and lists on the way to a value are made where they are missing. */
export function applyPatches(document: JsonValue, patches: readonly Patch[]): JsonValue {
  let value = document;
  for (const patch of patches) value = change(value, stepsOf(patch.path), patch);
  return value;
}
