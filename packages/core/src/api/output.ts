// What a process writes: kept for the result, and passed to whoever streams it.
import type { LaunchStreams } from "../system/port.ts";

/** One output stream of a process. */
export interface Output {
  /** All of it as text, once the stream has ended. */
  text(): Promise<string>;
  /** Ends the stream here, when what has come so far is read: somebody else may still hold its other end. */
  cut(): Promise<void>;
}

export interface OutputOptions {
  readonly keep: boolean;
  readonly maxBuffer: number;
  /** Is called once, when more comes than may be kept. */
  readonly onFull: () => void;
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
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

/** Follows a stream to its end. */
export function collect(stream: LaunchStreams["stdout"], options: OutputOptions): Output {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let seen = 0;
  let cut = false;
  function take(chunk: Uint8Array): void {
    seen += chunk.length;
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
    if (stream === undefined) return resolve();
    stream.on("data", take);
    stream.once("close", () => resolve());
    stream.on("error", () => resolve());
  });
  return {
    text: async () => {
      await ended;
      return new TextDecoder().decode(concat(chunks, length));
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
