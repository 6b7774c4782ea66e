// Names that a sandbox asks for, one after the other.
import { SystemError } from "../../system/error.ts";
import type { Duplex, Network } from "../../system/port.ts";

/** Node has four threads for all that it does: no sandbox has all of them wait for a server that does not answer. */
const mostAtOnce = 2;

/** Looks a name up for somebody. ECANCELED where that one has gone before it was its turn. */
export type LookUp = (name: string, asker: Duplex) => Promise<readonly string[]>;

/** Looks names up in turn, two at a time. A look-up that has begun cannot be given up, and keeps the process. */
export function inTurn({ resolve }: Pick<Network, "resolve">): LookUp {
  const waiting: (() => void)[] = [];
  let count = 0;
  return async (name, asker) => {
    if (count === mostAtOnce) await new Promise<void>((go) => void waiting.push(go));
    else count += 1;
    try {
      if (asker.destroyed) throw new SystemError("getaddrinfo", name, "ECANCELED");
      return await resolve(name);
    } finally {
      const next = waiting.shift();
      if (next === undefined) count -= 1;
      else next();
    }
  };
}
