// Markdown pieces.

/** Text that may stand in a table cell. */
export function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** A table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}
