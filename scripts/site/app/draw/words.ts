// Explanations, comparisons and failures as elements.
import type { Change, Explanation, Sentence } from "@coffer/core";
import type { Compared, Failure } from "../protocol.ts";
import { fill, h } from "./dom.ts";

function drawSentence(sentence: Sentence, show: (op: number) => void): HTMLElement {
  const { text, tone, at } = sentence;
  const { op } = at;
  if (op === undefined) return h("li", { class: tone }, text);
  return h(
    "li",
    { class: tone },
    h("button", { class: "plain", type: "button", title: `op ${op}`, on: { click: () => show(op) } }, text),
  );
}

/** Draws an explanation as cards. `show` shows an op. */
export function drawWords(element: HTMLElement, { parts }: Explanation, show: (op: number) => void): void {
  const cards = parts.map(({ title, sentences }) =>
    h(
      "section",
      { class: title === "Unusual" ? "card wide" : "card" },
      h("h3", {}, title),
      h("ul", { class: "tones" }, ...sentences.map((sentence) => drawSentence(sentence, show))),
    ),
  );
  fill(element, ...cards);
}

const cell = (sentence: Sentence | undefined): HTMLElement =>
  h("td", {}, h("span", { class: `tone ${sentence?.tone ?? "none"}` }, sentence?.text ?? "—"));

/** Draws what two explanations say otherwise, as a table. */
export function drawChanges(words: readonly Change[], names: readonly [string, string]): HTMLElement {
  if (words.length === 0) return h("p", {}, "In words, nothing differs.");
  const rows = words.map(({ title, before, after }) =>
    h("tr", {}, h("th", { scope: "row" }, title), cell(before), cell(after)),
  );
  const head = ["", ...names].map((name) => h("th", { scope: "col" }, name));
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "What differs, in words" },
    h("table", { class: "changes" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows)),
  );
}

/** How many ops differ. */
export function countText({ pairs }: Compared): string {
  const more = pairs.filter(({ left }) => left === undefined).length;
  const fewer = pairs.filter(({ right }) => right === undefined).length;
  const other = pairs.filter(({ left, right, same }) => left !== undefined && right !== undefined && !same).length;
  if (more + fewer + other === 0) return "The plans do the same.";
  return `${more} ops more, ${fewer} fewer, ${other} changed.`;
}

/** Draws why there is no plan. `show` shows a field of the config. */
export function drawFailure(
  { message, issues, rule, op, code }: Failure,
  show: (pointer: string) => void,
): HTMLElement {
  const lines = issues.map((issue) =>
    h(
      "li",
      { class: "bad" },
      h(
        "button",
        { class: "plain", type: "button", on: { click: () => show(issue.pointer) } },
        `${issue.pointer || "the document"}: ${issue.message}`,
      ),
    ),
  );
  return h(
    "div",
    { class: "failure", role: "alert" },
    h("h3", {}, "There is no plan"),
    h("p", {}, message),
    rule !== undefined && h("p", {}, "Rule ", h("code", {}, rule), op === undefined ? "" : `, op ${op}`),
    lines.length > 0 && h("ul", { class: "tones" }, ...lines),
    h("p", { class: "faint" }, code),
  );
}
