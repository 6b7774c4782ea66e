// Looks for what turns user namespaces off on this host.
import { optional } from "../system/error.ts";
import type { System } from "../system/port.ts";
import type { UsernsSwitch } from "./userns-switches.ts";
import { usernsSwitchOf } from "./userns-switches.ts";

/** The switch that keeps the caller from making user namespaces; undefined where none is known to. */
export function findUsernsSwitch({ readText }: System, privileged: boolean): UsernsSwitch | undefined {
  const read = (name: string): string | undefined =>
    optional(() => readText(`/proc/sys/${name.replaceAll(".", "/")}`, 64))?.trim();
  return usernsSwitchOf(read, privileged);
}
