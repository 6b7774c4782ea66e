/** What JSON that needs no escape is nearly always made of. */
const plain = /^[\n -~]*$/;

/** What a text between quotes is nearly always made of: ASCII without controls, quotes and backslashes. */
const plainText = /^[ !#-[\]-~]*$/;

/** Whether a text has nothing to be escaped between quotes: nearly all has not. */
export function isPlainText(text: string): boolean {
  return plainText.test(text);
}

/** Whether JSON has nothing that a terminal would obey or not show: nearly all has not. */
export function isPlainJson(json: string): boolean {
  return plain.test(json);
}
