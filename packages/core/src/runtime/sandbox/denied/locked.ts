// Whether git has tried to change a config that is guarded: git says only that the file is busy. Git writes a new file beside it first.
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import type { SandboxView } from "../files.ts";
import { once } from "../plan.ts";

const isConfig = (path: string): boolean => /\/config(?:\.worktree)?$/.test(path);
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** A user has 128 watches (inotify(7)), and other programs want some. */
const mostWatched = 8;

/** The configs whose directories are watched. */
export const guardedConfigs = ({ before }: Pick<SandboxView, "before">): readonly string[] =>
  before.names.filter(isConfig).slice(0, mostWatched);

/** Watches the directories of configs. At the end it says which of these somebody has tried to change. */
export function watchConfigs(
  system: Pick<System, "watchNames">,
  configs: readonly string[],
): () => Promise<readonly string[]> {
  const watched = configs.flatMap((path) => {
    const names = optional(() => system.watchNames?.(path.slice(0, path.lastIndexOf("/"))));
    return names === undefined ? [] : { path, names };
  });
  return once(async () => {
    const tried: string[] = [];
    for (const { path, names } of watched) {
      if ((await names.taken()).has(`${nameOf(path)}.lock`)) tried.push(path);
      names.close();
    }
    return tried;
  });
}
