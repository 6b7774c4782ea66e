// Things that are done in turn for connections, so that none of them costs more at once because there are many.
import { SystemError } from "../../system/error.ts";
import type { Duplex } from "../../system/port.ts";

/** Does a thing for a connection when it is its turn. ECANCELED where the connection has gone before. */
export type Queue = <T>(asker: Duplex, act: () => Promise<T>) => Promise<T>;

/** A queue that does so many things at once. What has gone is forgotten at once: others may come and go without end. */
export function makeQueue(most: number): Queue {
  const waiting = new Set<() => void>();
  let count = 0;
  const next = (): void => {
    const [go] = waiting;
    if (go === undefined) count -= 1;
    else go();
  };
  /** Whether the turn has come, and not the end of the connection. */
  const turn = (asker: Duplex): Promise<boolean> =>
    new Promise((settle) => {
      const end = (isTurn: boolean): void => {
        waiting.delete(go);
        asker.off("close", gone);
        settle(isTurn);
      };
      const go = (): void => end(true);
      const gone = (): void => end(false);
      waiting.add(go);
      asker.once("close", gone);
    });
  return async (asker, act) => {
    const canceled = (): SystemError => new SystemError("wait", "the turn of a connection", "ECANCELED");
    if (asker.destroyed) throw canceled();
    if (count < most) count += 1;
    else if (!(await turn(asker))) throw canceled();
    try {
      if (asker.destroyed) throw canceled();
      return await act();
    } finally {
      next();
    }
  };
}
