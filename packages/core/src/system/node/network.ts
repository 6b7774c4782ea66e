// The host's network on Node.
import type { ChildProcess } from "node:child_process";
import type { Server, Socket } from "node:net";
import { SystemError } from "../error.ts";
import type { Answers, Duplex } from "../port.ts";
import { nameService, network } from "./builtins.ts";

/**
 * The message with which Node's own children pass a listening socket (`subprocess.send(name, server)`), a line of JSON. Init
 * sends it, so that the socket arrives as a `net.Server` on the channel that Node makes for a child.
 */
export function nameMessage(name: string): string {
  return `${JSON.stringify({ cmd: "NODE_HANDLE", type: "net.Server", msg: { listener: name } })}\n`;
}

/** The addresses of a name, in the order that the host's resolver gives (getaddrinfo(3)). */
export function resolve(name: string): Promise<readonly string[]> {
  return new Promise((settle, reject) => {
    nameService().lookup(name, { all: true, order: "verbatim" }, (cause, found) => {
      if (cause) reject(new SystemError("getaddrinfo", name, "ENOENT", { cause, reason: "no such host" }));
      else settle(found.map(({ address }) => address));
    });
  });
}

/** Connects over TCP, with each direction ended by its own side. */
export function connect(address: string, port: number, timeoutMs: number): Promise<Duplex> {
  return new Promise((settle, reject) => {
    const socket = network().connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    const fail = (cause: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new SystemError("connect", `${address} port ${port}`, cause.code ?? "EIO", { cause }));
    };
    const timer = setTimeout(() => fail(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })), timeoutMs);
    socket.once("error", fail).once("connect", () => {
      clearTimeout(timer);
      socket.off("error", fail);
      settle(socket);
    });
  });
}

function isServer(handle: unknown): handle is Server {
  return handle instanceof network().Server;
}

function readName(message: unknown): string | undefined {
  if (typeof message !== "object" || message === null || !("listener" in message)) return undefined;
  return typeof message.listener === "string" ? message.listener : undefined;
}

/** How many connections of a container are answered at once. The descriptors are the caller's. */
const mostConnections = 256;
/** What the container has said to the end is passed on for so long after the container's end. */
const graceMs = 1000;

/** Takes the sockets that come from init, and answers their connections until the child ends. */
export function answerFrom(child: ChildProcess, { names, answer }: Answers): void {
  const missing = new Set(names);
  const servers: Server[] = [];
  const open = new Set<Socket>();
  const take = (name: string, server: Server): void => {
    servers.push(server);
    // Ends with the child, so nothing of it keeps the process alive.
    server.unref().on("error", () => {});
    // Without half-open connections the end of one direction would end the other.
    Object.assign(server, { allowHalfOpen: true, maxConnections: mostConnections });
    server.on("connection", (socket) => {
      open.add(socket.setNoDelay(true));
      socket.once("close", () => open.delete(socket));
      answer(name, socket);
    });
  };
  child.on("message", (message, handle) => {
    if (!isServer(handle)) return;
    const name = readName(message);
    if (name === undefined || !missing.delete(name)) handle.close();
    else take(name, handle);
    if (missing.size === 0 && child.connected) child.disconnect();
  });
  child.once("exit", () => {
    for (const server of servers) server.close();
    // What its targets would say has no reader.
    setTimeout(() => {
      for (const socket of open) socket.destroy();
    }, graceMs).unref();
  });
}
