import { config } from "../config/config.ts";
import { resources } from "../config/linux/resources.ts";
import { process } from "../config/process.ts";
import { toPointer } from "../errors.ts";
import * as z from "../values/zod.ts";

type Schema = z.core.$ZodType;

function unwrap(schema: Schema): Schema {
  if (schema instanceof z.ZodOptional) return unwrap(schema.def.innerType);
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.out);
  return schema;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Adds the pointers of the unknown properties beneath a value, which is at `path`. */
type Walk = (value: unknown, path: PropertyKey[], found: string[]) => void;

function walkAt(walk: Walk, value: unknown, key: PropertyKey, path: PropertyKey[], found: string[]): void {
  path.push(key);
  walk(value, path, found);
  path.pop();
}

function listWalk(walk: Walk): Walk {
  return (value, path, found) => {
    if (!Array.isArray(value)) return;
    for (let index = 0; index < value.length; index++) walkAt(walk, value[index], index, path, found);
  };
}

function mapWalk(walk: Walk): Walk {
  return (value, path, found) => {
    if (!isRecord(value)) return;
    for (const key of Object.keys(value)) walkAt(walk, value[key], key, path, found);
  };
}

/** `fields`: by each known key the walk beneath it; null for a leaf. */
function objectWalk(fields: ReadonlyMap<string, Walk | null>): Walk {
  return (value, path, found) => {
    if (!isRecord(value)) return;
    for (const key of Object.keys(value)) {
      const walk = fields.get(key);
      if (walk === undefined) found.push(toPointer([...path, key]));
      else if (walk !== null) walkAt(walk, value[key], key, path, found);
    }
  };
}

function makeWalk(schema: Schema): Walk | null {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject && inner.def.catchall === undefined) {
    const fields = Object.entries<Schema>(inner.def.shape).map(([key, field]) => [key, makeWalk(field)] as const);
    return objectWalk(new Map(fields));
  }
  const isList = inner instanceof z.ZodArray;
  if (!isList && !(inner instanceof z.ZodRecord)) return null;
  const below = makeWalk(isList ? inner.def.element : inner.def.valueType);
  if (below === null) return null;
  return isList ? listWalk(below) : mapWalk(below);
}

const documents = { config, process, resources } as const satisfies Readonly<Record<string, Schema>>;

/** A document of the spec whose unknown properties can be listed. */
export type DocumentName = keyof typeof documents;

const walks = new Map<DocumentName, Walk | null>();

/** The walk of a document; made when it is first asked for. */
function walkOf(document: DocumentName): Walk | null {
  const walk = walks.get(document) ?? makeWalk(documents[document]);
  walks.set(document, walk);
  return walk;
}

/**
 * Lists the JSON pointers of the properties that the spec does not know, which `parseConfig` leaves out as the spec demands.
 *
 * Takes what `parseJson` returned, not a `Config`. Of a wrong type it lists nothing: that is for `checkConfig` to say.
 */
export function unknownFields(value: unknown, document: DocumentName = "config"): readonly string[] {
  const found: string[] = [];
  walkOf(document)?.(value, [], found);
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
