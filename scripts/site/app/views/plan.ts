// The view of one plan: words, the config with what asked for something, and the ops. Selecting one side shows the other.
import type { OpDetail } from "@coffer/core";
import { byId, fill, h } from "../draw/dom.ts";
import type { List } from "../draw/list.ts";
import { makeList } from "../draw/list.ts";
import { drawFailure, drawWords } from "../draw/words.ts";
import type { Spot } from "../read/locate.ts";
import { locate, pointersOf } from "../read/locate.ts";
import { writerOf } from "../samples-list.ts";
import { onPlan, replan, state } from "../state.ts";

interface Shown {
  readonly text: string;
  readonly spots: readonly Spot[];
  readonly pointers: readonly string[];
  readonly details: readonly OpDetail[];
  lines: List | undefined;
  ops: List | undefined;
}

const shown: Shown[] = [];
const isBelow = (pointer: string, parent: string): boolean => pointer === parent || pointer.startsWith(`${parent}/`);

/** The field of an op whose value the config has: the op's own, or the nearest around it. */
function spotOf({ spots }: Shown, from: string): Spot | undefined {
  for (let field = from; field !== ""; field = field.slice(0, field.lastIndexOf("/"))) {
    const spot = spots.find(({ pointer }) => pointer === field);
    if (spot !== undefined) return spot;
  }
  return undefined;
}

const linesOf = ({ first, last }: Spot): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

function link(index: number): HTMLElement {
  return h("button", { class: "link", type: "button", on: { click: () => showOp(index) } }, `op ${index}`);
}

function drawDetail({ index, line, sentence, doc, from, phase, slots, usedBy, calls }: OpDetail): void {
  const facts: readonly (readonly [string, readonly (Node | string)[]])[] = [
    ["does", [sentence]],
    ...(doc === sentence ? [] : [["in general", [doc]] as const]),
    ["phase", [phase]],
    ...(from === undefined
      ? []
      : [
          [
            "asked for by",
            [h("button", { class: "link code", type: "button", on: { click: () => showField(from) } }, from)],
          ] as const,
        ]),
    ...slots.map(
      ({ field, slot, definedBy }) =>
        [field, [h("code", {}, slot), " ", definedBy === undefined ? "an input" : link(definedBy)]] as const,
    ),
    ...(usedBy.length === 0 ? [] : [["used by", usedBy.slice(0, 40).flatMap((one) => [link(one), " "])] as const]),
    ...calls.map(
      ({ by, calls: names }) =>
        [`calls of ${by === "child" ? "a child" : by}`, [h("code", {}, names.join(" "))]] as const,
    ),
  ];
  const rows = facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, ...value)]);
  fill(
    byId("op-detail"),
    h("h3", {}, `Op ${index}`),
    h("p", {}, h("code", {}, line)),
    h("dl", { class: "facts" }, ...rows),
  );
}

/** Selects an op, and shows the field that asks for it. */
export function showOp(index: number, scrolls = true): void {
  const [now] = shown;
  const detail = now?.details[index];
  if (now === undefined || detail === undefined) return;
  now.ops?.mark([index], scrolls);
  drawDetail(detail);
  const spot = detail.from === undefined ? undefined : spotOf(now, detail.from);
  now.lines?.mark(spot === undefined ? [] : linesOf(spot), true);
}

/** Selects a field, and shows the ops that it asks for: its own, those of what is in it, else those of the field around it. */
export function showField(pointer: string, scrolls = true): void {
  const [now] = shown;
  if (now === undefined) return;
  const spot = spotOf(now, pointer);
  if (spot !== undefined) now.lines?.mark(linesOf(spot), scrolls);
  const asked = now.details.filter(({ from = "" }) => from !== "");
  let found: readonly OpDetail[] = [];
  for (let field = pointer; field !== "" && found.length === 0; field = field.slice(0, field.lastIndexOf("/")))
    found = asked.filter(({ from = "" }) => (field === pointer ? isBelow(from, field) : from === field));
  now.ops?.mark(
    found.map(({ index }) => index),
    true,
  );
  const [first] = found;
  if (first !== undefined) drawDetail(first);
  else
    fill(byId("op-detail"), h("p", { class: "faint" }, `No op is there because of ${pointer || "the whole config"}.`));
}

