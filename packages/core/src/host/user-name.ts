import { SystemError } from "../system/error.ts";
import type { System } from "../system/port.ts";

/** The name that passwd(5) has for a user; undefined where it has none, or cannot be read. */
export function findUserName(system: System, uid: number): string | undefined {
  try {
    for (const line of system.readLines("/etc/passwd")) {
      const [name, , id] = line.split(":");
      if (id === `${uid}`) return name;
    }
  } catch (error) {
    if (!SystemError.is(error)) throw error;
  }
  return undefined;
}
