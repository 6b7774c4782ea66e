const nowhere = new Uint8Array(0);

/** Whether a text has nothing to be escaped between quotes. The engine writes a text as JSON faster than it searches for an expression. */
export function isPlainText(text: string): boolean {
  return JSON.stringify(text).length === text.length + 2 && isPlainJson(text);
}

/** Whether JSON has nothing that a terminal would obey or not show: it is ASCII, whose controls are escaped in JSON but for one. */
export function isPlainJson(json: string): boolean {
  return host.encodeInto(json, nowhere, 0) === json.length && !json.includes("\x7f");
}
