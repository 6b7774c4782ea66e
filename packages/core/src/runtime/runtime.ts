import type { CofferError } from "../errors.ts";
import type { HeldDir } from "../system/held.ts";
import type { System, Warm } from "../system/port.ts";
import { isHostRoot } from "../system/userns.ts";
import type { Bundle } from "./launch/bundle.ts";
import type { Guarded } from "./policy/guard.ts";
import type { Pool } from "./pool/pool.ts";
import type { WaitingRun } from "./pool/run.ts";

/** The containers of a runtime that wait for their runs. */
export type RunPool = Pool<WaitingRun>;

/** What every verb works with: the port, the directory of the containers' state, and the policy. */
export interface Runtime extends Guarded {
  readonly system: System;
  readonly root: string;
  /** That directory, for a verb that has looked it up: what it does is done beneath one directory. */
  readonly heldRoot?: HeldDir | undefined;
  /** Gets failures that are ignored (E_LAUNCH_FAILED of a poststop hook), and what is odd in a config (E_CONFIG_INVALID). */
  readonly warn?: ((warning: CofferError) => void) | undefined;
  /** Gets what happens: each launch of a plan. */
  readonly debug?: ((message: string) => void) | undefined;
  /** Is given each bundle whose program may be a WebAssembly module, and gives one whose program is the kernel's to execute. */
  readonly adapt?: ((runtime: Runtime, bundle: Bundle) => Promise<Bundle>) | undefined;
  /** Launches may go to a helper that stays. */
  readonly warm?: Warm | undefined;
  /** Runs may get a container that waits for them. */
  readonly pool?: RunPool | undefined;
  /** What is odd in a config is an error. */
  readonly strict?: boolean | undefined;
}

/** Where state is kept unless the caller says: on a file system that a restart empties. */
export function defaultRoot(system: System): string {
  const { uid, env } = system.caller;
  const runtimeDir = env.XDG_RUNTIME_DIR;
  // Engines of an ordinary user call from its user namespace, as root of that.
  if (uid === 0 && (isHostRoot(system) || !runtimeDir?.startsWith("/"))) return "/run/coffer";
  return runtimeDir?.startsWith("/") ? `${runtimeDir}/coffer` : `/tmp/coffer-${uid}`;
}
