/** Whether a path is clean and absolute already, as most are. */
const isClean = (path: string): boolean =>
  path.startsWith("/") &&
  !path.endsWith("/") &&
  !path.includes("//") &&
  !(path.includes("/.") && (path.endsWith("/.") || path.includes("/./")));

/** Makes a path of the container clean and absolute: no empty, `.` or trailing components. `..` is left in. */
export function cleanPath(path: string): string {
  if (isClean(path)) return path;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return `/${parts.join("/")}`;
}

/** Whether a path has a `..` component. */
export function hasDotDot(path: string): boolean {
  return path.split("/").includes("..");
}

/** Whether the clean path `path` is `parent` or beneath it. */
export function isBeneath(path: string, parent: string): boolean {
  if (!path.startsWith(parent)) return false;
  return path.length === parent.length || parent === "/" || path[parent.length] === "/";
}

/** A clean path and all that it is beneath, up to `/`. */
export function withParents(path: string): readonly string[] {
  const paths = [path];
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) paths.push(path.slice(0, at));
  return path === "/" ? paths : [...paths, "/"];
}

/** Joins paths with single slashes; the result is clean and absolute. */
export function joinPath(...parts: readonly string[]): string {
  return cleanPath(parts.join("/"));
}

/** A path as it is resolved without any link: beneath its directory, which for the kernel no absolute one is. */
export function linklessPath(path: string): string {
  if (!path.startsWith("/")) return path || ".";
  return (path.startsWith("//") ? path.replace(/^\/+/, "") : path.slice(1)) || ".";
}

/** The last component of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Resolves `..` by words alone, for paths in which no link is meant (cgroups). */
export function foldDotDot(path: string): string {
  if (isClean(path) && !path.includes("/..")) return path;
  const out: string[] = [];
  for (const part of cleanPath(path).split("/").slice(1)) {
    if (part === "..") out.pop();
    else if (part !== "") out.push(part);
  }
  return `/${out.join("/")}`;
}

/** One more step of a JSON pointer. */
export function pointerTo(base: string, key: string | number): string {
  const isPlain = typeof key === "number" || !(key.includes("~") || key.includes("/"));
  return `${base}/${isPlain ? key : key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
