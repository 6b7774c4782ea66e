import { specTemplate, stringifyJson } from "@coffer/spec";
import { CofferError, quote } from "../errors.ts";
import { probeCgroup } from "../host/probe-cgroup.ts";
import { SystemError } from "../system/error.ts";
import { describeErrno } from "./errno.ts";
import type { Runtime } from "./runtime.ts";
import { toAbsolute } from "./runtime.ts";

/** Options of `spec`. */
export interface SpecOptions {
  readonly bundle?: string | undefined;
  /** For the calling user, with a user namespace. */
  readonly rootless?: boolean | undefined;
}

/** Writes a `config.json` to start from; one that is there is not overwritten. */
export function spec({ system }: Runtime, options: SpecOptions = {}): void {
  const { uid, gid } = system.caller;
  const cgroupNamespace = probeCgroup(system).mode === "v2";
  const template = specTemplate({ cgroupNamespace, ...(options.rootless ? { rootless: { uid, gid } } : {}) });
  const path = toAbsolute(system, `${options.bundle ?? "."}/config.json`);
  try {
    system.writeFile(path, `${stringifyJson(template, "\t")}\n`, { mode: 0o666, exclusive: true });
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path, errnoName: error.errno };
    if (error.errno === "EEXIST") {
      const hint = "remove it first";
      throw new CofferError("E_IO", `file config.json exists: ${quote(path)}`, details, { hint, cause: error });
    }
    const message = `cannot write ${quote(path)}: ${describeErrno(error.errno)}`;
    throw new CofferError("E_IO", message, details, { cause: error });
  }
}
