// A list of many rows that the keyboard moves in. Rows are made some in each frame, and stand in blocks. The browser styles,
// lays out and paints only the blocks that are seen (style.css), so that a long list costs what is on the screen.
import { h } from "./dom.ts";
import { inFrames } from "./frames.ts";

/** How a list is made. */
export interface ListOptions {
  readonly count: number;
  /** The row of an index: what is in it. */
  readonly row: (index: number) => { readonly name?: string; readonly content: readonly (Node | string)[] };
  /** The group that a row is in; rows of a group stand together. */
  readonly group?: (index: number) => string;
  readonly choose: (index: number) => void;
}

/** A list on the page. */
export interface List {
  /** Marks rows, and shows the first of them. */
  mark(indexes: readonly number[], shows: boolean): void;
}

/** How many rows a block has: style.css counts on it. */
const perBlock = 32;

/** Makes a list of an element, which has an id and a label. */
export function makeList(element: HTMLElement, { count, row, group, choose }: ListOptions): List {
  const rows: HTMLElement[] = [];
  let box: HTMLElement = element;
  let groupName: string | undefined;
  /** What is asked of a row that is not made yet. */
  let later: { readonly index: number; readonly act: () => void } | undefined;
  let marked: ReadonlySet<number> = new Set();
  let active = 0;
  const own = new AbortController();
  element.dispatchEvent(new Event("replaced"));
  element.addEventListener("replaced", () => own.abort(), { once: true });
  element.replaceChildren();
  element.scrollTop = 0;
  element.setAttribute("role", "listbox");
  element.setAttribute("aria-multiselectable", "true");
  element.setAttribute("aria-labelledby", element.dataset.label ?? "");
  element.removeAttribute("aria-activedescendant");
  element.tabIndex = 0;

  function makeRow(index: number): HTMLElement {
    const { name, content } = row(index);
    const isMarked = marked.has(index);
    const id = `${element.id}-${index}`;
    return h(
      "div",
      { role: "option", id, class: name, "data-index": index, "aria-selected": String(isMarked) },
      ...content,
    );
  }

  /** Makes the rows of the next block, and appends them when they are whole. */
  function makeBlock(): void {
    const first = rows.length;
    const name = group?.(first);
    if (name !== groupName) {
      groupName = name;
      const title = h("div", { class: "group", "aria-hidden": "true" }, name);
      box = h("div", { role: "group", "aria-label": name }, title);
      element.append(box);
    }
    const block = h("div", { class: "block", role: "presentation" });
    for (let index = first; index < Math.min(first + perBlock, count) && group?.(index) === groupName; index += 1) {
      const made = makeRow(index);
      rows.push(made);
      block.append(made);
    }
    box.append(block);
  }

  function makeMore(): boolean {
    if (own.signal.aborted || rows.length >= count) return false;
    makeBlock();
    if (later !== undefined && later.index < rows.length) {
      const { act } = later;
      later = undefined;
      act();
    }
    return rows.length < count;
  }

  /** Does something with a row once it is made. */
  function whenMade(index: number, act: () => void): void {
    later = undefined;
    if (index < rows.length) act();
    else later = { index, act };
  }

  function go(index: number): void {
    active = Math.max(0, Math.min(count - 1, index));
    whenMade(active, () => {
      element.setAttribute("aria-activedescendant", `${element.id}-${active}`);
      rows[active]?.scrollIntoView({ block: "nearest" });
      choose(active);
    });
  }

  const moves: Readonly<Record<string, () => number>> = {
    ArrowDown: () => active + 1,
    ArrowUp: () => active - 1,
    PageDown: () => active + 20,
    PageUp: () => active - 20,
    Home: () => 0,
    End: () => count - 1,
    Enter: () => active,
  };

  element.addEventListener(
    "keydown",
    (event) => {
      const move = moves[event.key];
      if (move === undefined || count === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      go(move());
    },
    { signal: own.signal },
  );
  element.addEventListener(
    "click",
    ({ target }) => {
      const option = target instanceof Element ? target.closest("[role=option]") : null;
      const index = option?.getAttribute("data-index");
      if (index !== null && index !== undefined) go(Number(index));
    },
    { signal: own.signal },
  );
  inFrames(makeMore);

  return {
    mark(indexes, shows) {
      for (const index of marked) rows[index]?.setAttribute("aria-selected", "false");
      marked = new Set(indexes);
      for (const index of indexes) rows[index]?.setAttribute("aria-selected", "true");
      const first = indexes[0];
      if (first === undefined || !shows) return;
      active = first;
      whenMade(first, () => rows[first]?.scrollIntoView({ block: "center" }));
    },
  };
}
