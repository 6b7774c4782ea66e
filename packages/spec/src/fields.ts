import { config } from "./config.ts";
import { toPointer } from "./errors.ts";
import { resources } from "./linux/resources.ts";
import { process } from "./process.ts";
import * as z from "./zod.ts";

type Schema = z.core.$ZodType;
type Path = readonly PropertyKey[];

function unwrap(schema: Schema): Schema {
  if (schema instanceof z.ZodOptional) return unwrap(schema.def.innerType);
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.out);
  return schema;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function collectUnknown(schema: Schema, value: unknown, path: Path, found: string[]): void {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    for (const [index, item] of value.entries()) collectUnknown(inner.def.element, item, [...path, index], found);
  } else if (inner instanceof z.ZodRecord && isRecord(value)) {
    for (const key of Object.keys(value)) collectUnknown(inner.def.valueType, value[key], [...path, key], found);
  } else if (inner instanceof z.ZodObject && isRecord(value) && inner.def.catchall === undefined) {
    for (const key of Object.keys(value)) {
      const field = Object.hasOwn(inner.def.shape, key) ? inner.def.shape[key] : undefined;
      if (field === undefined) found.push(toPointer([...path, key]));
      else collectUnknown(field, value[key], [...path, key], found);
    }
  }
}

const documents = { config, process, resources } as const satisfies Readonly<Record<string, Schema>>;

/** A document of the spec whose unknown properties can be listed. */
export type DocumentName = keyof typeof documents;

/**
 * Lists the JSON pointers of the properties that the spec does not know, which `parseConfig` leaves out as the spec demands.
 *
 * Takes what `parseJson` returned, not a `Config`. Of a wrong type it lists nothing: that is for `checkConfig` to say.
 */
export function unknownFields(value: unknown, document: DocumentName = "config"): readonly string[] {
  const found: string[] = [];
  collectUnknown(documents[document], value, [], found);
  return found;
}

function collectFields(schema: Schema, pattern: string, found: string[]): void {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray) {
    collectFields(inner.def.element, `${pattern}/*`, found);
  } else if (inner instanceof z.ZodRecord) {
    collectFields(inner.def.valueType, `${pattern}/*`, found);
  } else if (inner instanceof z.ZodObject && inner.def.catchall === undefined) {
    for (const [key, field] of Object.entries<Schema>(inner.def.shape))
      collectFields(field, `${pattern}/${key}`, found);
  } else {
    found.push(pattern);
  }
}

/** Lists every leaf field of the config as a pattern, such as `/linux/maskedPaths/*`; `*` stands for an index or a free key. */
export function configFields(): readonly string[] {
  const found: string[] = [];
  collectFields(config, "", found);
  return found;
}
