import type { Checks } from "./check.ts";
import { bindChecks } from "./checks/binds.ts";
import { capabilityChecks } from "./checks/capabilities.ts";
import { hostChecks } from "./checks/host.ts";
import { identityChecks } from "./checks/identity.ts";
import { kernelFileChecks } from "./checks/kernel-files.ts";
import { labelChecks } from "./checks/labels.ts";
import { landlockChecks } from "./checks/landlock.ts";
import { mountChangeChecks } from "./checks/mount-changes.ts";
import { mountChecks } from "./checks/mounts.ts";
import { namespaceChecks } from "./checks/namespaces.ts";
import { rightsChecks } from "./checks/rights.ts";
import { seccompChecks } from "./checks/seccomp.ts";

/** Every check by its id: the table that `docs/use/audit.md` prints. */
export const checks: Checks = {
  ...identityChecks,
  ...namespaceChecks,
  ...landlockChecks,
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
