// Names that sandboxes ask for, one after the other.
import { SystemError } from "../../system/error.ts";
import type { Duplex, Network } from "../../system/port.ts";

/** Node has four threads for all that it does: no sandbox has all of them wait for a server that does not answer. */
const mostOfOne = 2;
/** Nor have all sandboxes of a process. */
const mostOfAll = 3;

/** Looks a name up for somebody. ECANCELED where that one has gone before it was its turn. */
export type LookUp = (name: string, asker: Duplex) => Promise<readonly string[]>;

/** Does things in turn. */
type Queue = <T>(act: () => Promise<T>) => Promise<T>;

function makeQueue(most: number): Queue {
  const waiting: (() => void)[] = [];
  let count = 0;
  return async (act) => {
    if (count === most) await new Promise<void>((go) => void waiting.push(go));
    else count += 1;
    try {
      return await act();
    } finally {
      const next = waiting.shift();
      if (next === undefined) count -= 1;
      else next();
    }
  };
}

/** What all sandboxes have together that look names up by the same means. */
const shared = new WeakMap<object, Queue>();

/** Looks names up for a sandbox, in turn. A look-up that has begun cannot be given up, and keeps the process. */
export function inTurn(network: Pick<Network, "resolve">): LookUp {
  const ofAll = shared.get(network) ?? makeQueue(mostOfAll);
  shared.set(network, ofAll);
  const ofOne = makeQueue(mostOfOne);
  const lookUp: LookUp = async (name, asker) => {
    if (asker.destroyed) throw new SystemError("getaddrinfo", name, "ECANCELED");
    return network.resolve(name);
  };
  return (name, asker) => ofOne(() => ofAll(() => lookUp(name, asker)));
}
