const split = (path: string): readonly string[] => path.split("/").filter((part) => part !== "");

/** Whether a clean path fits a pattern: `*` stands for one component, a last `**` for the path itself and all beneath it. */
export function fitsPath(pattern: string, path: string): boolean {
  const parts = split(path);
  const wanted = split(pattern);
  const deep = wanted.at(-1) === "**";
  const fixed = deep ? wanted.slice(0, -1) : wanted;
  if (parts.length < fixed.length || (!deep && parts.length !== fixed.length)) return false;
  return fixed.every((name, index) => name === "*" || name === parts[index]);
}

/** Whether a name fits a pattern: a last `*` stands for any rest. */
export function fitsName(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
