// What turns user namespaces off: switches of the kernel and of distributions.
import { optional } from "../system/error.ts";
import type { System } from "../system/port.ts";

/** A sysctl that turns user namespaces off at one value. */
export interface UsernsSwitch {
  readonly name: string;
  readonly off: string;
  /** For root as well. */
  readonly root: boolean;
  /** What root of the host does about it. */
  readonly remedy: string;
}

const set = (name: string, value: string): string => `sysctl -w ${name}=${value}`;

const switches: readonly UsernsSwitch[] = [
  {
    name: "user.max_user_namespaces",
    off: "0",
    root: true,
    remedy: set("user.max_user_namespaces", "15000"),
  },
  {
    name: "kernel.unprivileged_userns_clone",
    off: "0",
    root: false,
    remedy: set("kernel.unprivileged_userns_clone", "1"),
  },
  {
    name: "kernel.apparmor_restrict_unprivileged_userns",
    off: "1",
    root: false,
    remedy: `an AppArmor profile for this program that has the rule \`userns,\`, or ${set("kernel.apparmor_restrict_unprivileged_userns", "0")}`,
  },
];

/** The switch that keeps the caller from making user namespaces; undefined where none is known to. */
export function findUsernsSwitch({ readText }: System, privileged: boolean): UsernsSwitch | undefined {
  return switches.find(({ name, off, root }) => {
    if (privileged && !root) return false;
    return optional(() => readText(`/proc/sys/${name.replaceAll(".", "/")}`, 64))?.trim() === off;
  });
}
