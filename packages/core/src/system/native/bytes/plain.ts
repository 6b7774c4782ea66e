const nowhere = new Uint8Array(0);

/** Whether JSON has nothing that a terminal would obey or not show: it is ASCII, whose controls are escaped in JSON but for one. */
export function isPlainJson(json: string): boolean {
  return host.encodeInto(json, nowhere, 0) === json.length && !json.includes("\x7f");
}
