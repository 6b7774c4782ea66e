// Names that somebody else makes in a directory.
import * as fs from "node:fs";
import type { MadeNames } from "../../port.ts";
import { call } from "../call.ts";

/** Whoever may write there can make any number. */
const mostNames = 1000;

/** Watches the names of a directory from now on. It keeps no program alive. */
export function watchNames(path: string): MadeNames {
  const names = new Set<string>();
  const watcher = call("inotify", path, (at) => fs.watch(at, { persistent: false }));
  watcher.on("change", (_, name) => {
    if (names.size < mostNames) names.add(`${name}`);
  });
  watcher.on("error", () => watcher.close());
  // Behind the first turn of the loop descriptors are read again: what was made before the question is among the names then.
  const taken = async (): Promise<ReadonlySet<string>> => {
    for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => void setImmediate(resolve));
    return names;
  };
  return { taken, close: () => watcher.close() };
}
