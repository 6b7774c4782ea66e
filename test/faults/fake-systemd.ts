// As much of systemd, behind a message bus, as a container needs: scopes that begin around a process and are stopped.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import type { BusMessage } from "../helper/bus.ts";
import { marshal } from "../helper/bus.ts";
import { until } from "../helpers/command.ts";

type Call = { readonly member: string; readonly serial: number; readonly bytes: Buffer; readonly body: number };

const sender = ":1.2";
const aligned = (at: number, to: number): number => Math.ceil(at / to) * to;

/** The first message of a stream (D-Bus, little-endian), and its size; undefined when it is not all there. */
function firstCall(words: Buffer): { readonly call: Call; readonly size: number } | undefined {
  if (words.length < 16) return undefined;
  const end = 16 + words.readUInt32LE(12);
  const body = aligned(end, 8);
  const size = body + words.readUInt32LE(4);
  if (words.length < size) return undefined;
  let member = "";
  for (let at = 16; at < end; at = aligned(at, 8)) {
    const code = words[at];
    const isSignature = code === 8;
    // A code, the signature of its value (one letter), the value: a length, the text, NUL.
    const length = isSignature ? (words[at + 4] ?? 0) : words.readUInt32LE(at + 4);
    const from = at + (isSignature ? 5 : 8);
    if (code === 3) member = words.toString("utf8", from, from + length);
    at = from + length + 1;
  }
  return { call: { member, serial: words.readUInt32LE(8), bytes: words.subarray(0, size), body }, size };
}

/** The unit that a call names first. */
const unitOf = ({ bytes, body }: Call): string => bytes.toString("utf8", body + 4, body + 4 + bytes.readUInt32LE(body));

/** The process of the property `PIDs`, a list of one. */
function pidOf({ bytes }: Call): number {
  const property = Buffer.from("PIDs\0\x02au\0");
  return bytes.readUInt32LE(aligned(bytes.indexOf(property) + property.length, 4) + 4);
}

/** Does what fails where something has gone meanwhile, or is busy for a moment. */
function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // Processes and scopes come to their end by themselves too.
  }
}

/** The processes of a scope; none when it has gone. */
function pidsOf(scope: string): readonly string[] {
  let text = "";
  attempt(() => {
    text = readFileSync(join(scope, "cgroup.procs"), "utf8");
  });
  return text.split("\n").filter(Boolean);
}

/** Removes a scope that is empty, if it is there. */
const remove = (scope: string): void => attempt(() => rmdirSync(scope));

/** A scope ends with its last process, also where nobody stops it. */
function collect(scope: string): void {
  const timer = setInterval(() => {
    if (pidsOf(scope).length === 0) remove(scope);
    if (!existsSync(scope)) clearInterval(timer);
  }, 50);
  timer.unref();
}

function begin(scope: string, pid: number): void {
  mkdirSync(scope);
  attempt(() => writeFileSync(join(scope, "cgroup.procs"), `${pid}`));
  collect(scope);
}

async function stop(scope: string): Promise<void> {
  await until("the scope is empty", () => {
    for (const pid of pidsOf(scope)) attempt(() => process.kill(Number(pid), "SIGKILL"));
    return pidsOf(scope).length === 0;
  });
  await until("the scope is gone", () => {
    remove(scope);
    return !existsSync(scope);
  });
}

/** What systemd says to a call. */
async function answersTo(call: Call, root: string): Promise<readonly BusMessage[]> {
  const { member, serial } = call;
  if (member === "Hello" || member === "AddMatch") return [{ type: 2, answerTo: serial, sender }];
  const unit = unitOf(call);
  const scope = join(root, unit);
  const error = "org.freedesktop.systemd1.NoSuchUnit";
  if (member === "StopUnit" && !existsSync(scope))
    return [{ type: 3, answerTo: serial, sender, error, signature: "s", body: ["there is none"] }];
  if (member === "StopUnit") await stop(scope);
  else begin(scope, pidOf(call));
  const job = `/org/freedesktop/systemd1/job/${serial}`;
  return [
    { type: 2, answerTo: serial, sender, signature: "o", body: [job] },
    { type: 4, sender, member: "JobRemoved", signature: "uoss", body: [serial, job, unit, "done"] },
  ];
}

const greeting = "DATA\r\nOK 0123456789abcdef0123456789abcdef\r\n";
const begun = "BEGIN\r\n";

async function serve(socket: Socket, root: string): Promise<void> {
  let words = Buffer.alloc(0);
  let isGreeted = false;
  for await (const chunk of socket) {
    words = Buffer.concat([words, chunk]);
    if (!isGreeted && words.includes(begun)) {
      isGreeted = true;
      socket.write(greeting);
      words = words.subarray(words.indexOf(begun) + begun.length);
    }
    for (let found = isGreeted ? firstCall(words) : undefined; found !== undefined; found = firstCall(words)) {
      words = words.subarray(found.size);
      for (const answer of await answersTo(found.call, root)) socket.write(marshal(answer));
    }
  }
}

/** Listens on a path. Scopes are made beneath a directory of control groups. */
export function startSystemd(path: string, root: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    void serve(socket, root).catch(() => socket.destroy());
  });
  return new Promise((resolve) => server.listen(path, () => resolve(server)));
}
