import { readdirSync, readFileSync } from "node:fs";
import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv } from "ajv";

const folder = new URL("../../test-data/oci-schema/", import.meta.url);

function load(name: string): Record<string, unknown> {
  const { $schema: _draft04, ...schema } = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  return schema;
}

// The schemas say draft-04, which ajv does not read, but use nothing that changed since: only `$schema` has to go.
function compile(name: string): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  for (const file of readdirSync(folder)) if (file.endsWith(".json")) ajv.addSchema(load(file), file);
  const validate = ajv.getSchema(name);
  if (validate === undefined) throw new Error(`no schema ${name}`);
  return validate;
}

function pointerOf(error: ErrorObject): string {
  return error.keyword === "required" ? `${error.instancePath}/${error.params.missingProperty}` : error.instancePath;
}

/** Makes a function that lists the JSON pointers at which an official JSON Schema refuses a value. */
export function officialSchema(name: "config-schema.json" | "state-schema.json" | "features-schema.json") {
  const validate = compile(name);
  return (value: unknown): readonly string[] => {
    if (validate(value)) return [];
    const errors = validate.errors ?? [];
    return errors.filter((error) => error.keyword !== "anyOf").map(pointerOf);
  };
}

/** Reads one of the official examples. */
export function readExample(path: string): string {
  return readFileSync(new URL(`test/${path}`, folder), "utf8");
}

/** Lists the official examples of one kind: their paths for `readExample`. */
export function listExamples(kind: "config" | "state" | "features"): readonly string[] {
  const paths = ["good", "bad"].map((side) => `${kind}/${side}`);
  return paths.flatMap((path) => readdirSync(new URL(`test/${path}`, folder)).map((name) => `${path}/${name}`));
}

/** Reads a file of `test-data`. */
export function readTestData(name: string): string {
  return readFileSync(new URL(`../${name}`, folder), "utf8");
}
