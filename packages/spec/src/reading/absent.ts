// What asks for nothing: programs in Go and C write null, or an empty string, where they mean that a property is absent.
import { toPointer } from "../errors.ts";

type Path = readonly PropertyKey[];

/** Where an empty string means that a property is absent. */
const emptyIsAbsent = /^\/linux\/(?:rootfsPropagation|namespaces\/\d+\/path)$/;

/** Where null is a value of the wrong type: each name is one file, and null has no text for it. */
const nullIsNone = /^(?:\/linux\/resources)?\/unified\/[^/]+$/;

function isAbsent(value: unknown, path: Path): boolean {
  if (value === null) return !nullIsNone.test(toPointer(path));
  return value === "" && emptyIsAbsent.test(toPointer(path));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A document without the properties that ask for nothing: a null of any property but a raw cgroup file, and the empty
 * strings of two. An element of a list stays as it is: a list says how many there are.
 */
export function withoutAbsent(value: unknown, path: Path = []): unknown {
  if (Array.isArray(value)) return value.map((item, index) => withoutAbsent(item, [...path, index]));
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([key, item]) => !isAbsent(item, [...path, key]));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutAbsent(item, [...path, key])]));
}
