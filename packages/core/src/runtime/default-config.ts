// The config that a caller gets who has none: what `spec` writes, and what the API runs a root directory with.
import type { Config } from "@coffer/spec";
import type { DefaultConfigOptions, Weakening } from "../defaults/index.ts";
import { defaultConfig } from "../defaults/index.ts";
import { CofferError } from "../errors.ts";
import { probeCgroup } from "../host/probe-cgroup.ts";
import type { System } from "../system/port.ts";
import { isHostRoot } from "../system/userns.ts";
import { pushText } from "../wire/utf8.ts";

/** What may differ from the default. */
export interface SafeConfigOptions {
  /** Mounts a procfs that has processes and nothing else. */
  readonly pidOnlyProc?: boolean | undefined;
  /** What is given up of the defaults. */
  readonly unsafe?: readonly Weakening[] | undefined;
}

const rangeSize = 65_536;
/**
 * Ranges that no /etc/subuid of a distribution reaches (SUB_UID_MAX is 600100000), below the end of what is meant for
 * containers (systemd.io/UIDS-GIDS), of which the last id is that of sandboxes.
 */
const ranges = { first: 9158, count: 19_513 } as const;

/** Ids that nobody has: another range for each directory, the same each time. */
function rangeOf({ digest }: System, directory: string): DefaultConfigOptions["ids"] {
  const bytes: number[] = [];
  pushText(bytes, directory);
  const hash = Number.parseInt(digest(Uint8Array.from(bytes)).slice(0, 8), 16);
  const id = (ranges.first + (hash % ranges.count)) * rangeSize;
  return { uid: id, gid: id, size: rangeSize };
}

/**
 * Makes the default config of a directory: that of a bundle, or a root directory.
 *
 * @throws {CofferError} E_USAGE when somebody who is not root would be root of the host
 */
export function safeConfig(system: System, directory: string, options: SafeConfigOptions): Config {
  const { uid, gid } = system.caller;
  const ownsHost = isHostRoot(system);
  const { unsafe = [], pidOnlyProc = false } = options;
  if (unsafe.includes("host-root") && !ownsHost)
    throw new CofferError("E_USAGE", "only root can be root of the host", { argument: "unsafe-host-root" });
  return defaultConfig({
    ids: ownsHost ? rangeOf(system, directory) : { uid, gid, size: 1 },
    arch: system.uname().machine,
    ownsHost,
    cgroup2: probeCgroup(system).mode === "v2",
    pidOnlyProc,
    unsafe,
  });
}
