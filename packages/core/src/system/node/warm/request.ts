// What a helper that stays is asked for (helper-c/launch/serve.c).

const headSize = 16;
const kinds = { launch: 1, signal: 2 } as const;

function head(kind: keyof typeof kinds, run: number, words: number, plan: number): Buffer {
  const bytes = Buffer.alloc(headSize);
  for (const [index, word] of [kinds[kind], run, words, plan].entries()) bytes.writeUInt32LE(word, 4 * index);
  return bytes;
}

/** A launch: the texts that come with its sockets, the words of `launch`, and the plan. */
export function launchRequest(run: number, words: readonly string[], plan: Uint8Array): Uint8Array {
  const text = Buffer.from(`${words.join("\0")}\0`);
  return Buffer.concat([head("launch", run, text.length, plan.length), text, plan]);
}

/** A signal for the launcher of a launch. */
export function signalRequest(run: number, signal: number): Uint8Array {
  return head("signal", run, signal, 0);
}
