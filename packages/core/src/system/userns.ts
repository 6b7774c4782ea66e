import { readOr } from "./error.ts";
import type { System } from "./port.ts";

/** What `/proc/self/ns/user` of the first user namespace leads to: PROC_USER_INIT_INO of the kernel. */
export const initialUserns = "user:[4026531837]";

/** Whether the caller is in the first user namespace, as far as that can be told. */
export function isFirstUserns({ readLink }: System): boolean {
  return readOr(true, () => readLink("/proc/self/ns/user") === initialUserns);
}

/** Whether the caller is root in the first user namespace. */
export function isHostRoot(system: System): boolean {
  return system.caller.uid === 0 && isFirstUserns(system);
}
