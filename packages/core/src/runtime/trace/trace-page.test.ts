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

function render(id: string, times: Parameters<typeof record>[0]): string {
  const exit = {
    status: 0,
    signal: undefined,
    durationMs: 1.5,
    isComplete: true,
    usage: undefined,
    trace: record(times),
  };
  return renderTracePage({ id, plan, planSize: 7 }, exit);
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
  const order = [...page.matchAll(/<tr><td>(\d+)<\/td>/g)].map((match) => Number(match[1]));
  t.deepEqual(order, [0, wait, indexOf("pivot"), indexOf("exec"), wait + 1]);
  t.regex(page, /<td>pivot \/root\/path<\/td><td>inside<\/td><td>init<\/td><td>40\.0 µs<\/td><td>10\.0 µs<\/td>/);
});

test("the life of the container stretches nothing", (t) => {
  t.regex(page, /<h2>Until the program runs: 100\.0 µs<\/h2>/);
  t.regex(page, /<h2>After its end: 2\.0 µs<\/h2>/);
  t.regex(page, /class="init" style="left:40\.000%;width:10\.000%"/);
  t.regex(page, /class="launcher waits" style="left:20\.000%;width:80\.000%"/);
});

test("a name of a config is text", (t) => {
  const text = render('<b>"&\u202e\u001b', {});
  t.true(text.includes("&lt;b&gt;&quot;&amp;\\u{202e}\\u{1b}"));
  t.false(text.includes("<b>"));
});

test("nothing is drawn of what was not reached", (t) => {
  t.false(render("c1", {}).includes("<table>"));
  t.false(render("c1", { 0: [5, 6] }).includes("After its end"));
});
