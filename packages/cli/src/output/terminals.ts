// The modes of the caller's terminal at the end of Node's front.
import { closeSync } from "node:fs";
import { isatty } from "node:tty";

/**
 * Leaves the terminal as it is. At its exit Node gives the terminal the modes that it had when Node began: what others have set
 * meanwhile would be lost. After a failure that is right: a launcher that was killed has left the terminal as its program had it.
 */
export function leaveTerminals(): void {
  process.on("exit", () => {
    for (const fd of [0, 1, 2]) if (isatty(fd)) closeSync(fd);
  });
}
