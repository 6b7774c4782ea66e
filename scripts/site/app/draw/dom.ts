// Elements from data. The page writes text only as text: there is no way from here to markup.
import { inFrames } from "./frames.ts";

type Child = Node | string | undefined | false;
type Handlers = Readonly<Record<string, (event: Event) => void>>;

/** What an element has besides its children. `class`, `id`, `href` and the like are attributes. */
export interface Props {
  readonly [attribute: string]: string | number | boolean | undefined | Handlers;
  readonly on?: Handlers;
}

/** Characters that are not seen, or change how the page reads, are shown as their codes. */
export function visible(text: string): string {
  return text.replace(
    /(?![\n\t])[\p{Cc}\p{Cf}\p{DI}\p{Zl}\p{Zp}\p{Surrogate}\u2800]/gu,
    (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`,
  );
}

/** Makes an element. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false || typeof value === "object") continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const [name, handler] of Object.entries(props.on ?? {})) element.addEventListener(name, handler);
  append(element, children);
  return element;
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children)
    if (child !== undefined && child !== false) element.append(typeof child === "string" ? visible(child) : child);
}

/** Puts other children in the place of those that an element has. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren();
  append(element, children);
}

/** The element of an id, which the page has. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

/** How many children are added in one step: the browser draws them together, or not at all (style.css). */
const slice = 10;

/** Adds many children to a new element, some in each frame, so that the page stays quick. It ends when the element is gone. */
export function fillSlowly(element: Element, count: number, make: (index: number) => Node): void {
  let made = 0;
  inFrames(() => {
    if (made > 0 && !element.isConnected) return false;
    const part = h("div", { class: "block" });
    const end = Math.min(count, made + slice);
    for (; made < end; made += 1) part.append(make(made));
    element.append(part);
    return made < count;
  });
}
