// The pages of the documentation: search, tables that are filtered, and bars beside times. The pages are whole without it.
(() => {
  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  const fewest = 8;
  const asked = new URLSearchParams(location.search).get("find") ?? "";

  /** A table that is wide is scrolled by itself, and by the keyboard. */
  function wrap(table, index) {
    const box = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table ${index + 1}` });
    table.replaceWith(box);
    box.append(table);
    return box;
  }

  function addFilter(table, box, index) {
    const rows = [...(table.tBodies[0]?.rows ?? [])];
    if (rows.length < fewest) return;
    const input = make("input", { class: "filter", type: "search", "aria-label": `Filter table ${index + 1}` });
    input.placeholder = `Filter ${rows.length} rows`;
    const count = make("p", { class: "faint", role: "status" });
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      count.textContent = words.length === 0 ? "" : `${shown} of ${rows.length} rows`;
      return shown;
    };
    input.addEventListener("input", apply);
    box.before(input, count);
    if (asked === "") return;
    input.value = asked;
    if (apply() > 0) return input;
    input.value = "";
    apply();
  }

  /** Bars in a column of medians, each as long as its time is of the longest. */
  function addBars(table) {
    const head = [...(table.tHead?.rows[0]?.cells ?? [])].map(({ textContent }) => textContent.trim());
    const column = head.indexOf("median");
    if (column < 0) return;
    const cells = [...(table.tBodies[0]?.rows ?? [])].map(({ cells: all }) => all[column]).filter(Boolean);
    const numbers = cells.map(({ textContent }) => Number.parseFloat(textContent.replaceAll(",", "")));
    const longest = Math.max(...numbers.filter(Number.isFinite));
    if (!(longest > 0)) return;
    cells.forEach((cell, index) => {
      const bar = make("span", { class: "meter", "aria-hidden": "true" });
      bar.style.width = `${Math.max(1, (numbers[index] / longest) * 100)}%`;
      cell.append(bar);
    });
  }

  function find(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    return (globalThis.searchIndex ?? [])
      .map(([page, anchor, title, body]) => {
        const [name, content] = [title.toLowerCase(), body.toLowerCase()];
        const fits = words.every((word) => name.includes(word) || content.includes(word));
        const score = words.filter((word) => name.includes(word)).length;
        return { page, anchor, title, body, score: fits ? score + 1 : 0, at: content.indexOf(words[0]) };
      })
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, 20);
  }

  function search(text) {
    const found = find(text);
    const items = found.map(({ page, anchor, title, body, at }) => {
      const start = Math.max(0, at - 40);
      const address = anchor === "" ? page : `${page}#${anchor}`;
      return make("li", {}, make("a", { href: address }, title), make("p", {}, body.slice(start, start + 120)));
    });
    const results = document.getElementById("results");
    if (text.trim() === "") return results.replaceChildren();
    results.replaceChildren(
      make("p", {}, found.length === 0 ? "Nothing is found." : `${found.length} sections`),
      make("ol", {}, ...items),
    );
  }

  let first;
  [...document.querySelectorAll("main table")].forEach((table, index) => {
    addBars(table);
    const box = wrap(table, index);
    first ??= addFilter(table, box, index);
  });
  first?.scrollIntoView({ block: "center" });
  for (const pre of document.querySelectorAll("main pre")) pre.tabIndex = 0;
  const input = document.getElementById("search");
  input.addEventListener("input", () => search(input.value));
})();
