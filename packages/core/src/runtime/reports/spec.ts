import { specTemplate, stringifyJson } from "@coffer/spec";
import { CofferError, quote } from "../../errors.ts";
import { probeCgroup } from "../../host/probe-cgroup.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import type { SafeConfigOptions } from "../default-config.ts";
import { safeConfig } from "../default-config.ts";
import type { Runtime } from "../runtime.ts";

/** Options of `spec`. */
export interface SpecOptions extends SafeConfigOptions {
  readonly bundle?: string | undefined;
  /** With `likeRunc`: for the calling user. Else who calls is found out. */
  readonly rootless?: boolean | undefined;
  /** Writes what runc writes, for engines. */
  readonly likeRunc?: boolean | undefined;
}

function runcTemplate(system: System, rootless: boolean) {
  const { uid, gid } = system.caller;
  const cgroupNamespace = probeCgroup(system).mode === "v2";
  return specTemplate({ cgroupNamespace, ...(rootless ? { rootless: { uid, gid } } : {}) });
}

function print(system: System, bundle: string, options: SpecOptions): string {
  if (options.likeRunc) return stringifyJson(runcTemplate(system, options.rootless ?? false), "\t");
  return stringifyJson({ ...safeConfig(system, bundle, options) }, "\t");
}

/**
 * Writes a `config.json` to start from; one that is there is not overwritten.
 *
 * @throws {CofferError} E_IO, E_USAGE
 */
export function spec({ system }: Runtime, options: SpecOptions = {}): void {
  const bundle = toAbsolute(system, options.bundle ?? ".");
  const path = `${bundle === "/" ? "" : bundle}/config.json`;
  try {
    system.writeFile(path, `${print(system, bundle, options)}\n`, { mode: 0o666, exclusive: true });
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path, errnoName: error.errno };
    if (error.errno === "EEXIST") {
      const hint = "remove it first";
      throw new CofferError("E_IO", `file config.json exists: ${quote(path)}`, details, { hint, cause: error });
    }
    const message = `cannot write ${quote(path)}: ${error.reason ?? describeErrno(error.errno)}`;
    throw new CofferError("E_IO", message, details, { cause: error });
  }
}
