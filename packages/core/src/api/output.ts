// What a process writes: kept for the result, and passed to whoever streams it.
import type { LaunchStreams } from "../system/port.ts";

/** One output stream of a process. */
export interface Output {
  /** All of it, once the stream has ended. */
  bytes(): Promise<Uint8Array>;
  /** What was kept, and then what comes. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Ends the stream here, when what has come so far is read: somebody else may still hold its other end. */
  cut(): Promise<void>;
}

export interface OutputOptions {
  readonly keep: boolean;
  readonly maxBuffer: number;
  /** Is called once, when more comes than may be kept. */
  readonly onFull: () => void;
}

/** Puts chunks of so many bytes in all together. */
export function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** A turn of the event loop, in which what has come is read. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** How many bytes may wait for a reader of `chunks` before the stream stands still. */
const mostWaiting = 1_000_000;

type Pausable = Pick<NonNullable<LaunchStreams["stdout"]>, "pause" | "resume"> | undefined;

/** What comes, for one reader. */
function makeQueue(kept: readonly Uint8Array[], stream: Pausable, pauses: boolean) {
  const waiting = [...kept];
  let size = 0;
  let isOver = false;
  let wake = (): void => {};
  async function* read(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const chunk = waiting.shift();
      if (chunk !== undefined) {
        size -= chunk.length;
        if (pauses) stream?.resume();
        yield chunk;
      } else if (isOver) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    push: (chunk: Uint8Array): void => {
      waiting.push(chunk);
      size += chunk.length;
      if (pauses && size > mostWaiting) stream?.pause();
      wake();
    },
    end: (): void => {
      isOver = true;
      wake();
    },
    read,
  };
}

/** Follows a stream to its end. */
export function collect(stream: LaunchStreams["stdout"], options: OutputOptions): Output {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let seen = 0;
  let cut = false;
  const readers = new Set<ReturnType<typeof makeQueue>>();
  let isOver = false;
  function take(chunk: Uint8Array): void {
    seen += chunk.length;
    for (const reader of readers) reader.push(chunk);
    if (!options.keep || cut) return;
    const room = options.maxBuffer - length;
    const kept = chunk.length > room ? chunk.subarray(0, room) : chunk;
    chunks.push(kept);
    length += kept.length;
    if (kept === chunk) return;
    cut = true;
    options.onFull();
  }
  const ended = new Promise<void>((resolve) => {
    // A stream that has closed had nothing to read.
    if (stream === undefined || stream.closed) return resolve();
    stream.on("data", take);
    stream.once("close", () => resolve());
    stream.on("error", () => resolve());
  });
  void ended.then(() => {
    isOver = true;
    for (const reader of readers) reader.end();
  });
  return {
    bytes: async () => {
      await ended;
      return concat(chunks, length);
    },
    chunks: async function* () {
      const queue = makeQueue(chunks, stream, !options.keep);
      readers.add(queue);
      if (isOver) queue.end();
      try {
        yield* queue.read();
      } finally {
        readers.delete(queue);
        // Who does not read to the end keeps nobody waiting.
        stream?.resume();
      }
    },
    cut: async () => {
      // What comes is read at the earliest in the turn after this one.
      for (let before = -1; before < seen; ) {
        before = seen;
        await turn();
        await turn();
      }
      stream?.destroy();
    },
  };
}
