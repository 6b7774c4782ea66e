// The manual as plain text, for --help.
import type { Block } from "./block.ts";

/** Links are their text; code stays as it is. */
const bare = (text: string): string => text.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1").replaceAll("`", "");

function lines(block: Block): readonly string[] {
  if (typeof block === "string") return [bare(block)];
  if ("list" in block) return block.list.map((line) => `- ${bare(line)}`);
  if ("code" in block) return block.code;
  return block.terms.map(([term, meaning]) => `${bare(term)}: ${bare(meaning)}`);
}

/** Blocks as paragraphs. */
export const plainText = (blocks: readonly Block[]): string =>
  blocks.map((block) => lines(block).join("\n")).join("\n\n");
