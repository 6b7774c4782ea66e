// Finds the sentences of Markdown and of comments, without tables and code.

/** A sentence, with the line on which its paragraph begins. */
export interface Sentence {
  readonly line: number;
  readonly text: string;
}

/** Lines of prose that belong together. */
export interface Paragraph {
  readonly line: number;
  readonly text: string;
}

/** Text without marks: code is one word, links are their text. */
function bare(text: string): string {
  return text
    .replaceAll(/`[^`]*`/g, "code")
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/\*\*|__/g, "");
}

/** Abbreviations whose period ends no sentence. */
const abbreviations = /\b(?:e\.g|i\.e|etc|cf|vs|No|approx)\.$/;

function split(text: string): readonly string[] {
  const sentences: string[] = [];
  let current = "";
  for (const piece of text.split(/(?<=[.!?][)"*_]?)\s+/)) {
    current = current === "" ? piece : `${current} ${piece}`;
    if (abbreviations.test(current)) continue;
    sentences.push(current);
    current = "";
  }
  return current === "" ? sentences : [...sentences, current];
}

/** The sentences of paragraphs. */
export function sentencesOf(paragraphs: readonly Paragraph[]): readonly Sentence[] {
  return paragraphs.flatMap(({ line, text }) => split(bare(text)).map((one) => ({ line, text: one })));
}

/** How many words a sentence has: what has a letter or a digit. */
export const countWords = (text: string): number => text.split(/\s+/).filter((word) => /[\p{L}\d]/u.test(word)).length;

/** A line that begins a paragraph of its own: an item, a heading, a quotation. */
const begins = /^\s*(?:[-*+] |\d+\. |#{1,6} |> |@\w+)/;

const marks = /^\s*(?:[-*+] |\d+\. |#{1,6} |> )?(?:\[[ x]\] )?/;

/** Joins lines into paragraphs; `undefined` ends one. */
export function join(lines: readonly (string | undefined)[]): readonly Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let parts: string[] = [];
  let start = 0;
  const end = (): void => {
    if (parts.length > 0) paragraphs.push({ line: start, text: parts.join(" ") });
    parts = [];
  };
  for (const [index, line] of lines.entries()) {
    if (line === undefined || line.trim() === "" || begins.test(line)) end();
    if (line === undefined || line.trim() === "") continue;
    if (parts.length === 0) start = index + 1;
    parts.push(line.replace(marks, "").trim());
    if (/^\s*#{1,6} /.test(line)) end();
  }
  end();
  return paragraphs;
}

/** The prose of Markdown: without fenced and indented code, tables, and comments. */
export function markdownLines(text: string): readonly (string | undefined)[] {
  let fence = false;
  return text.split("\n").map((line, index, all) => {
    if (/^\s*```/.test(line)) {
      fence = !fence;
      return undefined;
    }
    const isCode = fence || (/^ {4}/.test(line) && (all[index - 1] ?? "").trim() === "");
    return isCode || /^\s*\||^\s*<!--|^---$|^\s*\[[^\]]+\]: /.test(line) ? undefined : line;
  });
}
