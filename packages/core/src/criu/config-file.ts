// CRIU's configuration for one container, which the annotation `org.criu.config` names, as for runc and crun. CRIU runs what
// the file says, as root of the host: nobody else may be able to write it (R10).
import type { Config } from "@coffer/spec";
import { configInvalid, quote } from "../errors.ts";
import { withParents } from "../paths.ts";
import { criuConfigOf, criuConfigPointer } from "../plan/index.ts";
import { describeErrno } from "../system/errno.ts";
import { SystemError } from "../system/error.ts";
import type { WithSystem } from "../system/port.ts";
import { whyUntrusted } from "../system/trust.ts";

/** Why CRIU may not read its configuration there; undefined when it may. */
function whyNot({ system }: WithSystem, path: string): string | undefined {
  if (!path.startsWith("/") || path.split("/").includes("..")) return 'is not an absolute path without ".."';
  try {
    for (const part of withParents(path)) {
      const stat = system.stat(part, { follow: false });
      const why = stat.kind === "link" ? "is a symbolic link" : whyUntrusted(system, stat);
      if (why !== undefined) return `cannot be trusted: ${part} ${why}`;
    }
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    return `cannot be read: ${describeErrno(error.errno)}`;
  }
  return undefined;
}

/**
 * The path of CRIU's configuration; undefined where the config names none.
 *
 * @throws {CofferError} E_CONFIG_INVALID when somebody else could have written it
 */
export function criuConfig(runtime: WithSystem, config: Pick<Config, "annotations">) {
  const path = criuConfigOf(config);
  if (path === undefined) return undefined;
  const why = whyNot(runtime, path);
  if (why === undefined) return path;
  throw configInvalid("config", [{ pointer: criuConfigPointer, message: `${quote(path)} ${why}` }]);
}