function drawLines(now: Shown): void {
  const lines = now.text.trimEnd().split("\n");
  const asks = new Set(now.details.flatMap(({ from }) => (from === undefined || from === "" ? [] : [from])));
  const isAsking = (pointer: string): boolean => {
    for (let field = pointer; field !== ""; field = field.slice(0, field.lastIndexOf("/")))
      if (asks.has(field)) return true;
    return false;
  };
  now.lines = makeList(byId("config"), {
    count: lines.length,
    row: (index) => ({
      content: [lines[index] ?? ""],
      ...(isAsking(now.pointers[index] ?? "") ? { name: "asks" } : {}),
    }),
    choose: (index) => showField(now.pointers[index] ?? "", false),
  });
}

function drawOps(now: Shown): void {
  now.ops = makeList(byId("ops"), {
    count: now.details.length,
    group: (index) => now.details[index]?.phase ?? "",
    row: (index) => {
      const { line = "", sentence = "" } = now.details[index] ?? {};
      return {
        content: [
          h("span", { class: "number" }, String(index)),
          h("span", { class: "line" }, line),
          h("span", { class: "sentence" }, sentence),
        ],
      };
    },
    choose: (index) => showOp(index, false),
  });
}

/** A config that is longer is planned, and not shown. */
const maxShown = 4 * 1024 * 1024;

function drawNone(why: string): void {
  const box = byId("config");
  for (const name of ["role", "aria-multiselectable", "aria-labelledby", "tabindex"]) box.removeAttribute(name);
  fill(box, h("p", { class: "faint pad" }, why));
}

function draw(): void {
  const { planned, failure, source } = state;
  const whole = source.kind === "config" ? source.text : "";
  const text = whole.length > maxShown ? "" : whole;
  const spots = locate(text);
  const now: Shown = {
    text,
    spots,
    pointers: pointersOf(spots, text.split("\n").length),
    details: planned?.details ?? [],
    lines: undefined,
    ops: undefined,
  };
  shown.splice(0, 1, now);
  byId("plan-name").textContent = state.name;
  const writer = writerOf(state.name);
  const size = planned === undefined ? [] : [`${planned.details.length} ops, ${planned.size} bytes, verified`];
  byId("plan-size").textContent = [...size, ...(writer === undefined ? [] : [`written by ${writer}`])].join("; ");
  if (planned !== undefined) drawWords(byId("words"), planned.explanation, (op) => showOp(op));
  else if (failure !== undefined) fill(byId("words"), drawFailure(failure, showField));
  fill(
    byId("op-detail"),
    h("p", { class: "faint" }, "Choose a line of the config or an op: the other side shows what belongs to it."),
  );
  if (source.kind === "image") drawNone("A stored plan has no config: it does not say which field asks for an op.");
  else if (text === whole) drawLines(now);
  else drawNone("The config is too long to be shown.");
  drawOps(now);
}

function setText(editor: HTMLElement): void {
  if (editor instanceof HTMLTextAreaElement && state.source.kind === "config") editor.value = state.source.text;
}

function setEditing(isOn: boolean): void {
  const editor = byId("config-text");
  if (isOn) setText(editor);
  byId("config").hidden = isOn;
  editor.hidden = !isOn;
  byId("edit").setAttribute("aria-pressed", String(isOn));
  if (isOn) editor.focus();
}

/** Makes the view. */
export function startPlanView(): void {
  const editor = byId("config-text");
  const button = byId("edit");
  onPlan(() => {
    draw();
    if (!editor.hidden && document.activeElement !== editor) setText(editor);
  });
  button.addEventListener("click", () => setEditing(button.getAttribute("aria-pressed") !== "true"));
  let timer = 0;
  editor.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!(editor instanceof HTMLTextAreaElement)) return;
      const sandbox = state.source.kind === "config" ? state.source.sandbox : undefined;
      void replan({ source: { kind: "config", text: editor.value, sandbox }, before: undefined });
    }, 250);
  });
}
