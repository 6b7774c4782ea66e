/** What JSON that needs no escape is nearly always made of. */
const plain = /^[\n -~]*$/;

/** Whether JSON has nothing that a terminal would obey or not show: nearly all has not. */
export function isPlainJson(json: string): boolean {
  return plain.test(json);
}
