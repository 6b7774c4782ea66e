// Two plans side by side: in words, then op by op, aligned by what the ops do.
import { ask } from "../client.ts";
import { byId, fill, h } from "../draw/dom.ts";
import { makeList } from "../draw/list.ts";
import { countText, drawChanges, drawFailure } from "../draw/words.ts";
import { readSource } from "../open.ts";
import type { Compared, Outcome, Source } from "../protocol.ts";
import { sampleGroups } from "../samples-list.ts";
import { onPlan, state } from "../state.ts";

const here = "what the plan view shows";
type Side = "left" | "right";
const files = new Map<Side, { readonly name: string; readonly source: Source }>();

const pick = (side: Side): HTMLSelectElement | undefined => {
  const found = byId(`compare-${side}`);
  return found instanceof HTMLSelectElement ? found : undefined;
};

async function sourceOf(side: Side): Promise<Outcome<Source>> {
  const name = pick(side)?.value ?? here;
  const file = files.get(side);
  if (name === here) return { ok: true, value: state.source };
  if (file !== undefined && name === file.name) return { ok: true, value: file.source };
  const made = await ask({ ask: "sample", name, host: state.host });
  if (!made.ok) return made;
  return { ok: true, value: { kind: "config", ...made.value } };
}

function drawPairs({ left, right, pairs }: Compared, onlyChanges: boolean): void {
  const shown = onlyChanges ? pairs.filter(({ same }) => !same) : pairs;
  const signs = { more: "+", fewer: "−", other: "~", same: " " } as const;
  makeList(byId("pairs"), {
    count: shown.length,
    group: (index) => {
      const pair = shown[index];
      return right.details[pair?.right ?? -1]?.phase ?? left.details[pair?.left ?? -1]?.phase ?? "";
    },
    row: (index) => {
      const pair = shown[index];
      const [a, b] = [left.details[pair?.left ?? -1], right.details[pair?.right ?? -1]];
      const name = pair?.same ? "same" : a === undefined ? "more" : b === undefined ? "fewer" : "other";
      const lines = name === "same" ? [b?.line] : [a?.line, b?.line];
      const texts = lines.flatMap((line) => (line === undefined ? [] : [h("span", { class: "line" }, line)]));
      const sentence = h("span", { class: "sentence" }, (b ?? a)?.sentence ?? "");
      return { name, content: [h("span", { class: "number" }, signs[name]), ...texts, sentence] };
    },
    choose: () => {},
  });
}

let newest = 0;

async function draw(): Promise<void> {
  newest += 1;
  const own = newest;
  const [left, right] = [await sourceOf("left"), await sourceOf("right")];
  const box = byId("compare-words");
  if (!left.ok || !right.ok) {
    const failed = left.ok ? right : left;
    if (!failed.ok)
      fill(
        box,
        drawFailure(failed.failure, () => {}),
      );
    return;
  }
  const outcome = await ask({ ask: "compare", left: left.value, right: right.value, host: state.host });
  if (own !== newest) return;
  if (!outcome.ok) {
    fill(
      box,
      drawFailure(outcome.failure, () => {}),
    );
    byId("pairs").replaceChildren();
    return;
  }
  const names: readonly [string, string] = [pick("left")?.value ?? "", pick("right")?.value ?? ""];
  fill(box, drawChanges(outcome.value.words, names));
  byId("compare-count").textContent = countText(outcome.value);
  const only = byId("only-changes");
  drawPairs(outcome.value, only instanceof HTMLInputElement && only.checked);
}

function fillPick(side: Side, chosen: string): void {
  const file = files.get(side);
  const groups = Object.entries(sampleGroups).map(([label, names]) =>
    h("optgroup", { label }, ...names.map((name) => h("option", { value: name }, name))),
  );
  const own = file === undefined ? [] : [h("option", { value: file.name }, file.name)];
  const select = pick(side);
  if (select === undefined) return;
  fill(select, h("option", { value: here }, here), ...own, ...groups);
  select.value = chosen;
}

/** Whether the view is what the reader looks at. */
const isShown = (): boolean => !byId("view-compare").hidden;

/** Draws the view if it is shown. */
export function showCompare(): void {
  if (isShown()) void draw();
}

/** Makes the view. */
export function startCompareView(): void {
  fillPick("left", "docker run");
  fillPick("right", "docker run --privileged");
  for (const side of ["left", "right"] as const) {
    pick(side)?.addEventListener("change", () => void draw());
    const open = byId(`compare-${side}-file`);
    open.addEventListener("change", () => {
      const file = open instanceof HTMLInputElement ? open.files?.[0] : undefined;
      if (file === undefined) return;
      void readSource(file).then((source) => {
        files.set(side, { name: file.name, source });
        fillPick(side, file.name);
        return draw();
      });
    });
  }
  byId("only-changes").addEventListener("change", () => void draw());
  onPlan(showCompare);
}
