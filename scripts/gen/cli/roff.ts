// Text as man(7) has it (groff_man(7), mandoc's man(7)).
import type { Block } from "../../../packages/cli/src/manual/block.ts";

const columns = 76;

/** Text without a meaning of its own to roff: backslashes, hyphens that are minus signs, quotes, a leading period. */
export function escapeText(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replaceAll("…", "\\&...")
    .replace(/^\./, "\\&.");
}

const links = /\[([^\]]+)\]\([^)]+\)/g;

/** Code is bold, links are their text; a hyphen between letters of prose is a hyphen. */
export function inline(text: string): string {
  const parts = text.replaceAll(links, "$1").split("`");
  return parts
    .map((part, index) =>
      index % 2 === 1 ? `\\fB${escapeText(part)}\\fR` : escapeText(part).replaceAll(/(?<=\w)\\-(?=\w)/g, "-"),
    )
    .join("");
}

/** Lines of a paragraph, none of which begins with a control character. */
export function fill(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length >= columns) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => one.replace(/^(?=[.'])/, "\\&")).join("\n");
}

/** A term with its meaning, indented. */
export const term = (name: string, meaning: string): string => [".TP", name, fill(inline(meaning))].join("\n");

/** Lines as they are typed. */
export const literal = (lines: readonly string[]): string =>
  [".PP", ".RS 4", ".EX", ...lines.map((line) => escapeText(line)), ".EE", ".RE"].join("\n");

/** One block; `first` follows a heading, which begins a paragraph by itself. */
export function renderBlock(block: Block, first = false): string {
  if (typeof block === "string") return [...(first ? [] : [".PP"]), fill(inline(block))].join("\n");
  if ("list" in block) return block.list.map((line) => [".IP \\(bu 2", fill(inline(line))].join("\n")).join("\n");
  if ("code" in block) return literal(block.code);
  return block.terms.map(([name, meaning]) => term(inline(name), meaning)).join("\n");
}

/** Blocks beneath a heading. */
export const renderBlocks = (blocks: readonly Block[]): string =>
  blocks.map((block, index) => renderBlock(block, index === 0)).join("\n");
