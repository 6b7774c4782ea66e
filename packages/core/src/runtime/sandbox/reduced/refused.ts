// A sandbox whose namespaces were refused: by what, and what its caller can do.
import { CofferError } from "../../../errors.ts";
import { probeHost } from "../../../host/probe.ts";
import { findUsernsSwitch } from "../../../host/probe-userns.ts";
import type { Runtime } from "../../runtime.ts";

const refusals: ReadonlySet<string> = new Set(["EPERM", "EACCES", "ENOSPC", "EUSERS", "ENOSYS"]);
/** AppArmor's restriction lets the namespace be made, and takes the capabilities in it. */
const early: ReadonlySet<string> = new Set(["host", "parent", "inside"]);

const other =
  "or add --reduced: no namespaces, but Landlock and seccomp alone (`coffer audit sandbox --reduced` tells what stays open)";

/** The error with what refused namespaces, and the ways out; any other error as it is. */
export function explainRefusal({ system }: Runtime, error: unknown): unknown {
  if (!CofferError.is(error, "E_LAUNCH_FAILED")) return error;
  const { details, shortMessage, cause } = error;
  const { op, phase = "", errnoName = "" } = details;
  if (!refusals.has(errnoName) || !early.has(phase)) return error;
  const found = findUsernsSwitch(system, probeHost(system, { paths: [] }).privileged);
  if (found === undefined && op !== "clone") return error;
  const first =
    found === undefined
      ? (details.hint ?? "namespaces are refused")
      : `the sysctl ${found.name} is ${found.off}, which turns user namespaces off: have root set ${found.remedy}`;
  const hint = `${first}; ${other}`;
  return new CofferError("E_LAUNCH_FAILED", shortMessage, { ...details, hint }, { hint, cause });
}
