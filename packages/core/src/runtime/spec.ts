import { specTemplate, stringifyJson } from "@coffer/spec";
import { CofferError, quote } from "../errors.ts";
import { probeCgroup } from "../host/probe-cgroup.ts";
import type { DefaultConfigOptions, Weakening } from "../plan/index.ts";
import { defaultConfig } from "../plan/index.ts";
import { SystemError } from "../system/error.ts";
import type { System } from "../system/port.ts";
import { describeErrno } from "./errno.ts";
import type { Runtime } from "./runtime.ts";
import { isHostRoot, toAbsolute } from "./runtime.ts";

/** Options of `spec`. */
export interface SpecOptions {
  readonly bundle?: string | undefined;
  /** With `likeRunc`: for the calling user. Else who calls is found out. */
  readonly rootless?: boolean | undefined;
  /** Mounts a procfs that has processes and nothing else. */
  readonly pidOnlyProc?: boolean | undefined;
  /** What is given up of the defaults. */
  readonly unsafe?: readonly Weakening[] | undefined;
  /** Writes what runc writes, for engines. */
  readonly likeRunc?: boolean | undefined;
}

const rangeSize = 65_536;
/**
 * Ranges that no /etc/subuid of a distribution reaches (SUB_UID_MAX is 600100000), below the end of what is meant for
 * containers (systemd.io/UIDS-GIDS), of which the last id is that of sandboxes.
 */
const ranges = { first: 9158, count: 19_513 } as const;

/** Ids that nobody has: another range for each bundle, the same each time. */
function rangeOf({ digest }: System, bundle: string): DefaultConfigOptions["ids"] {
  const hash = Number.parseInt(digest(new TextEncoder().encode(bundle)).slice(0, 8), 16);
  const id = (ranges.first + (hash % ranges.count)) * rangeSize;
  return { uid: id, gid: id, size: rangeSize };
}

function safeTemplate(system: System, bundle: string, options: SpecOptions) {
  const { uid, gid } = system.caller;
  const ownsHost = isHostRoot(system);
  const { unsafe = [], pidOnlyProc = false } = options;
  if (unsafe.includes("host-root") && !ownsHost)
    throw new CofferError("E_USAGE", "only root can be root of the host", { argument: "unsafe-host-root" });
  return defaultConfig({
    ids: ownsHost ? rangeOf(system, bundle) : { uid, gid, size: 1 },
    arch: system.uname().machine,
    ownsHost,
    cgroup2: probeCgroup(system).mode === "v2",
    pidOnlyProc,
    unsafe,
  });
}

function runcTemplate(system: System, rootless: boolean) {
  const { uid, gid } = system.caller;
  const cgroupNamespace = probeCgroup(system).mode === "v2";
  return specTemplate({ cgroupNamespace, ...(rootless ? { rootless: { uid, gid } } : {}) });
}

function print(system: System, bundle: string, options: SpecOptions): string {
  if (options.likeRunc) return stringifyJson(runcTemplate(system, options.rootless ?? false), "\t");
  return stringifyJson({ ...safeTemplate(system, bundle, options) }, "\t");
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
    const message = `cannot write ${quote(path)}: ${describeErrno(error.errno)}`;
    throw new CofferError("E_IO", message, details, { cause: error });
  }
}
