// docs/use/oci-support.md is whole and true: every field has an entry, every entry a test, what it calls refused is refused.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkConfig, configFields } from "@coffer/spec";
import test from "ava";
import { CofferError } from "../../packages/core/src/errors.ts";
import { planCreate } from "../../packages/core/src/plan/create/create.ts";
import { baseConfig, rootFacts } from "../../packages/core/src/plan/testing/builders.ts";
import { findSupport, renderSupport } from "../../scripts/support/render.ts";
import { supportTable } from "../../scripts/support/table.ts";
import { repository } from "../helpers/build.ts";
import { patched } from "../helpers/json.ts";

const read = (path: string): string => readFileSync(join(repository, path), "utf8");
/** The spec's own example, which has every field. */
const example = JSON.parse(read("packages/spec/test-data/full-config.json"));

test("every field has an entry", (t) => {
  t.deepEqual(
    configFields().filter((field) => findSupport(field) === undefined),
    [],
  );
});

test("every entry is of a field, and the nearest one of it", (t) => {
  const used = new Set(configFields().map((field) => findSupport(field)?.[0]));
  t.deepEqual(
    Object.keys(supportTable).filter((entry) => !used.has(entry)),
    [],
  );
});

test("the document is up to date", (t) => {
  t.is(read("docs/use/oci-support.md"), renderSupport(), "run npm run gen");
});

for (const [entry, { shown }] of Object.entries(supportTable))
  test(`${entry} is shown by a test`, (t) => {
    const [file, words] = shown;
    t.true(read(file).includes(words), `${file} has no ${words}`);
  });

/** The value that the example has at a pattern; of lists the first that has it. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined || typeof value !== "object" || value === null) return value;
  if (name !== "*") return valueAt(Object.entries(value).find(([key]) => key === name)?.[1], rest);
  return Object.values(value)
    .map((item) => valueAt(item, rest))
    .find((item) => item !== undefined);
}

/** What is refused when a config asks for a field of the example. */
function refusedWith(pointer: string, value: unknown): readonly string[] {
  const base = JSON.parse(JSON.stringify(baseConfig(), (_, item) => (typeof item === "bigint" ? Number(item) : item)));
  const json = JSON.parse(JSON.stringify(value));
  const config = checkConfig(patched(base, { [pointer.replaceAll("*", "0")]: json }));
  try {
    planCreate(config, rootFacts, { id: "c1" });
    return [];
  } catch (error) {
    if (CofferError.is(error, "E_UNSUPPORTED")) return error.details.fields.map((field) => field.pointer);
    if (CofferError.is(error, "E_CONFIG_INVALID")) return error.details.issues.map((issue) => issue.pointer);
    throw error;
  }
}

/** Entries whose value makes no config by itself. */
const notAlone = /^\/linux\/(seccomp\/listener|resources\/blockIO\/weightDevice)/;

for (const [entry, { status, sample }] of Object.entries(supportTable)) {
  if (status !== "refused" || notAlone.test(entry)) continue;
  test(`${entry} is refused`, (t) => {
    const told = refusedWith(entry, sample ?? valueAt(example, entry.split("/").slice(1)));
    t.true(
      told.some((pointer) => pointer === entry || pointer.startsWith(`${entry}/`)),
      told.join(" "),
    );
  });
}
