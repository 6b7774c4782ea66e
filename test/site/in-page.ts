// What tests do inside the page, as source text: the tests themselves have no types of a browser.

/** Pastes a text. */
export const pasteText = `(data) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", data);
  dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
}`;

/** Drops a file of some bytes, `repeat` times. */
export const dropFile = `async ({ name, bytes, repeat }) => {
  const dataTransfer = new DataTransfer();
  const part = Uint8Array.from(bytes);
  dataTransfer.items.add(new File(Array.from({ length: repeat }, () => part), name));
  dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
  await new Promise((resolve) => setTimeout(resolve, 50));
}`;

const usual =
  "HTML HEAD META TITLE LINK SCRIPT BODY A HEADER P STRONG SPAN NAV MAIN H1 H2 H3 H4 DIV LABEL SELECT OPTGROUP OPTION INPUT BUTTON SECTION SMALL UL LI CODE TEXTAREA DETAILS SUMMARY ARTICLE DL DT DD TABLE THEAD TBODY TR TH TD FOOTER I";

/** The elements and attributes of the page that no code of it makes, and links that lead elsewhere. */
export const strangers = `() => {
  const usual = new Set(${JSON.stringify(usual)}.split(" "));
  const isOdd = (element) =>
    !usual.has(element.tagName) ||
    element.getAttributeNames().some((name) => name.startsWith("on") || name === "style" && element.tagName !== "I" || name === "srcdoc") ||
    (element.hasAttribute("src") && element.getAttribute("src") !== "app.js") ||
    (element.hasAttribute("href") && !/^(#|docs[/]|style[.]css$|data:,$)/.test(element.getAttribute("href")));
  return [...document.querySelectorAll("*")].filter(isOdd).map((element) => element.outerHTML.slice(0, 200));
}`;
