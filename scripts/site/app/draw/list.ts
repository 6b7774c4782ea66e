// A list of many rows that the keyboard moves in. Rows are made some in each frame; what is not seen is not drawn (style.css).
import { h } from "./dom.ts";

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

const slice = 250;

/** Makes a list of an element, which has an id and a label. */
export function makeList(element: HTMLElement, { count, row, group, choose }: ListOptions): List {
  const rows: HTMLElement[] = [];
  let box: HTMLElement = element;
  let groupName: string | undefined;
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

  function makeUntil(end: number): void {
    for (let index = rows.length; index < Math.min(end, count); index += 1) {
      const name = group?.(index);
      if (name !== groupName) {
        groupName = name;
        box = h(
          "div",
          { role: "group", "aria-label": name },
          h("div", { class: "group", "aria-hidden": "true" }, name),
        );
        element.append(box);
      }
      const made = makeRow(index);
      rows.push(made);
      box.append(made);
    }
  }

  function makeMore(): void {
    if (own.signal.aborted) return;
    makeUntil(rows.length + slice);
    if (rows.length < count) requestAnimationFrame(makeMore);
  }

  function go(index: number): void {
    active = Math.max(0, Math.min(count - 1, index));
    makeUntil(active + 1);
    element.setAttribute("aria-activedescendant", `${element.id}-${active}`);
    rows[active]?.scrollIntoView({ block: "nearest" });
    choose(active);
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
  makeMore();

  return {
    mark(indexes, shows) {
      for (const index of marked) rows[index]?.setAttribute("aria-selected", "false");
      marked = new Set(indexes);
      const first = indexes[0];
      if (first === undefined) return;
      if (shows) makeUntil(first + 1);
      for (const index of indexes) rows[index]?.setAttribute("aria-selected", "true");
      if (!shows) return;
      active = first;
      rows[first]?.scrollIntoView({ block: "center" });
    },
  };
}
