// Large answers of the worker, in parts: the page reads one message at a time, and answers between two of them.

/** How many elements one message has. */
const perPart = 250;

/** What stands in an answer where a long list is: its elements came before, in messages of their own. */
interface Cut {
  readonly cut: number;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function replaceLists(value: unknown, replace: (list: readonly unknown[]) => unknown): unknown {
  if (Array.isArray(value)) return replace(value);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replaceLists(one, replace)]));
}

/** An answer without its long lists, and what each message before it has. */
export function cutAnswer(answer: unknown): {
  readonly rest: unknown;
  readonly parts: readonly (readonly unknown[])[];
} {
  const parts: (readonly unknown[])[] = [];
  const rest = replaceLists(answer, (list) => {
    if (list.length <= perPart) return list;
    for (let at = 0; at < list.length; at += perPart) parts.push(list.slice(at, at + perPart));
    return { cut: Math.ceil(list.length / perPart) } satisfies Cut;
  });
  return { rest, parts };
}

/** The answer that `cutAnswer` has cut. */
export function joinAnswer(rest: unknown, parts: readonly (readonly unknown[])[]): unknown {
  let next = 0;
  const join = (value: unknown): unknown => {
    if (!isObject(value)) return value;
    const { cut } = value;
    if (typeof cut === "number") {
      next += cut;
      return parts.slice(next - cut, next).flat(1);
    }
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, join(one)]));
  };
  return join(rest);
}
