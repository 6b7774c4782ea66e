// The overlays that are kept: which there are, and their removal.
import { escapeCell, stringifyJson } from "@coffer/spec";
import { CofferError, quote } from "../../../errors.ts";
import { joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { isUtf8 } from "../../../wire/utf8.ts";
import type { Runtime } from "../../runtime.ts";
import { checkContainerId, containerIdPattern } from "../../store/container-id.ts";
import { checkFinished, hasOnlyCopies, journalsOf } from "./journals.ts";
import { findOverlays, lockOverlay, readOverlay } from "./store.ts";

/** A line of the list of overlays. */
export interface OverlayEntry {
  readonly name: string;
  /** What it lies over; empty where its record is missing or broken. */
  readonly tree: string;
  readonly created: string;
}

/** The overlays of the caller. */
export function listOverlays({ system }: Runtime): readonly OverlayEntry[] {
  const dir = findOverlays(system);
  if (dir === undefined) return [];
  const names = system.listDir(dir).filter((name) => containerIdPattern.test(name));
  return names.toSorted().map((name) => {
    const { tree = "", created = "" } = readOverlay(system, joinPath(dir, name)) ?? {};
    return { name, tree, created };
  });
}

/** The list as `overlay list` prints it. */
export function printOverlays(overlays: readonly OverlayEntry[], form: "json" | "text"): string {
  if (form === "json") return stringifyJson(overlays);
  const width = Math.max(...overlays.map(({ name }) => name.length));
  return overlays
    .map(({ name, created, tree }) => [name.padEnd(width), escapeCell(created), escapeCell(tree)].join("  "))
    .join("\n");
}

/** The directory of an overlay that there is. */
export function overlayDir({ system }: Runtime, name: string): string {
  const dir = joinPath(findOverlays(system) ?? "/", checkContainerId(name));
  if (dir !== `/${name}` && optional(() => system.stat(dir, { follow: false }).kind) === "directory") return dir;
  const hint = "`coffer overlay list` has the names";
  throw new CofferError("E_CONTAINER_NOT_FOUND", `there is no overlay ${quote(name)}`, { id: name }, { hint });
}

/** Whether files that the tree had before an apply are in an overlay. */
export const hasApplies = (runtime: Runtime, name: string): boolean =>
  journalsOf(runtime.system, overlayDir(runtime, name)).some(({ state }) => state !== "undone");

/** Fails where an overlay has what its tree had before: only an undo brings that back. */
function checkCopies(system: System, dir: string, name: string): void {
  const found = journalsOf(system, dir).find(hasOnlyCopies);
  if (found === undefined) return;
  const hint = `\`coffer undo ${name}\` puts that back; \`coffer overlay delete --force ${name}\` removes that as well`;
  const message = `the overlay ${name} has what its tree had before it was applied: ${quote(joinPath(found.dir, "slots"))}`;
  throw new CofferError("E_USAGE", message, { argument: "overlay" }, { hint });
}

/**
 * Removes an overlay with all that was written to it, however its program has left that. `force`: what its tree had before, and
 * what only an undo could bring back, is removed as well.
 */
export async function removeOverlay(
  runtime: Runtime,
  name: string,
  { force = false }: { readonly force?: boolean } = {},
): Promise<void> {
  const { system } = runtime;
  const dir = overlayDir(runtime, name);
  if (!isUtf8(dir)) throw new CofferError("E_IO", `${quote(dir)}: remove it yourself`, { path: dir });
  const lock = await lockOverlay(runtime, dir, name);
  try {
    checkFinished(system, dir, name);
    if (!force) checkCopies(system, dir, name);
    // A program may have left directories that their owner cannot read.
    for (const words of [
      ["chmod", "-R", "u+rwX"],
      ["rm", "-rf", "--one-file-system"],
    ] as const) {
      const [program, ...flags] = words;
      const { status, output } = await system.capture(program, [...flags, "--", dir]);
      if (status !== 0 && program === "rm")
        throw new CofferError("E_IO", `cannot remove the overlay ${quote(name)}: ${quote(output.trim())}`, {
          path: dir,
        });
    }
  } finally {
    lock.release();
  }
}
