// What stays the same while a caller looks at many containers: it is asked once for all of them.
import type { System } from "../../system/port.ts";

/** The boot, and from where this process sees others. */
const fixed: ReadonlySet<string> = new Set([
  "/proc/sys/kernel/random/boot_id",
  "/proc/self",
  "/proc/self/ns/pid",
  "/proc/self/ns/time",
]);

/** Asks once for each fixed path. Errors are not kept. */
function once<Value, Rest extends readonly unknown[]>(ask: (path: string, ...rest: Rest) => Value) {
  const known = new Map<string, Value>();
  return (path: string, ...rest: Rest): Value => {
    if (!fixed.has(path)) return ask(path, ...rest);
    const value = known.get(path) ?? ask(path, ...rest);
    known.set(path, value);
    return value;
  };
}

/** The same system, for one list of containers. */
export const withFixedFacts = (system: System): System => ({
  ...system,
  readText: once(system.readText),
  readLink: once(system.readLink),
});
