// Permissions of Claude Code: `Read(~/.ssh/**)`, `Edit(src/**)`, `WebFetch(domain:example.org)`.
import type { List } from "./forms.ts";

type Read =
  | { readonly to: List; readonly words: readonly string[] }
  | { readonly hides: "everything" }
  | { readonly message: string; readonly restricts: boolean };

const form = /^(?<tool>[A-Za-z]+)\((?<word>.*)\)$/s;

/** The list of each tool. What needs a question is not given: nobody is there to answer. */
const denied: Readonly<Record<string, List>> = {
  Read: "deny",
  Edit: "noWrite",
  MultiEdit: "noWrite",
  NotebookEdit: "noWrite",
  Write: "noWrite",
};
const allowed: Readonly<Record<string, List>> = { Read: "read", Edit: "write", Write: "write" };

/** Paths are absolute behind `//`, and count from the settings behind one `/`. */
const toPath = (word: string): string => (word.startsWith("//") ? word.slice(1) : word.replace(/^\//, "./"));

/** Signs that stand for every path or host. */
const everything: ReadonlySet<string> = new Set(["", "*", "**"]);

/** A rule without a path is about the whole tool. */
function readDenied(tool: string, word: string): Read | undefined {
  const to = denied[tool];
  if (tool === "WebFetch" && everything.has(word)) return { to: "denyHost", words: ["*"] };
  if (to === undefined) return undefined;
  if (everything.has(word)) return to === "deny" ? { hides: "everything" } : { to, words: ["/"] };
  // As in gitignore(5), a name without a slash is meant in each directory.
  const isName = to === "deny" && !/[/~]/.test(word);
  return { to, words: isName ? [word, `**/${word}`] : [toPath(word)] };
}

/** Reads a permission. */
export function readPermission(text: string, kind: "allow" | "ask" | "deny"): Read {
  const { tool = text, word = "" } = form.exec(text)?.groups ?? {};
  const domain = /^domain:(.+)$/.exec(word)?.[1];
  if (tool === "WebFetch" && domain !== undefined)
    return { to: kind === "allow" ? "allow" : "denyHost", words: [domain] };
  const to = allowed[tool];
  if (kind === "allow" && to !== undefined && word !== "") return { to, words: [toPath(word)] };
  const read = kind === "allow" ? undefined : readDenied(tool, word);
  const message = "only what the sandbox sees counts, not the words of a command";
  return read ?? { message, restricts: kind === "deny" };
}
