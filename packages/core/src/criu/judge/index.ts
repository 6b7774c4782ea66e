// A checkpoint is data, and no authority: what it would give beyond the config is refused before CRIU sees it.
import type { Config } from "@coffer/spec";
import { CofferError, quote } from "../../errors.ts";
import type { System } from "../../system/port.ts";
import type { Checkpoint } from "../read/index.ts";
import type { Expected } from "./expected.ts";
import { externalSource } from "./external.ts";
import { checkFiles } from "./files.ts";
import { checkLabels } from "./labels.ts";
import { checkMounts } from "./mounts.ts";
import { checkArchives, checkNodes, checkRemaps } from "./nodes.ts";
import { checkOpened } from "./opened.ts";
import { makePaths } from "./paths.ts";
import { checkPriorities } from "./priority.ts";
import { checkTasks } from "./tasks.ts";

export { checkDirectory } from "./directory.ts";
export { expectedOf } from "./expected.ts";
export { mapExternal } from "./external.ts";
export { throughLinks } from "./links.ts";

const maxTold = 16;

/** The bundle that a checkpoint is restored into. */
export interface CheckedBundle {
  readonly path: string;
  readonly rootfs: string;
  readonly config: Config;
}

/** Everything that a checkpoint would give beyond the config, with the label of --lsm-profile. */
export function judge(
  system: System,
  checkpoint: Checkpoint,
  { path: bundle, rootfs, config }: CheckedBundle,
  expected: Expected,
  lsmProfile?: string,
): readonly string[] {
  const sourceOf = externalSource.bind(undefined, config, bundle, expected);
  const paths = makePaths(system, checkpoint, rootfs, sourceOf);
  return [
    ...checkTasks(checkpoint, config, expected),
    ...checkLabels(system, checkpoint, expected, lsmProfile),
    ...checkPriorities(system, checkpoint, config, expected),
    ...checkFiles(system, checkpoint, config, expected),
    ...checkOpened(checkpoint, paths),
    ...checkMounts(checkpoint, { config, bundle, expected, paths }),
    ...checkArchives(checkpoint),
    ...checkNodes(checkpoint, expected),
    ...checkRemaps(checkpoint, expected, paths),
  ];
}

/**
 * Refuses a checkpoint in which something was found.
 *
 * @throws {CofferError} E_CHECKPOINT_REFUSED with everything that was found
 */
export function refuseFound(path: string, found: readonly string[]): void {
  if (found.length === 0) return;
  const told = found.slice(0, maxTold).join("; ");
  const more = found.length > maxTold ? `; and ${found.length - maxTold} more` : "";
  const message = `the checkpoint ${quote(path)} is not what the config gives: ${told}${more}`;
  const hint = "restore it with the config that it was made with";
  throw new CofferError("E_CHECKPOINT_REFUSED", message, { path, found }, { hint });
}
