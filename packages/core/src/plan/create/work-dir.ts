// A directory that the launch is given, and that is bound: its path is not looked up again.

import { joinPath } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import type { PlanCreateOptions } from "../draft/options.ts";
import type { CreateContext } from "./context.ts";

const input = "workdir";
const carried = "workdir-inside";

/** The slot of the directory, where that is the source of a bind. Init has it as its working directory at the start. */
export function workDirSlot(
  { workDir }: Pick<PlanCreateOptions, "workDir">,
  source: string,
  phase: "host" | "inside",
): SlotName | undefined {
  if (workDir !== source) return undefined;
  return phase === "host" ? input : carried;
}

/** Whether the launcher's working directory carries it into the new mount namespace, and not the root directory. */
export function carriesWorkDir(
  context: Pick<CreateContext, "cloneIn"> & { readonly options: Pick<PlanCreateOptions, "workDir"> },
): boolean {
  return context.options.workDir !== undefined && context.cloneIn === "inside";
}

/** The launcher's part. */
export function planWorkDirHost(context: Pick<CreateContext, "draft" | "options" | "cloneIn">): void {
  const { draft, options } = context;
  if (options.workDir === undefined) return;
  draft.input(input, "dir");
  if (!carriesWorkDir(context)) return;
  draft.add({
    op: "enter-dir",
    phase: "host",
    dir: input,
    from: "/mounts",
    why: "carries the working directory along",
  });
}

/** Init's part: takes the directory over, and opens the one that the root, a tmpfs, is attached over. */
export function planWorkDirInside({ draft, roots }: Pick<CreateContext, "draft" | "roots">, at: string): void {
  draft.add({ op: "open-cwd", phase: "inside", out: carried, from: "/mounts" });
  draft.add({
    op: "open-dir",
    phase: "inside",
    at: roots.inside(),
    path: joinPath(at),
    resolve: 0,
    out: "cwd",
    from: "/root/path",
    why: "what the root is attached over",
  });
}
