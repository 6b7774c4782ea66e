import test from "ava";
import { config } from "../config/config.ts";
import { resources } from "../config/linux/resources.ts";
import { process } from "../config/process.ts";
import { features } from "../documents/features.ts";
import { policy } from "../documents/policy.ts";
import { state } from "../documents/state.ts";
import { parseJson, stringifyJson } from "../json/json.ts";
import type { Json } from "../testing/mutate.ts";
import { changeAt, changedPlaces, makeRandom, mutate } from "../testing/mutate.ts";
import { readExample, readTestData } from "../testing/official.ts";
import type * as z from "../values/zod.ts";
import { withoutAbsent } from "./absent.ts";
import { readQuickly } from "./reader.ts";

/** With exact integers, which the documents have. */
const readExact: (text: string) => ReturnType<typeof JSON.parse> = parseJson;

const full: Json = readExact(readTestData("full-config.json"));
// A free object is left to zod.
const plain = changeAt(full, ["windows", "credentialSpec"], () => undefined) ?? null;

function partOf(value: Json, ...path: readonly string[]): Json {
  return path.reduce((found: Json, key) => readExact(stringifyJson(Reflect.get(Object(found), key))), value);
}

const documents: Readonly<Record<string, readonly [z.ZodType, Json]>> = {
  config: [config, plain],
  process: [process, partOf(full, "process")],
  resources: [resources, partOf(full, "linux", "resources")],
  state: [state, JSON.parse(readExample("state/good/spec-example.json"))],
  features: [features, readExact(readTestData("full-features.json"))],
};

/** What the reader and zod make of a text, with the order of properties; undefined where they do not accept it. */
function compare(schema: z.ZodType, text: string) {
  const value = parseJson(text);
  const asked = withoutAbsent(value);
  const byZod = schema.safeParse(asked, { jitless: true });
  const byReader = readQuickly(schema, value);
  return {
    zod: byZod.success ? show(byZod.data) : undefined,
    reader: byReader === undefined ? undefined : show(byReader.output),
    isWhole: stringifyJson(asked) === stringifyJson(value),
  } as const;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, item) => (typeof item === "bigint" ? `${item}n` : item));
}

/** The texts of which reader and zod make different things. */
function differing(schema: z.ZodType, texts: readonly string[]) {
  return texts.filter((text) => {
    const { zod, reader, isWhole } = compare(schema, text);
    return isWhole ? zod !== reader : reader !== undefined && zod !== reader;
  });
}

const agreesOnEachChange = test.macro({
  exec(t, name: string) {
    const [schema, base] = documents[name] ?? t.fail();
    const texts = changedPlaces(base).map(([path, change]) => stringifyJson(changeAt(base, path, change)));
    t.deepEqual(differing(schema, texts), []);
    t.log(`${texts.length} documents`);
  },
  title: (_, name) => `reads what zod reads, on every single change of ${name}`,
});

const agreesOnMutations = test.macro({
  exec(t, name: string) {
    const [schema, base] = documents[name] ?? t.fail();
    const random = makeRandom(5);
    const texts = Array.from({ length: 300 }, () => stringifyJson(mutate(base, 1 + random(3), random)));
    t.deepEqual(differing(schema, texts), []);
  },
  title: (_, name) => `reads what zod reads, on 300 mutations of ${name}`,
});

for (const name of Object.keys(documents)) {
  test(agreesOnEachChange, name);
  test(agreesOnMutations, name);
  test(`reads ${name} without zod`, (t) => {
    const [schema, base] = documents[name] ?? t.fail();
    t.not(readQuickly(schema, parseJson(stringifyJson(base))), undefined);
  });
}

test("what is no plain tree of JSON is left to zod", (t) => {
  class Own {
    readonly cwd = "/";
  }
  t.is(readQuickly(process, new Own()), undefined);
  t.is(readQuickly(process, Object.create({ cwd: "/" })), undefined);
  t.is(readQuickly(process, { cwd: "/", terminal: undefined }), undefined);
  t.deepEqual(readQuickly(process, { cwd: "/" }), { output: { cwd: "/" } });
});

test("what the reader gives shares nothing with what it was given", (t) => {
  const args = ["a"];
  const read = readQuickly(process, { cwd: "/", args });
  args.push("b");
  t.deepEqual(read, { output: { cwd: "/", args: ["a"] } });
});

test("a schema of other kinds is left to zod", (t) => {
  t.is(readQuickly(policy, { version: 1, strict: true }), undefined);
});

test("one name of a list that the kernel would cut, or that stands for no bytes, is left to zod", (t) => {
  const withNames = (...args: string[]) => changeAt(partOf(full, "process"), ["args"], () => args);
  t.not(readQuickly(process, withNames("sh", "-c", "\n", "")), undefined);
  for (const bad of [["sh", "\0"], ["\0", "sh"], ["a\ud83d"], ["\ud83d", "\ude00"], ["\ude00"]])
    t.is(readQuickly(process, withNames("sh", ...bad, "x")), undefined, JSON.stringify(bad));
});
