import test from "ava";
import type { Plan } from "../../wire/op.ts";
import type { Image } from "../launch/image.ts";
import { makeImage } from "../launch/image.ts";
import { keyOf, planOnce } from "./plan-once.ts";

const idOf = (digit: string): string => `run-${digit.repeat(16)}`;

/** A plan whose cgroup has a name. */
const named = (name: string): Plan => ({
  kind: "host",
  inputs: [],
  ops: [
    { op: "open-root", phase: "host", out: "host" },
    { op: "open-cgroup", phase: "host", at: "host", path: "sys/fs/cgroup", version: 2, out: "root" },
    { op: "remove-cgroup", phase: "host", parent: "root", path: name, timeoutMs: 1 },
  ],
});

/** Plans three times, and tells which were planned and what each is. */
function thrice(key: string, ids: readonly string[], plan: (id: string) => Plan) {
  const planned: string[] = [];
  const images = ids.map((id) =>
    planOnce(key, id, () => {
      planned.push(id);
      return makeImage(plan(id));
    }),
  );
  return { planned, images };
}

const [a, b, c] = [idOf("a"), idOf("b"), idOf("c")];

test("the third is not planned, and is what it would have been", (t) => {
  const plan = (id: string): Plan => named(`coffer/${id}/${id}`);
  const { planned, images } = thrice("same", [a, b, c], plan);
  t.deepEqual(planned, [a, b]);
  t.deepEqual(
    images,
    [a, b, c].map((id): Image => makeImage(plan(id))),
  );
});

test("a plan without the id in it is the same each time", (t) => {
  const { planned, images } = thrice("without", [a, b, c], () => named("coffer/fixed"));
  t.deepEqual(planned, [a, b]);
  t.deepEqual(images[2], makeImage(named("coffer/fixed")));
});

const odd: Readonly<Record<string, (id: string) => Plan>> = {
  "the digits alone": (id) => named(`coffer/${id}/${id.slice(4)}`),
  "another form of it": (id) => named(`coffer/${id}/${id.replace("-", "_")}`),
  "its end": (id) => named(`coffer/${id}/${id.slice(-3)}`),
  "its place in an order": (id) => named(id > b ? "coffer/late" : "coffer/early"),
};

for (const [what, plan] of Object.entries(odd))
  test(`what a plan has of its id besides the id is planned each time: ${what}`, (t) => {
    const ids = [a, c, b, idOf("d")];
    const { images } = thrice(what, ids, plan);
    t.deepEqual(
      images,
      ids.map((id): Image => makeImage(plan(id))),
    );
  });

test("ids that a caller has chosen are planned, and so is what has the digits in its key", (t) => {
  const plan = (id: string): Plan => named(`coffer/${id}`);
  t.deepEqual(thrice("chosen", ["web", "web", "web"], plan).planned, ["web", "web", "web"]);
  t.deepEqual(thrice(`key ${a}`, [a, a, a], plan).planned, [a, a, a]);
  t.deepEqual(thrice("mixed", [a, b, "web", c], plan).planned, [a, b, "web"]);
});

test("only those that were used last are kept", (t) => {
  const plan = (id: string): Plan => named(`coffer/${id}`);
  thrice("old", [a, b], plan);
  for (let index = 0; index < 8; index++) thrice(`new ${index}`, [a], plan);
  t.deepEqual(thrice("old", [c], plan).planned, [c]);
});

test("keys are the same for the same values alone", (t) => {
  const values = [
    1,
    1n,
    "1",
    [1],
    { a: 1 },
    { a: 1n },
    { a: "1" },
    new Uint8Array([1]),
    new Uint8Array([1, 2]),
    null,
    "\ud800",
    "\ufffd",
  ];
  t.is(new Set(values.map((value) => keyOf(value))).size, values.length);
  t.is(keyOf({ a: [1n, "x"] }, 2), keyOf({ a: [1n, "x"] }, 2));
});
