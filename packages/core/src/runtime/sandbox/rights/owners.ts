// Whose files a sandbox can write: its root is no root of the host.
import { CofferError, quote } from "../../../errors.ts";
import { withParents } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { FileStat, System } from "../../../system/port.ts";
import type { Runtime } from "../../runtime.ts";
import type { SandboxView } from "../files.ts";
import type { SandboxVerbOptions } from "../plan.ts";

/** Whether root of the host is another user inside: the files of all others have no owner there (user_namespaces(7)). */
export const mapsRoot = (
  { caller: { uid } }: Pick<System, "caller">,
  { isolation, unsafe = [] }: Pick<SandboxVerbOptions, "isolation" | "unsafe">,
): boolean => uid === 0 && isolation !== "reduced" && !unsafe.includes("host-root");

/** Bits for others than the owner. That of the group may stand for a list (acl(5)). */
const forOthers = 0o022;

/** Why the owner of a path keeps it from being written or made; undefined where the owner does not. */
export function whyOwned(
  { caller, stat }: Pick<System, "caller" | "stat">,
  { mapsRoot: isMapped }: Pick<SandboxView, "mapsRoot">,
  path: string,
): string | undefined {
  const found = withParents(path).reduce<FileStat | undefined>(
    (nearest, one) => nearest ?? optional(() => stat(one)),
    undefined,
  );
  if (found === undefined || found.uid === caller.uid) return undefined;
  if (isMapped === true) return "it belongs to another user, and root in a sandbox has no rights to it";
  return caller.uid !== 0 && (found.mode & forOthers) === 0 ? "only its owner may write it" : undefined;
}

/** Warns of what a sandbox of root was to write and cannot. */
export function warnOfOwner({ system, warn }: Runtime, view: SandboxView): void {
  if (view.mapsRoot !== true) return;
  const given = view.rules.flatMap(({ access, source }) =>
    access === "write" && source !== undefined ? [source] : [],
  );
  const found = given.find((path) => whyOwned(system, view, path) !== undefined);
  if (found === undefined) return;
  const message = `${quote(found)} belongs to another user, and root in a sandbox has no rights to it: it cannot be written; call coffer as that user, or use --overlay`;
  warn?.(new CofferError("E_USAGE", message, { argument: "write" }));
}
