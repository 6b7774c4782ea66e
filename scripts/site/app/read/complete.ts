// What could stand at the cursor, from the policy's schema.
import schemaText from "virtual:policy-schema";

/** The part of JSON Schema that a policy's has. */
export interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly const?: string | number | boolean;
  readonly type?: string;
}

const schema: Schema = JSON.parse(schemaText);

/** Where in a document its end is: the keys on the way, and whether a key or a value is being written. */
export interface Cursor {
  readonly path: readonly string[];
  readonly isKey: boolean;
  /** What of a word is there, without its quote. */
  readonly word: string;
}

/** Reads the text before the cursor. */
export function readCursor(text: string): Cursor {
  const stack: { readonly isList: boolean; key: string | undefined }[] = [];
  const token = /"(?:[^"\\\n]|\\.)*"?|[{}[\],:]/g;
  let isKey = false;
  let open = "";
  for (const [found] of text.matchAll(token)) {
    const top = stack.at(-1);
    open = "";
    if (found === "{" || found === "[") {
      stack.push({ isList: found === "[", key: found === "[" ? "*" : undefined });
      isKey = found === "{";
    } else if (found === "}" || found === "]") stack.pop();
    else if (found === ":") isKey = false;
    else if (found === ",") {
      isKey = top?.isList === false;
    } else if (found.length === 1 || !found.endsWith('"')) open = found.slice(1);
    else if (isKey && top !== undefined) top.key = found.slice(1, -1);
  }
  const keys = stack.map(({ key }) => key);
  const path = (isKey ? keys.slice(0, -1) : keys).flatMap((key) => (key === undefined ? [] : [key]));
  return { path, isKey, word: open };
}

function schemaAt(path: readonly string[]): Schema | undefined {
  let at: Schema | undefined = schema;
  for (const step of path) at = step === "*" ? at?.items : at?.properties?.[step];
  return at;
}

function valueText({ const: only, type, enum: words }: Schema): string {
  if (only !== undefined) return JSON.stringify(only);
  if (words !== undefined) return JSON.stringify(words[0] ?? "");
  return { object: "{}", array: "[]", boolean: "true", string: '""' }[type ?? ""] ?? "1";
}

/** What could be written at the end of a text: what is shown, and what is put in. */
export function completions(text: string): readonly { readonly label: string; readonly insert: string }[] {
  const { path, isKey, word } = readCursor(text);
  const at = schemaAt(path);
  if (at === undefined) return [];
  const fits = (name: string): boolean => name.toLowerCase().startsWith(word.toLowerCase());
  if (isKey)
    return Object.entries(at.properties ?? {})
      .filter(([name]) => fits(name))
      .map(([name, value]) => ({ label: name, insert: `"${name}": ${valueText(value)}` }));
  const values = at.enum ?? (at.const === undefined ? [] : [at.const]);
  return values.filter((one) => fits(String(one))).map((one) => ({ label: String(one), insert: JSON.stringify(one) }));
}
