import test from "ava";
import type { SpecIssue } from "./errors.ts";
import { parseConfig, parseFeatures, parseState, SpecError, stringifyJson } from "./index.ts";
import { extraRules, relaxedRules } from "./rules.ts";
import { compareRefusals } from "./testing/differences.ts";
import type { Json } from "./testing/mutate.ts";
import { changeAt, changedPlaces, isWhole, makeRandom, mutate } from "./testing/mutate.ts";
import { listExamples, officialSchema, readExample, readTestData } from "./testing/official.ts";

const kinds = {
  config: { parse: parseConfig, official: officialSchema("config-schema.json") },
  state: { parse: parseState, official: officialSchema("state-schema.json") },
  features: { parse: parseFeatures, official: officialSchema("features-schema.json") },
} as const;

type Kind = keyof typeof kinds;

const usedDifferences = new Set<string>();

function findIssues(parse: (text: string) => unknown, text: string): readonly SpecIssue[] {
  try {
    parse(text);
    return [];
  } catch (error) {
    if (error instanceof SpecError && !error.code.startsWith("E_JSON")) return error.issues;
    throw error;
  }
}

function findUnexplained(kind: Kind, text: string): readonly string[] {
  const { parse, official } = kinds[kind];
  const value: unknown = JSON.parse(text);
  const { used, unexplained } = compareRefusals(value, findIssues(parse, text), official(value));
  for (const name of used) usedDifferences.add(name);
  return unexplained;
}

function readBase(text: string): Json {
  return changeAt(JSON.parse(text), ["ociVersion"], () => "1.3.0") ?? null;
}

const bases: Readonly<Record<string, readonly [Kind, Json]>> = {
  "full-config.json": ["config", readBase(readTestData("full-config.json"))],
  "spec-example.json": ["config", readBase(readExample("config/good/spec-example.json"))],
  "state/spec-example.json": ["state", JSON.parse(readExample("state/good/spec-example.json"))],
  "full-features.json": ["features", JSON.parse(readTestData("full-features.json"))],
  "features/runc.json": ["features", JSON.parse(readExample("features/good/runc.json"))],
};

const isInvalidJson = (path: string) => path.endsWith("/invalid-json.json");

const agreesOnExample = test.macro({
  exec(t, kind: Kind, path: string) {
    t.deepEqual(findUnexplained(kind, readExample(path)), []);
    t.is(kinds[kind].official(JSON.parse(readExample(path))).length === 0, path.includes("/good/"));
  },
  title: (_, _kind, path) => `agrees with the official schema on ${path}`,
});

const refusesExample = test.macro({
  exec(t, kind: Kind, path: string) {
    t.throws(() => kinds[kind].parse(readExample(path)), { instanceOf: SpecError, code: "E_JSON_SYNTAX" });
  },
  title: (_, _kind, path) => `refuses ${path}`,
});

for (const kind of ["config", "state", "features"] as const) {
  for (const path of listExamples(kind)) test(isInvalidJson(path) ? refusesExample : agreesOnExample, kind, path);
}

const agreesOnEachChange = test.macro({
  exec(t, name: string) {
    const [kind, base] = bases[name] ?? t.fail();
    const places = changedPlaces(base);
    const unexplained = places.flatMap(([path, change]) =>
      findUnexplained(kind, stringifyJson(changeAt(base, path, change))),
    );
    t.deepEqual(unexplained, []);
    t.log(`${places.length} documents`);
  },
  title: (_, name) => `agrees with the official schema on every single change of ${name}`,
});

const agreesOnMutations = test.macro({
  exec(t, name: string, seed: number) {
    const [kind, base] = bases[name] ?? t.fail();
    const random = makeRandom(seed);
    const texts = Array.from({ length: 300 }, () => stringifyJson(mutate(base, 2 + random(3), random)));
    t.deepEqual(
      texts.flatMap((text) => findUnexplained(kind, text)),
      [],
    );
  },
  title: (_, name, seed) => `agrees with the official schema on 300 mutations of ${name}, seed ${seed}`,
});

// spec-example.json has no field that full-config.json lacks: mutations are enough for it.
for (const name of ["full-config.json", "state/spec-example.json", "full-features.json"])
  test(agreesOnEachChange, name);

for (const name of Object.keys(bases)) {
  test(agreesOnMutations, name, 1);
  test(agreesOnMutations, name, 2);
}

test.after("every named difference was seen", (t) => {
  if (!isWhole) return t.log("not judged: a part of the changes was made");
  t.deepEqual([...usedDifferences].sort(), [...Object.keys(extraRules), ...Object.keys(relaxedRules)].sort());
});
