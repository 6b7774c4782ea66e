// How long a helper that stays may take to answer, and what happens then.
import { CofferError } from "../../../errors.ts";
import type { Launch } from "../../port.ts";
import type { Server } from "./server.ts";

/**
 * Ten seconds, in slices. After a stall of this process a timer is over although the answer may be there, unread. So a stall
 * is one slice, and the sockets are read after each.
 */
const [slices, sliceMs] = [10, 1000];

/** Calls after that time, as far as this process could have read an answer. The result stops it. */
function afterSlices(call: () => void): () => void {
  let left = slices;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last: ReturnType<typeof setImmediate> | undefined;
  const next = (): void => {
    left -= 1;
    // The sockets are read before an immediate.
    if (left < 0) last = setImmediate(call);
    else timer = setTimeout(next, sliceMs);
  };
  next();
  return () => {
    clearTimeout(timer);
    clearImmediate(last);
  };
}

/** A launch that came when nobody waited for it any more: its launcher has been killed. */
function letGo(launch: Launch | undefined): void {
  launch?.unref?.();
  for (const stream of [launch?.stdin, launch?.stdout, launch?.stderr]) stream?.destroy();
}

/**
 * Gives up a helper that does not answer. One without launches is ended. With one that has others, only this launch ends: the
 * request cannot be taken back, and the signal comes right behind it. The launch is not made in another way before it is known
 * that it has not begun.
 */
export function withDeadline(
  server: Server,
  { helper, run }: { readonly helper: string; readonly run: number },
  what: Promise<Launch | undefined>,
): Promise<Launch | undefined> {
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      const hint = "the machine may be overloaded, or somebody has stopped the helper or its launcher";
      const message = `the helper that stays, ${helper}, has not answered, nor has its launcher ended`;
      reject(new CofferError("E_LAUNCH_FAILED", message, { hint }, { hint }));
      what.then(letGo, () => {});
    };
    let stop = afterSlices(() => {
      server.retire();
      if (server.isBusy()) server.signal(run, 9);
      else server.kill();
      stop = afterSlices(fail);
    });
    what.then(resolve, reject).finally(() => stop());
  });
}
