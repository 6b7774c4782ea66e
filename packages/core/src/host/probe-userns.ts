// Looks for what turns user namespaces off on this host.
import { CofferError } from "../errors.ts";
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

const labelFile = "/proc/self/attr/apparmor/current";

/** The AppArmor profile that confines the caller; undefined where none does. */
export function findConfinement({ readText }: System): string | undefined {
  const label = optional(() => readText(labelFile, 4096))?.replace(/[\n\0]+$/, "");
  // A profile that is not enforced has its mode behind it, and allows everything.
  const [, name] = /^(.*) \(enforce\)$/.exec(label ?? "") ?? [];
  return name;
}

/** The path of the helper, where it is a program of its own and there. */
export function findHelperPath({ helperPath }: System): string | undefined {
  try {
    return helperPath?.();
  } catch (error) {
    if (CofferError.is(error, "E_HOST_UNSUPPORTED")) return undefined;
    throw error;
  }
}
