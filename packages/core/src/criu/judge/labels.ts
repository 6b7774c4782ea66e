// Labels of processes: CRIU sets what the images say, with the caller's rights over the security module.
import { lsmIds } from "../../plan/index.ts";
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import type { Checkpoint, ImageCreds } from "../read/index.ts";
import type { Expected } from "./expected.ts";

/** The security modules of inventory.img (enum of CRIU): where the labels are from. CRIU refuses labels of another module than the host's. */
const modules: ReadonlyMap<number, number> = new Map([
  [1, lsmIds.selinux],
  [2, lsmIds.apparmor],
]);
/** What AppArmor says of a process that has no profile. CRIU saves it as no label. */
const unconfined = "unconfined";
const mostRead = 4096;

/** The label of the caller, which its children have. AppArmor adds a mode. */
function ownLabel(system: System): string | undefined {
  return optional(() => system.readText("/proc/self/attr/current", mostRead))?.split(/[\s\0]/u)[0];
}

/** Each label must be the one that the config gives. Where the config gives none, the process has none of its own, or the caller's. */
export function checkLabels(
  system: System,
  { tasks, lsm }: Checkpoint,
  { labels }: Expected,
  flag: string | undefined,
): readonly string[] {
  const own = ownLabel(system);
  const wanted = labels.get(modules.get(lsm) ?? 0);
  const given = flag?.slice(flag.indexOf(":") + 1);
  // CRIU sets the label of --lsm-profile instead of each one that is there.
  const isRight = (label: string | undefined): boolean => {
    const set = label === undefined ? undefined : (given ?? label);
    if (labels.size > 0) return wanted !== undefined && (set ?? unconfined) === wanted;
    return set === undefined || set === given || set === own;
  };
  const isWrong = ({ lsmProfile, socketLabel }: ImageCreds): boolean =>
    !isRight(lsmProfile) || (socketLabel !== undefined && !isRight(socketLabel));
  return tasks
    .filter(({ threads }) => threads.some(isWrong))
    .map(({ pid }) => `/process: process ${pid} has another label than the config's`);
}
