// A message bus that says what a test wants: the other side of `connect-bus` and `call-bus`.
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";

/** A header field: its code, its type, its value. */
type Field = readonly [code: number, type: "s" | "o" | "g" | "u", value: string | number];

/** A message to send. */
export type BusMessage = {
  readonly type: 2 | 3 | 4;
  readonly answerTo?: number;
  readonly sender?: string;
  readonly member?: string;
  readonly error?: string;
  readonly signature?: string;
  readonly body?: readonly (string | number)[];
};

const pad = (bytes: number[], to: number): void => {
  while (bytes.length % to !== 0) bytes.push(0);
};

function putNumber(bytes: number[], value: number): void {
  pad(bytes, 4);
  for (let at = 0; at < 32; at += 8) bytes.push((value >>> at) & 0xff);
}

function putValue(bytes: number[], value: string | number, short = false): void {
  if (typeof value === "number") {
    putNumber(bytes, value);
    return;
  }
  const text = Buffer.from(value);
  if (short) bytes.push(text.length);
  else putNumber(bytes, text.length);
  bytes.push(...text, 0);
}

/** Marshals a message. */
export function marshal({ type, answerTo, sender, member, error, signature, body = [] }: BusMessage): Buffer {
  const fields: readonly (Field | undefined)[] = [
    answerTo === undefined ? undefined : [5, "u", answerTo],
    sender === undefined ? undefined : [7, "s", sender],
    member === undefined ? undefined : [3, "s", member],
    error === undefined ? undefined : [4, "s", error],
    signature === undefined ? undefined : [8, "g", signature],
  ];
  const contents: number[] = [];
  for (const value of body) putValue(contents, value);
  const bytes = [0x6c, type, 0, 1];
  for (const number of [contents.length, 77, 0]) putNumber(bytes, number);
  for (const [code, kind, value] of fields.filter((field) => field !== undefined)) {
    pad(bytes, 8);
    bytes.push(code, 1, kind.charCodeAt(0), 0);
    putValue(bytes, value, kind === "g");
  }
  const length = bytes.length - 16;
  pad(bytes, 8);
  const message = Buffer.from([...bytes, ...contents]);
  message.writeUInt32LE(length, 12);
  return message;
}

/** What a bus does. */
export type BusScript = {
  /** What it answers to the authentication. */
  readonly greeting?: string;
  /** What it sends when the call has come. */
  readonly answers?: readonly Buffer[];
  /** It hangs up then. */
  readonly ends?: boolean;
  /** It sends byte by byte. */
  readonly slow?: boolean;
};

const ok = "DATA\r\nOK 0123456789abcdef0123456789abcdef\r\n";

async function send(socket: Socket, bytes: Buffer, slow: boolean): Promise<void> {
  const size = slow ? 1 : bytes.length;
  for (let at = 0; at < bytes.length; at += size) {
    socket.write(bytes.subarray(at, at + size));
    if (slow) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function serve(socket: Socket, { greeting = ok, answers = [], ends, slow = false }: BusScript): Promise<void> {
  let words = Buffer.alloc(0);
  let greeted = false;
  socket.on("error", () => {});
  for await (const chunk of socket) {
    words = Buffer.concat([words, chunk]);
    if (!greeted && words.includes("BEGIN\r\n")) {
      greeted = true;
      await send(socket, Buffer.from(greeting), slow);
      words = words.subarray(words.indexOf("BEGIN\r\n") + 7);
    }
    if (!greeted || words.length === 0) continue;
    words = Buffer.alloc(0);
    await send(socket, Buffer.concat(answers), slow);
    if (ends) socket.end();
  }
}

/** Listens on a path. */
export function startBus(path: string, script: BusScript): Promise<Server> {
  const server = createServer((socket) => void serve(socket, script).catch(() => {}));
  return new Promise((resolve) => server.listen(path, () => resolve(server)));
}
