// Which scenes there are.
import type { RuntimeName } from "../../../helpers/peers/runtimes.ts";
import { attackers, medley } from "../attackers.ts";
import { added, alone, classes, withAdmin } from "../rights.ts";
import type { Caller } from "../types.ts";
import type { Subject } from "./stage.ts";

const ofUsers = ["none", "all", "pod"];

/** Every scene of a runtime and a caller, the classes first. */
export function scenesOf(runtime: RuntimeName, as: Caller): Subject[] {
  if (as === "user")
    return attackers
      .filter(({ limits }) => limits === undefined)
      .flatMap((attacker) =>
        classes.filter(({ name }) => ofUsers.includes(name)).map((rights) => ({ runtime, attacker, rights, as })),
      );
  return [
    ...attackers.flatMap((attacker) => classes.map((rights) => ({ runtime, attacker, rights, as }))),
    ...[...alone, ...added].map((rights) => ({ runtime, attacker: medley, rights, as })),
  ];
}

/** Every attacker with every right, in a record or not. */
export function everyScene(runtime: RuntimeName, as: Caller): Subject[] {
  const rights = [...classes, ...alone, ...added, withAdmin];
  return [...attackers, medley].flatMap((attacker) =>
    rights.map((right) => ({ runtime, attacker, rights: right, as })),
  );
}
