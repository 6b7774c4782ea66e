// What may be in a trace of the helper: no call by path, no magic link, nothing of the ambient /proc (R1, R3, R4).
import type { Call, Trace } from "../helpers/trace/trace.ts";

const notAllowed = new Set([
  "mount",
  "ptrace",
  "chmod",
  "chown",
  "symlink",
  "link",
  "rename",
  "unlink",
  "mkdir",
  "mknod",
]);

/** The path that a call names, with where it begins. */
const pathOf = (call: Call): RegExpExecArray | null => /^\d+ +\w+\((AT_FDCWD|\d+), "([^"]*)"/.exec(call.line);

/** Opens by a path that neither begins at a slot nor is an input. */
function opensByPath(call: Call, opens: RegExp, inputs: readonly string[]): boolean {
  const path = opens.test(call.name) ? pathOf(call) : null;
  return path !== null && path[1] === "AT_FDCWD" && !["/", ".", "", ...inputs].includes(path[2] ?? "");
}

/** Namespaces by path are the one thing where magic links are followed. */
const followsMagic = (call: Call): boolean =>
  call.name === "openat2" &&
  /\d+ +openat2\(/.test(call.line) &&
  !call.line.includes("RESOLVE_NO_MAGICLINKS") &&
  !/"[^"]*ns\/\w+"/.test(call.line);

function violationsOf(calls: readonly Call[], who: string, inputs: readonly string[] = []): readonly string[] {
  if (calls.length <= 10) return [`${who} was not traced`];
  // Looking for the program, init asks by path: it is the container's root by then, and nothing is opened.
  const opens = who === "init" ? /^(open|openat|openat2|readlinkat)$/ : /^(open|openat2?|newfstatat|readlinkat|statx)$/;
  return calls.flatMap((call) => {
    if (notAllowed.has(call.name)) return [`${who}, a call by path: ${call.line}`];
    if (opensByPath(call, opens, inputs)) return [`${who}, opens by path: ${call.line}`];
    return followsMagic(call) ? [`${who}, follows magic links: ${call.line}`] : [];
  });
}

/** Every call of a trace that must not be there. */
export const violations = ({ launcher, init, inputs }: Trace): readonly string[] => [
  ...violationsOf(launcher, "launcher", inputs),
  ...violationsOf(init, "init"),
];
