import { bindChecks } from "./binds.ts";
import { capabilityChecks } from "./capabilities.ts";
import type { Checks } from "./check.ts";
import { hostChecks } from "./host.ts";
import { identityChecks } from "./identity.ts";
import { kernelFileChecks } from "./kernel-files.ts";
import { labelChecks } from "./labels.ts";
import { mountChangeChecks } from "./mount-changes.ts";
import { mountChecks } from "./mounts.ts";
import { namespaceChecks } from "./namespaces.ts";
import { rightsChecks } from "./rights.ts";
import { seccompChecks } from "./seccomp.ts";

/** Every check by its id: the table that `docs/audit.md` prints. */
export const checks: Checks = {
  ...identityChecks,
  ...namespaceChecks,
  ...capabilityChecks,
  ...rightsChecks,
  ...seccompChecks,
  ...labelChecks,
  ...bindChecks,
  ...mountChangeChecks,
  ...mountChecks,
  ...kernelFileChecks,
  ...hostChecks,
};
