// The mounts of a checkpoint as a tree: what is seen at a path is the topmost of them.
import { quote } from "../../errors.ts";
import type { ImageMount } from "../read/index.ts";

/** Whether a path is beneath another. */
export function isWithin(path: string, above: string): boolean {
  return path.startsWith(above === "/" ? "/" : `${above}/`);
}

/** The root of the tree. */
export function rootOf(mounts: readonly ImageMount[]): ImageMount | undefined {
  return mounts.find(({ point }) => point === "/");
}

/** The mount that a path leads to: at each step what is mounted there, and what is mounted on that. */
export function topmost(mounts: readonly ImageMount[], path: string): ImageMount | undefined {
  let current = rootOf(mounts);
  const parts = path === "/" ? [] : path.split("/").slice(1);
  for (let length = 1; length <= parts.length; length += 1) {
    const at = `/${parts.slice(0, length).join("/")}`;
    for (let steps = 0; steps <= mounts.length; steps += 1) {
      const next = mounts.find(({ parent, point }) => point === at && parent === current?.id);
      if (next === undefined) break;
      current = next;
    }
  }
  return current;
}

/** What makes the mounts no tree. */
export function checkTree(mounts: readonly ImageMount[]): readonly string[] {
  const roots = mounts.filter(({ point }) => point === "/");
  const ids = new Set(mounts.map(({ id }) => id));
  const stray = mounts.filter(({ point, parent }) => point !== "/" && !ids.has(parent));
  const places = new Set(mounts.map(({ parent, point }) => `${parent} ${point}`));
  return [
    ...(roots.length === 1 ? [] : [`${roots.length} mounts on "/"`]),
    ...(ids.size === mounts.length ? [] : ["two mounts with one id"]),
    ...(places.size === mounts.length ? [] : ["two mounts in one place"]),
    ...stray.map(({ point }) => `a mount on ${quote(point)} that is on no other`),
  ];
}
