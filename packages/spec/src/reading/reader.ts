// Readers made of the schemas. A reader does what zod does for a document that zod accepts, without a result for each value.
import { checkKernelText } from "../values/brands.ts";
import * as z from "../values/zod.ts";

type Schema = z.core.$ZodType;
type Reader = (value: unknown) => unknown;
type Checks = readonly z.core.$ZodCheck<unknown>[];

/** What a reader gives where the schema may refuse a value: zod decides then, and has the words. */
const undecided: unique symbol = Symbol("undecided");

/** What checks and transforms of a schema get. A reader asks only whether they have added an issue. */
type Payload = { value: unknown; readonly issues: z.core.$ZodRawIssue[]; readonly addIssue: () => void };

function makePayload(): Payload {
  const issues: z.core.$ZodRawIssue[] = [];
  return { value: undefined, issues, addIssue: () => issues.push({ code: "custom", input: undefined, path: [] }) };
}

function takeIssues({ issues }: Payload): boolean {
  if (issues.length === 0) return false;
  issues.length = 0;
  return true;
}

/** Each check takes what its schema has let through, which is all that a reader hands on. */
function isApplicable(checks: readonly z.core.$ZodCheck<never>[]): checks is Checks {
  return checks.length > 0;
}

/** Nearly all values of a config are texts with one check. */
function checkedString(check: Checks[number]): Reader {
  const payload = makePayload();
  const run = check._zod.check;
  return (value) => {
    if (typeof value !== "string") return undecided;
    payload.value = value;
    run(payload);
    return payload.issues.length > 0 && takeIssues(payload) ? undecided : payload.value;
  };
}

/** The same reader with the checks of a schema behind it. */
function withChecks(read: Reader, checks: readonly z.core.$ZodCheck<never>[] = []): Reader {
  if (!isApplicable(checks)) return read;
  const [first] = checks;
  if (read === readString && checks.length === 1 && first !== undefined) return checkedString(first);
  const payload = makePayload();
  return (given) => {
    const value = read(given);
    if (value === undecided) return undecided;
    payload.value = value;
    for (let index = 0; index < checks.length; index++) checks[index]?._zod.check(payload);
    return takeIssues(payload) ? undecided : payload.value;
  };
}

function readString(value: unknown): unknown {
  return typeof value === "string" ? value : undecided;
}

function readBoolean(value: unknown): unknown {
  return typeof value === "boolean" ? value : undecided;
}

function enumReader(values: ReadonlySet<unknown>): Reader {
  return (value) => (values.has(value) ? value : undecided);
}

/** A list of kernel texts: a profile of seccomp has hundreds of names, which are checked at once. */
function textListReader(): Reader {
  return (value) => {
    if (!Array.isArray(value)) return undecided;
    for (let index = 0; index < value.length; index++) if (typeof value[index] !== "string") return undecided;
    const issues: unknown[] = [];
    checkKernelText({ value: value.join("\n"), issues });
    return issues.length > 0 ? undecided : value.slice();
  };
}

function listReader(read: Reader): Reader {
  return (value) => {
    if (!Array.isArray(value)) return undecided;
    const list: unknown[] = [];
    for (let index = 0; index < value.length; index++) {
      const item = read(value[index]);
      if (item === undecided) return undecided;
      list.push(item);
    }
    return list;
  };
}

/** Whether a value is an object such as `parseJson` makes: without inherited properties. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function mapReader(read: Reader): Reader {
  return (value) => {
    if (!isPlain(value)) return undecided;
    const map: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const item = read(value[key]);
      if (item === undecided || key === "__proto__") return undecided;
      map[key] = item;
    }
    return map;
  };
}

type Field = { readonly key: string; readonly read: Reader; readonly isOptional: boolean };

function objectReader(fields: readonly Field[]): Reader {
  return (value) => {
    if (!isPlain(value)) return undecided;
    const object: Record<string, unknown> = {};
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index];
      if (field === undefined) continue;
      const given = value[field.key];
      if (given === undefined) {
        // Zod keeps a property that is there and undefined. Plain objects inherit none of these names.
        if (!field.isOptional || field.key in value) return undecided;
        continue;
      }
      const item = field.read(given);
      if (item === undecided) return undecided;
      object[field.key] = item;
    }
    return object;
  };
}

function transformReader(transform: z.core.$ZodTransformDef["transform"]): Reader {
  const payload = makePayload();
  return (given) => {
    payload.value = given;
    const value: unknown = transform(given, payload);
    return takeIssues(payload) ? undecided : value;
  };
}

function pipeReader(first: Reader, second: Reader): Reader {
  return (given) => {
    const value = first(given);
    return value === undecided ? undecided : second(value);
  };
}

function makeFields(shape: Readonly<Record<string, Schema>>): readonly Field[] {
  return Object.entries(shape).map(([key, schema]) => {
    const isOptional = schema instanceof z.ZodOptional;
    return { key, isOptional, read: readerOf(isOptional ? schema.def.innerType : schema) };
  });
}

/** Whether a schema is that of a text of which nothing else is asked. */
function isKernelText(schema: Schema): boolean {
  if (!(schema instanceof z.ZodString) || "format" in schema.def) return false;
  const { checks = [] } = schema.def;
  return checks.length === 1 && checks[0]?._zod.check === checkKernelText;
}

/** A reader without the checks of the schema. Schemas that no container's config has are left to zod. */
function makeBareReader(schema: Schema): Reader {
  if (schema instanceof z.ZodString && !("format" in schema.def)) return readString;
  if (schema instanceof z.ZodBoolean) return readBoolean;
  if (schema instanceof z.ZodEnum) return enumReader(new Set(schema.options));
  if (schema instanceof z.ZodArray && isKernelText(schema.def.element)) return textListReader();
  if (schema instanceof z.ZodArray) return listReader(readerOf(schema.def.element));
  if (schema instanceof z.ZodObject && schema.def.catchall === undefined)
    return objectReader(makeFields(schema.def.shape));
  if (schema instanceof z.ZodTransform) return transformReader(schema.def.transform);
  if (schema instanceof z.ZodPipe) return pipeReader(readerOf(schema.def.in), readerOf(schema.def.out));
  if (schema instanceof z.ZodRecord && schema.def.keyType instanceof z.ZodString)
    return mapReader(readerOf(schema.def.valueType));
  return () => undecided;
}

const readers = new WeakMap<Schema, Reader>();

/** The reader of a schema; made when it is first asked for. */
function readerOf(schema: Schema): Reader {
  const old = readers.get(schema);
  if (old !== undefined) return old;
  const made = withChecks(makeBareReader(schema), schema._zod.def.checks);
  readers.set(schema, made);
  return made;
}

/** Whether a value is what {@link readQuickly} gives for one that the schema accepts. */
function isOutput<T extends z.ZodType>(_schema: T, value: unknown): value is z.output<T> {
  return value !== undecided;
}

/**
 * Reads a value that the schema accepts as zod reads it. Gives undefined for any other, and for what is no plain tree of JSON:
 * an object with a prototype, a property that is undefined.
 */
export function readQuickly<T extends z.ZodType>(
  schema: T,
  value: unknown,
): { readonly output: z.output<T> } | undefined {
  const output = readerOf(schema)(value);
  return isOutput(schema, output) ? { output } : undefined;
}
