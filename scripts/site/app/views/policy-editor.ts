// The policy's editor: a text, and buttons for what could stand at the cursor.
import { byId, fill, h } from "../draw/dom.ts";
import { completions, readCursor } from "../read/complete.ts";

const example = `{
  "version": 1,
  "userNamespace": "required",
  "noNewPrivileges": "required",
  "capabilities": { "allowed": ["CAP_NET_BIND_SERVICE"] },
  "findings": { "worst": "low" }
}
`;

/** Makes the editor; `change` gets each text that was stable for a moment. */
export function startEditor(change: (policy: string) => void): void {
  const editor = byId("policy");
  if (!(editor instanceof HTMLTextAreaElement)) return;
  let timer = 0;
  const put = (insert: string): void => {
    const { word } = readCursor(editor.value.slice(0, editor.selectionStart));
    const back = word === "" && editor.value[editor.selectionStart - 1] !== '"' ? 0 : word.length + 1;
    editor.setRangeText(insert, editor.selectionStart - back, editor.selectionEnd, "end");
    editor.focus();
    changed();
  };
  const offer = (): void => {
    const found = completions(editor.value.slice(0, editor.selectionStart)).slice(0, 24);
    fill(
      byId("offers"),
      ...found.map(({ label, insert }) =>
        h("button", { type: "button", class: "chip", on: { click: () => put(insert) } }, label),
      ),
    );
  };
  const changed = (): void => {
    offer();
    clearTimeout(timer);
    timer = setTimeout(() => change(editor.value), 200);
  };
  editor.addEventListener("input", changed);
  for (const name of ["click", "keyup", "focus"]) editor.addEventListener(name, offer);
  editor.addEventListener("keydown", (event) => {
    if (!event.ctrlKey || event.key !== " ") return;
    event.preventDefault();
    const [first] = completions(editor.value.slice(0, editor.selectionStart));
    if (first !== undefined) put(first.insert);
  });
  byId("policy-example").addEventListener("click", () => {
    editor.value = example;
    changed();
  });
}
