// The page answers while it shows as many ops as a plan may have. The browser's own trace says how much of the processor's time
// each task of the page's main thread takes. Other work of the machine makes a task longer, and not dearer.
import test from "ava";
import type { Page } from "playwright-core";
import { baseConfig } from "../helpers/config.ts";
import { pasteText } from "./in-page.ts";
import { callIn, settle, useSite } from "./site.ts";

const site = useSite(test);
/** A task that is longer is what browsers call a long task. */
const longestMs = 50;

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** Time of the thread itself, in µs. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

const isMain = ({ name, args }: TraceEvent): boolean => name === "thread_name" && args.name === "CrRendererMain";

/** The tasks of the main threads of pages, in ms of the processor, the longest first. */
function tasksOf(trace: string): readonly number[] {
  const { traceEvents }: { readonly traceEvents: readonly TraceEvent[] } = JSON.parse(trace);
  const mains = new Set(traceEvents.filter(isMain).map(({ pid, tid }) => `${pid}/${tid}`));
  const events = traceEvents.filter(({ pid, tid }) => mains.has(`${pid}/${tid}`));
  return events
    .filter(({ name, tdur }) => name === "ThreadControllerImpl::RunTask" && tdur !== undefined)
    .map(({ tdur = 0 }) => tdur / 1000)
    .toSorted((a, b) => b - a);
}

/** What a task of the page does in a task of its own: an evaluation by the test is no task of the page. */
const later = (script: string): string => `(data) => void setTimeout(() => (${script})(data), 0)`;

/** Compares the plan with a sample, and shows what is equal too. */
const compareAll = `() => {
  const left = document.getElementById("compare-left");
  left.selectedIndex = 0;
  document.getElementById("only-changes").checked = false;
  left.dispatchEvent(new Event("change"));
}`;

/** Lets the page draw until nothing is left to be drawn. */
const rest = (page: Page): Promise<void> => page.waitForTimeout(500);

test.serial(
  "no task is long while as many ops as a plan may have are drawn, moved in, marked, judged and compared",
  async (t) => {
    const opened = await site.open(t);
    if (opened === undefined) return;
    const { page, errors } = opened;
    const mounts = Array.from({ length: 800 }, (_, at) => ({
      destination: `/m/${at}`,
      type: "tmpfs",
      source: "tmpfs",
      options: ["size=1m"],
    }));
    const text = JSON.stringify(baseConfig({ "/mounts": mounts }), null, 2);
    const press = async (...keys: readonly string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const click = (id: string): Promise<unknown> =>
      callIn(page, later(`() => document.getElementById("${id}").click()`));
    const actions: Readonly<Record<string, () => Promise<unknown>>> = {
      paste: async () => {
        await callIn(page, later(pasteText), text);
        await page.locator("#plan-name", { hasText: /^pasted$/ }).waitFor();
        await settle(page);
      },
      "the last op": () => callIn(page, "() => document.getElementById('ops').focus()").then(() => press("End")),
      "op by op": () => press("Home", ...Array.from({ length: 6 }, () => "ArrowDown"), "PageDown"),
      "the field that asks for most": () =>
        click(`config-${text.split("\n").findIndex((line) => line.includes('"mounts"'))}`),
      scroll: () => callIn(page, later("() => { document.getElementById('ops').scrollTop = 60_000; }")),
      audit: () => click("to-audit"),
      compare: () => click("to-compare"),
      "compare all": () => callIn(page, later(compareAll)),
      plan: () => click("to-plan"),
    };
    const seen: Record<string, number> = {};
    const browser = page.context().browser();
    for (const [name, act] of Object.entries(actions)) {
      await browser?.startTracing(page, { categories: ["toplevel"] });
      await act();
      await rest(page);
      const tasks = tasksOf((await browser?.stopTracing())?.toString() ?? "{}");
      t.true(tasks.length > 5, name);
      seen[name] = Math.round(tasks[0] ?? 0);
    }
    t.log(JSON.stringify(seen));
    t.is(await page.locator("#ops-4050").count(), 1);
    t.true((await page.locator("#pairs [role=option]").count()) > 4000);
    t.deepEqual(
      Object.entries(seen).filter(([, ms]) => ms > longestMs),
      [],
    );
    t.deepEqual(errors, []);
  },
);
