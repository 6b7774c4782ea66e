// Permissions of Claude Code: `Read(~/.ssh/**)`, `Edit(src/**)`, `WebFetch(domain:example.org)`.
import type { List } from "./forms.ts";

type Read = { readonly to: List; readonly word: string } | { readonly message: string; readonly restricts: boolean };

const form = /^(?<tool>[A-Za-z]+)\((?<word>.*)\)$/s;

/** The list of each tool. */
const lists: Readonly<Record<"allow" | "deny", Readonly<Record<string, List>>>> = {
  allow: { Read: "read", Edit: "write", Write: "write" },
  deny: { Read: "deny", Edit: "read", Write: "read" },
};

/** Paths are absolute behind `//`, and count from the settings behind one `/`. */
const toPath = (word: string): string => (word.startsWith("//") ? word.slice(1) : word.replace(/^\//, "./"));

/** Reads a permission. */
export function readPermission(text: string, kind: "allow" | "deny"): Read {
  const { tool = text, word = "" } = form.exec(text)?.groups ?? {};
  const domain = /^domain:(.+)$/.exec(word)?.[1];
  if (tool === "WebFetch" && domain !== undefined) return { to: kind === "allow" ? "allow" : "denyHost", word: domain };
  const to = lists[kind][tool];
  if (to !== undefined && word !== "") return { to, word: toPath(word) };
  const restricts = kind === "deny";
  return { message: "only what the sandbox sees counts, not the words of a command", restricts };
}
