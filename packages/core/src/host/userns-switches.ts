// What turns user namespaces off: switches of the kernel and of distributions.
import { apparmorRestriction } from "./apparmor.ts";

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

/** Every switch that is known. */
export const usernsSwitches: readonly UsernsSwitch[] = [
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
    name: apparmorRestriction,
    off: "1",
    root: false,
    remedy: set(apparmorRestriction, "0"),
  },
];

/** The switch that keeps a caller from making user namespaces, where `read` gives the values of sysctls. Pure. */
export function usernsSwitchOf(
  read: (name: string) => string | undefined,
  privileged: boolean,
): UsernsSwitch | undefined {
  return usernsSwitches.find(({ name, off, root }) => (root || !privileged) && read(name) === off);
}
