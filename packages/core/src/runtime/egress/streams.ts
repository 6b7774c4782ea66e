// The streams of a proxy: what is said first is read, and the rest is passed on.
import type { Duplex } from "../../system/port.ts";

/** How long a program may take to say where it wants to, and a target to answer. */
export const timeoutMs = 30_000;

/** What is read of the bytes so far: `undefined` asks for more, `rest` is what stays in the stream. */
export interface Taken<T> {
  readonly value: T;
  readonly rest: Uint8Array;
}

/**
 * Reads the beginning of a stream. Undefined when the stream or the time ended before.
 *
 * @param look gets the bytes so far, and how many of them it got last time
 */
export function readStart<T>(
  stream: Duplex,
  look: (bytes: Uint8Array, seen: number) => Taken<T> | undefined,
): Promise<T | undefined> {
  let room = new Uint8Array(512);
  let size = 0;
  return new Promise((resolve) => {
    const end = (value: T | undefined): void => {
      clearTimeout(timer);
      stream.off("readable", take).off("close", gone).off("end", gone);
      resolve(value);
    };
    const gone = (): void => {
      stream.destroy();
      end(undefined);
    };
    const timer = setTimeout(gone, timeoutMs);
    const take = (): void => {
      const chunk: unknown = stream.read();
      if (!(chunk instanceof Uint8Array)) return;
      const seen = size;
      size += chunk.length;
      if (size > room.length) {
        const larger = new Uint8Array(2 * size);
        larger.set(room);
        room = larger;
      }
      room.set(chunk, seen);
      const taken = look(room.subarray(0, size), seen);
      if (taken === undefined) return;
      if (taken.rest.length > 0) stream.unshift(taken.rest);
      end(taken.value);
    };
    stream.on("readable", take).once("close", gone).once("end", gone);
  });
}

/** How long the other side may take once what was said to it is written: then it is closed, and a FIN is on its way. */
const lingerMs = 1000;

/** Ends a stream whose reader is gone, after what was said to it to the end. A host that takes nothing has a bound as well. */
function finish(stream: Duplex): void {
  const end = (ms: number): void => void setTimeout(() => stream.destroy(), ms).unref();
  // What is not read would have the kernel drop what is on its way.
  stream.resume();
  end(timeoutMs);
  if (stream.writableFinished) end(lingerMs);
  else stream.once("finish", () => end(lingerMs));
}

/** Passes bytes on in both directions, until both have ended, one is broken, or one is closed and the other has had all. */
export function join(one: Duplex, other: Duplex): void {
  const broken = (): void => {
    one.destroy();
    other.destroy();
  };
  const pass = (from: Duplex, to: Duplex): void => {
    // What was said to the end is still on its way to the other side.
    from.on("error", broken).once("close", () => (to.writableEnded ? finish(to) : broken()));
    from.pipe(to);
  };
  pass(one, other);
  pass(other, one);
  // One may have been closed while the other was made.
  if (one.destroyed || other.destroyed) broken();
}

/** Passes bytes on in one direction. What comes the other way is lost. */
export function passBack(from: Duplex, to: Duplex): void {
  to.resume().once("close", () => from.destroy());
  from.on("error", () => to.destroy()).pipe(to);
}
