// One plan as one HTML page: no script, nothing of elsewhere.
import type { Plan } from "../wire/op.ts";
import type { OpDetail } from "./ask.ts";
import { detailsOf } from "./ask.ts";
import type { Explanation } from "./explain.ts";
import type { Sentence } from "./sentence.ts";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text of a plan in HTML. Characters that are not seen, or change how the page reads, are shown as their codes. */
export function escapeHtml(text: string): string {
  const visible = text.replace(
    /[\p{Cc}\p{Cf}\p{DI}\p{Zl}\p{Zp}\p{Surrogate}\u2800]|(?! )\p{Zs}/gu,
    (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`,
  );
  return visible.replace(/[&<>"']/g, (char) => entities[char] ?? "");
}

const style = `:root{color-scheme:light dark;--good:#1a7f37;--odd:#9a6700;--bad:#cf222e;--line:#8884}
@media(prefers-color-scheme:dark){:root{--good:#57ab5a;--odd:#d4a72c;--bad:#ff7b72}}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;padding:0 1rem;max-width:64rem}
dl{display:grid;grid-template-columns:8rem 1fr;gap:.6rem 1rem}
dt{font-weight:600}dd{margin:0}ul{margin:0;padding:0;list-style:none}
li::before{content:"";display:inline-block;width:.55em;height:.55em;margin-right:.6em;border-radius:50%;background:var(--line)}
.good::before{background:var(--good)}.odd::before{background:var(--odd)}.bad::before{background:var(--bad)}
.bad{color:var(--bad);font-weight:600}
code,pre{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
details{border-top:1px solid var(--line);padding:.35rem 0}
summary{cursor:pointer}summary span{opacity:.75;display:block;padding-left:1.1rem}
details p{margin:.3rem 0 .3rem 1.1rem}
a{color:inherit}h2{margin-top:2rem}
@media(max-width:40rem){dl{grid-template-columns:1fr}}`;

function drawSentence({ text, tone, at }: Sentence, count: number): string {
  const link = at.op !== undefined && at.op < count ? ` <a href="#op-${at.op}">op ${at.op}</a>` : "";
  return `<li class="${tone}">${escapeHtml(text)}${link}</li>`;
}

function drawOp({ index, line, sentence, doc, from, slots, usedBy, calls }: OpDetail): string {
  const facts = [
    ...(doc === sentence ? [] : [escapeHtml(doc)]),
    ...(from === undefined ? [] : [`asked for by <code>${escapeHtml(from)}</code>`]),
    ...slots.map(({ field, slot, definedBy }) => {
      const where = definedBy === undefined ? "an input" : `<a href="#op-${definedBy}">op ${definedBy}</a>`;
      return `${escapeHtml(field)}: <code>${escapeHtml(slot)}</code>, ${where}`;
    }),
    ...(usedBy.length === 0 ? [] : [`used by ${usedBy.map((one) => `<a href="#op-${one}">op ${one}</a>`).join(", ")}`]),
    ...calls.map(({ by, calls: names }) => `system calls of ${by}: <code>${escapeHtml(names.join(" "))}</code>`),
  ].map((text) => `<p>${text}</p>`);
  return `<details id="op-${index}"><summary>${index} <code>${escapeHtml(line)}</code><span>${escapeHtml(sentence)}</span></summary>${facts.join("")}</details>`;
}

/** Draws a plan and its explanation. `name`: what it is the plan of. */
export function renderPlanPage(name: string, explanation: Explanation, plan: Plan): string {
  const { parts, title } = explanation;
  const count = plan.ops.length;
  const words = parts.map(
    (part) =>
      `<dt>${part.title}</dt><dd><ul>${part.sentences.map((one) => drawSentence(one, count)).join("")}</ul></dd>`,
  );
  const details = detailsOf(plan);
  const ops = details.map((detail, index) => {
    const isNew = detail.phase !== details[index - 1]?.phase;
    return `${isNew ? `<h3>${detail.phase}</h3>` : ""}${drawOp(detail)}`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Plan of ${escapeHtml(name)}</title>
<style>${style}</style></head>
<body><main><h1>${escapeHtml(name)}</h1>
<p>${escapeHtml(title)}</p>
<dl>${words.join("\n")}</dl>
<h2>The plan</h2>
${ops.join("\n")}
</main></body></html>
`;
}
