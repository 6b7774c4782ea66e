// Names that sandboxes ask for, one after the other.
import type { Duplex, Network } from "../../system/port.ts";
import type { Queue } from "./queue.ts";
import { makeQueue } from "./queue.ts";

/** Node has four threads for all that it does: no sandbox has all of them wait for a server that does not answer. */
const mostOfOne = 2;
/** Nor have all sandboxes of a process. */
const mostOfAll = 3;

/** Looks a name up for somebody. ECANCELED where that one has gone before it was its turn. */
export type LookUp = (name: string, asker: Duplex) => Promise<readonly string[]>;

/** What all sandboxes have together that look names up by the same means. */
const shared = new WeakMap<object, Queue>();

/** Looks names up for a sandbox, in turn. A look-up that has begun cannot be given up, and keeps the process. */
export function inTurn(network: Pick<Network, "resolve">): LookUp {
  const ofAll = shared.get(network) ?? makeQueue(mostOfAll);
  shared.set(network, ofAll);
  const ofOne = makeQueue(mostOfOne);
  return (name, asker) => ofOne(asker, () => ofAll(asker, () => network.resolve(name)));
}
