// The timeline of a trace: what is drawn where.
import test from "ava";
import { planCases } from "../../plan/testing/cases.ts";
import type { Plan } from "../../wire/op.ts";
import { renderTracePage } from "./trace-page.ts";

const plan: Plan = planCases["root-default"]?.() ?? { kind: "host", ops: [], inputs: [] };
const indexOf = (name: string): number => plan.ops.findIndex(({ op }) => op === name);

/** A recorder's page: ops by index, with start and end in microseconds. */
function record(times: Readonly<Record<number, readonly [start: number, end: number]>>): Uint8Array {
  const view = new DataView(new ArrayBuffer(16 * plan.ops.length));
  for (const [index, [start, end]] of Object.entries(times)) {
    view.setBigUint64(16 * Number(index), BigInt(start) * 1000n, true);
    view.setBigUint64(16 * Number(index) + 8, BigInt(end) * 1000n, true);
  }
  return new Uint8Array(view.buffer);
}

function render(id: string, times: Parameters<typeof record>[0], events: Parameters<typeof renderTracePage>[2] = []) {
  const exit = {
    status: 0,
    signal: undefined,
    durationMs: 1.5,
    isComplete: true,
    usage: undefined,
    trace: record(times),
  };
  return renderTracePage({ id, plan, planSize: 7 }, exit, events);
}

const wait = indexOf("wait");
const page = render("c1", {
  0: [1000, 1010],
  [indexOf("pivot")]: [1040, 1050],
  [indexOf("exec")]: [1100, 0],
  [wait]: [1020, 900_000],
  [wait + 1]: [900_001, 900_003],
});

test("ops are in the order of time, with what made them", (t) => {
  const inTime = page.slice(page.indexOf('class="steps"'));
  const order = [...inTime.matchAll(/<tr><td>(\d+)<\/td>/g)].map((match) => Number(match[1]));
  t.deepEqual(order, [0, wait, indexOf("pivot"), indexOf("exec"), wait + 1]);
  t.regex(page, /<td>pivot \/root\/path<\/td><td>inside<\/td><td>init<\/td><td>0\.040 ms<\/td><td>0\.010 ms<\/td>/);
});

test("the life of the container stretches nothing", (t) => {
  t.regex(page, /<h2>Until the program runs: 0\.100 ms<\/h2>/);
  t.regex(page, /<h2>After its end: 0\.002 ms<\/h2>/);
  t.regex(page, /class="init" style="left:40\.000%;width:10\.000%"/);
  t.regex(page, /class="launcher waits" style="left:20\.000%;width:80\.000%"/);
});

test("kinds of ops are folded, and the longest is first", (t) => {
  const at = indexOf("make-fs");
  const [first = 0, second = 0] = plan.ops.flatMap(({ op }, index) => (op === "mount-point" ? [index] : []));
  const folded = render("c1", {
    [at]: [10, 2010],
    [first]: [3000, 3100],
    [second]: [3200, 3900],
    [wait]: [5000, 9000],
  });
  const heads = [...folded.matchAll(/<details><summary>([^<]*)<\/summary>/g)].map(([, head]) => head);
  t.deepEqual(heads, ["make-fs, init: 2.000 ms in 1", "mount-point, init: 0.800 ms in 2"]);
  t.regex(folded, /<h2>Longest first: 2\.800 ms of work<\/h2>/);
  // By the path, and not by the place in the config; within a kind the longest is first as well.
  const rows = [...folded.matchAll(/<td>mount-point (\/[^<]*)<\/td><td>([^<]*)<\/td><\/tr>/g)].map(([, path, time]) => [
    path,
    time,
  ]);
  t.is(rows.length, 2);
  t.deepEqual(
    rows.map(([, time]) => time),
    ["0.700 ms", "0.100 ms"],
  );
  t.false(rows.some(([path]) => path?.startsWith("/mounts/")));
});

test("what the program did and was denied is on the line of its life, in the order of time", (t) => {
  const events = [
    { text: "denied: connect <b>:443: not allowed", afterMs: 0.75 },
    { text: "connect example.org:443", afterMs: 0.3 },
    { text: "guess: denied: write /x: read-only", afterMs: 9 },
  ];
  const text = render("c1", { 0: [5, 6] }, events);
  t.regex(text, /<h2>While it ran: 1\.5 ms, 3 events<\/h2>/);
  const seen = [
    ...text.matchAll(
      /<tr><td>([\d.]+ ms)<\/td><td>([^<]*)<\/td><td class="time"><i class="(\w+)" style="left:([\d.]+)%"/g,
    ),
  ];
  t.deepEqual(
    seen.map(([, at, what, kind, left]) => [at, what, kind, left]),
    [
      ["0.3 ms", "connect example.org:443", "event", "20.000"],
      ["0.8 ms", "denied: connect &lt;b&gt;:443: not allowed", "denied", "50.000"],
      ["9.0 ms", "guess: denied: write /x: read-only", "denied", "100.000"],
    ],
  );
  t.false(render("c1", { 0: [5, 6] }).includes("While it ran"));
});

test("a name of a config is text", (t) => {
  const text = render('<b>"&\u202e\u001b', {});
  t.true(text.includes("&lt;b&gt;&quot;&amp;\\u{202e}\\u{1b}"));
  t.false(text.includes("<b>"));
  t.true(render("a\u200bb\u{e0041}c\u00a0", {}).includes("a\\u{200b}b\\u{e0041}c\\u{a0}"));
});

test("nothing is drawn of what was not reached", (t) => {
  t.false(render("c1", {}).includes("<table>"));
  t.false(render("c1", { 0: [5, 6] }).includes("After its end"));
});
