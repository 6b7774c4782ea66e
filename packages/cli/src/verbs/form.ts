/** The form of an answer: `--json`. */
export const form = (isJson: boolean): "json" | "text" => (isJson ? "json" : "text");
