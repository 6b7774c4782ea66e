// Whether git has tried to change a config that is guarded: git says only that the file is busy. Git writes a new file beside it first.
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import type { SandboxView } from "../files.ts";
import { once } from "../plan.ts";
import type { Answer } from "../why.ts";
import { makeJudge } from "./judge.ts";

const isConfig = (path: string): boolean => /\/config(?:\.worktree)?$/.test(path);
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** A user has 128 watches (inotify(7)), and other programs want some. */
const mostWatched = 8;

/** Watches the directories of guarded configs. At the end it says which of these somebody has tried to change. */
export function watchConfigs(system: System, view: SandboxView): () => Promise<readonly Answer[]> {
  const watched = view.before.names
    .filter(isConfig)
    .slice(0, mostWatched)
    .flatMap((path) => {
      const names = optional(() => system.watchNames?.(path.slice(0, path.lastIndexOf("/"))));
      return names === undefined ? [] : { path, names };
    });
  return once(async () => {
    const tried: string[] = [];
    for (const { path, names } of watched) {
      if ((await names.taken()).has(`${nameOf(path)}.lock`)) tried.push(path);
      names.close();
    }
    if (tried.length === 0) return [];
    const judge = makeJudge(system, view);
    return tried.flatMap((path) => judge(path, ["write"]) ?? []);
  });
}
