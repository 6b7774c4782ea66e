import test from "ava";
import type { State } from "../index.ts";
import { parseFeatures, parseState, SpecError, stringifyState } from "../index.ts";
import { readExample, readTestData } from "../testing/official.ts";

const created: State = {
  ociVersion: "1.3.0",
  id: "a",
  status: "created",
  pid: 7,
  bundle: "/b",
  annotations: { k: "v" },
};

test("a state is written in the spec's order and read back", (t) => {
  const text = stringifyState(created);
  t.is(text, '{"ociVersion":"1.3.0","id":"a","status":"created","pid":7,"bundle":"/b","annotations":{"k":"v"}}');
  t.deepEqual(parseState(text), created);
});

test("a state of another version is read", (t) => {
  t.is(parseState(readExample("state/good/spec-example.json")).ociVersion, "0.2.0");
});

test("a wrong state is neither read nor written", (t) => {
  t.throws(() => parseState('{"id":"a"}'), { instanceOf: SpecError, code: "E_STATE_INVALID" });
  t.throws(() => stringifyState({ ...created, pid: -1 }), { instanceOf: SpecError, code: "E_STATE_INVALID" });
});

test("features keep the fields that the JSON Schema forgot", (t) => {
  const { linux } = parseFeatures(readTestData("full-features.json"));
  t.deepEqual(linux?.memoryPolicy, { modes: ["MPOL_BIND"], flags: ["MPOL_F_STATIC_NODES"] });
  t.deepEqual(linux?.intelRdt, { enabled: true, schemata: true, monitoring: true });
  t.throws(() => parseFeatures("{}"), { instanceOf: SpecError, code: "E_FEATURES_INVALID" });
});
