// Keeps lines of an output that comes piece by piece. What nobody wants takes no memory.

/** Takes the pieces of an output. */
export interface Sieve {
  readonly take: (piece: Uint8Array) => void;
  /** Gives the pieces of the wanted lines, once the output has ended. */
  readonly end: () => readonly Uint8Array[];
  /** How many bytes are held. */
  readonly size: () => number;
}

const newline = 0x0a;

function join(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1 && pieces[0] !== undefined) return pieces[0];
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Holds the wanted lines, with their newlines, and the begin of a line that has not ended. Without `isWanted` it holds all. */
export function makeSieve(isWanted?: (line: Uint8Array) => boolean): Sieve {
  const kept: Uint8Array[] = [];
  let open: Uint8Array[] = [];
  let size = 0;
  const close = (): void => {
    const line = join(open);
    open = [];
    if (isWanted === undefined || isWanted(line)) kept.push(line);
    else size -= line.length;
  };
  const take = (piece: Uint8Array): void => {
    size += piece.length;
    for (let at = 0; at < piece.length; ) {
      const end = isWanted === undefined ? -1 : piece.indexOf(newline, at);
      const next = end === -1 ? piece.length : end + 1;
      open.push(piece.slice(at, next));
      if (end !== -1) close();
      at = next;
    }
  };
  const end = (): readonly Uint8Array[] => {
    if (open.length > 0) close();
    return kept;
  };
  return { take, end, size: () => size };
}
