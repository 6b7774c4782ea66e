// A sandbox whose namespaces were refused: by what, and what its caller can do.
import { CofferError, quote } from "../../../errors.ts";
import { apparmorRemedy, apparmorRestriction } from "../../../host/apparmor.ts";
import { probeHost } from "../../../host/probe.ts";
import { findConfinement, findHelperPath, findUsernsSwitch } from "../../../host/probe-userns.ts";
import type { UsernsSwitch } from "../../../host/userns-switches.ts";
import type { System } from "../../../system/port.ts";
import type { Runtime } from "../../runtime.ts";

const refusals: ReadonlySet<string> = new Set(["EPERM", "EACCES", "ENOSPC", "EUSERS", "ENOSYS"]);
/** AppArmor's restriction lets the namespace be made, and takes the capabilities in it. */
const early: ReadonlySet<string> = new Set(["host", "parent", "inside"]);

const other =
  "or add --reduced: no namespaces, but Landlock and seccomp alone (`coffer audit sandbox --reduced` tells what stays open)";

/** What refused, as far as that can be told, and what to do about it. */
function remedyOf(system: System, found: UsernsSwitch | undefined, usual = "namespaces are refused"): string {
  const profile = (): string => apparmorRemedy(findHelperPath(system));
  if (found?.name === apparmorRestriction)
    return `the sysctl ${found.name} is ${found.off}: AppArmor lets only programs with a profile for it make user namespaces: ${profile()}`;
  if (found !== undefined)
    return `the sysctl ${found.name} is ${found.off}, which turns user namespaces off: have root set ${found.remedy}`;
  const confined = findConfinement(system);
  if (confined === undefined) return usual;
  const outer = "in a container, run the outer one without that profile (--security-opt apparmor=unconfined)";
  return `the AppArmor profile ${quote(confined)} of the caller refuses them, or their capabilities: ${outer}; else ${profile()}`;
}

/** The filter of a sandbox answers ENOSYS to clone3(2) and openat2(2). Its program has the variable, which is no proof. */
const nested =
  "the caller is in a sandbox of coffer, as COFFER_SANDBOX says, and its filter allows no other sandbox in it: run the command as it is";

/** The error with what refused namespaces, and the ways out; any other error as it is. */
export function explainRefusal({ system }: Runtime, error: unknown, isolation = "namespaces"): unknown {
  if (!CofferError.is(error, "E_LAUNCH_FAILED")) return error;
  const { details, shortMessage, cause } = error;
  const { op, phase = "", errnoName = "" } = details;
  const withHint = (hint: string) =>
    new CofferError("E_LAUNCH_FAILED", shortMessage, { ...details, hint }, { hint, cause });
  if (errnoName === "ENOSYS" && system.caller.env.COFFER_SANDBOX !== undefined) return withHint(nested);
  if (isolation === "reduced" || !refusals.has(errnoName) || !early.has(phase)) return error;
  const found = findUsernsSwitch(system, probeHost(system, { paths: [] }).privileged);
  if (found === undefined && op !== "clone") return error;
  return withHint(`${remedyOf(system, found, details.hint)}; ${other}`);
}
