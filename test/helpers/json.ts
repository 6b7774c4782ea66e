// JSON for tests: any value, changed by pointer, so that a table row can say what differs from the base.

/** A JSON value; `bigint` is written as a number that JavaScript cannot hold. */
export type Json = string | number | boolean | null | bigint | readonly Json[] | { readonly [name: string]: Json };

/** Changes by JSON pointer (RFC 6901): a value to set, `undefined` to remove; `/-` at the end appends to an array. */
export type Patch = Readonly<Record<string, Json | undefined>>;

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);

const isObject = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function setInArray(array: readonly Json[], name: string, rest: readonly string[], value: Json | undefined): Json {
  const index = name === "-" ? array.length : Number(name);
  const old = array[index] ?? {};
  const items = value === undefined && rest.length === 0 ? [] : [setAt(old, rest, value)];
  return [...array.slice(0, index), ...items, ...array.slice(index + 1)];
}

function setAt(target: Json, path: readonly string[], value: Json | undefined): Json {
  const [name, ...rest] = path;
  if (name === undefined) return value ?? null;
  if (isArray(target)) return setInArray(target, name, rest, value);
  const object = isObject(target) ? target : {};
  if (rest.length > 0 || value !== undefined) return { ...object, [name]: setAt(object[name] ?? {}, rest, value) };
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}

/** Applies a patch; what is missing on the way is made as objects. */
export function patched(target: Json, patch: Patch): Json {
  return Object.entries(patch).reduce<Json>((result, [pointer, value]) => {
    const path = pointer.split("/").slice(1);
    return setAt(
      result,
      path.map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~")),
      value,
    );
  }, target);
}

/** Writes JSON, with `bigint` as a bare integer. */
export function toJson(value: Json): string {
  const text = JSON.stringify(value, (_name, item: Json) => (typeof item === "bigint" ? `@int ${item}@` : item), 2);
  return text.replaceAll(/"@int (-?\d+)@"/g, "$1");
}
