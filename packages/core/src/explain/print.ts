// An explanation for terminals: wrapped, and coloured if the terminal has colours.
import { escapeControl } from "@coffer/spec";
import type { Plan } from "../wire/op.ts";
import type { OpAt, OpDetail } from "./ask.ts";
import { detailsOf } from "./ask.ts";
import type { Explanation } from "./explain.ts";
import type { Sentence, Tone } from "./sentence.ts";

/** How wide lines may be, and whether colours are written. */
export interface Look {
  readonly width: number;
  readonly colour: boolean;
}

const codes = { good: "32", plain: "", odd: "33", bad: "31;1", title: "1", faint: "2" } as const;
/** For those who see no colours: the tones that matter have a mark as well. */
const marks = { good: " ", plain: " ", odd: "*", bad: "!" } as const satisfies Readonly<Record<Tone, string>>;

/** Gives words a colour, where the terminal has colours. */
export function paint({ colour }: Pick<Look, "colour">, name: keyof typeof codes, text: string): string {
  return colour && codes[name] !== "" ? `\u001b[${codes[name]}m${text}\u001b[0m` : text;
}

/** Breaks a text into lines of a width; a word that is longer has a line of its own. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const margin = 13;

function printSentence({ text, tone }: Sentence, look: Look): readonly string[] {
  const width = Math.max(20, look.width - margin - 2);
  return wrap(escapeControl(text), width).map((line, index) => {
    const mark = index === 0 ? marks[tone] : " ";
    return `${mark} ${paint(look, tone, line)}`;
  });
}

/** An explanation as one screen. */
export function printExplanation({ title, parts }: Explanation, look: Look): string {
  const lines = parts.flatMap(({ title: name, sentences }) =>
    sentences
      .flatMap((sentence) => printSentence(sentence, look))
      .map((line, index) => `${paint(look, "title", (index === 0 ? name : "").padEnd(margin))}${line}`),
  );
  return [paint(look, "title", title), "", ...lines].map((line) => line.trimEnd()).join("\n");
}

function printDetail(detail: OpDetail, look: Look, isFull: boolean): readonly string[] {
  const { index, line, sentence, from, phase, doc, slots, usedBy, calls } = detail;
  const indent = " ".repeat(6);
  const width = Math.max(20, look.width - indent.length);
  const under = (text: string): readonly string[] => wrap(escapeControl(text), width).map((one) => `${indent}${one}`);
  const asked = from === undefined ? [] : under(`asked for by ${from}`);
  const head = `${String(index).padStart(4)}  ${paint(look, "title", escapeControl(line))}`;
  const short = [head, ...under(sentence).map((one) => paint(look, "faint", one)), ...asked];
  if (!isFull) return short;
  return [
    ...short,
    ...(doc === sentence ? [] : under(doc)),
    ...under(`phase ${phase}`),
    ...slots.flatMap(({ field, slot, definedBy }) =>
      under(`${field} is the slot ${slot}, ${definedBy === undefined ? "an input" : `which op ${definedBy} defines`}`),
    ),
    ...(usedBy.length === 0 ? [] : under(`used by op ${usedBy.join(", ")}`)),
    ...calls.flatMap(({ by, calls: names }) =>
      under(`system calls of ${by === "child" ? "a child" : by}: ${names.join(" ")}`),
    ),
  ];
}

/** Some ops of a plan, or all of them. `isFull`: with slots and system calls. */
export function printOps(plan: Plan, ops: readonly OpAt[] | "all", look: Look, isFull = false): string {
  const details = detailsOf(plan);
  const shown = ops === "all" ? details : ops.flatMap(({ index }) => details[index] ?? []);
  return shown
    .flatMap((detail, index) => {
      const isNew = detail.phase !== shown[index - 1]?.phase;
      const title = isNew ? [...(index === 0 ? [] : [""]), paint(look, "title", `${detail.phase}:`)] : [];
      return [...(isFull ? [] : title), ...printDetail(detail, look, isFull)];
    })
    .join("\n");
}
