// The host's network on Node.
import type { ChildProcess } from "node:child_process";
import type { Server, Socket } from "node:net";
import { SystemError } from "../error.ts";
import type { Answers, Duplex, Network, System } from "../port.ts";
import { nameService, network } from "./builtins.ts";
import { makeAuthority } from "./tls/intercept.ts";

const types = { listener: "net.Server", connection: "net.Socket" } as const;

/**
 * The message with which Node's own children pass a socket (`subprocess.send(message, socket)`), a line of JSON. The helper
 * sends it, so that the socket arrives as one of Node's on the channel that Node makes for a child.
 */
export function nameMessage(name: string, kind: keyof typeof types): string {
  return `${JSON.stringify({ cmd: "NODE_HANDLE", type: types[kind], msg: { name } })}\n`;
}

/** The addresses of a name, in the order that the host's resolver gives (getaddrinfo(3)). */
function resolve(name: string): Promise<readonly string[]> {
  return new Promise((settle, reject) => {
    nameService().lookup(name, { all: true, order: "verbatim" }, (cause, found) => {
      if (cause) reject(new SystemError("getaddrinfo", name, cause.code ?? "ENOTFOUND", { cause }));
      else settle(found.map(({ address }) => address));
    });
  });
}

/** Connects over TCP, with each direction ended by its own side. */
function connect(address: string, port: number, timeoutMs: number, asker?: Duplex): Promise<Duplex> {
  return new Promise((settle, reject) => {
    const socket = network().connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    const done = (): void => {
      clearTimeout(timer);
      asker?.off("close", gone);
    };
    const fail = (cause: NodeJS.ErrnoException): void => {
      done();
      socket.destroy();
      reject(new SystemError("connect", `${address} port ${port}`, cause.code ?? "EIO", { cause }));
    };
    const failWith = (code: string): void => fail(Object.assign(new Error(code), { code }));
    const gone = (): void => failWith("ECANCELED");
    const timer = setTimeout(() => failWith("ETIMEDOUT"), timeoutMs);
    socket.once("error", fail).once("connect", () => {
      done();
      socket.off("error", fail);
      settle(socket);
    });
    asker?.once("close", gone);
    if (asker?.destroyed === true) gone();
  });
}

/** How many connections are answered at once: to a container, or to a port of the host. The descriptors are the caller's. */
const mostConnections = 256;
/** What the container has said to the end is passed on for so long after the container's end. */
const graceMs = 1000;

/** A server that ends when all else does, and whose connections are ended by both sides. */
function answerAll(server: Server, answer: (socket: Socket) => void): Server {
  // Without half-open connections the end of one direction would end the other.
  Object.assign(server, { allowHalfOpen: true, maxConnections: mostConnections });
  return server
    .unref()
    .on("error", () => {})
    .on("connection", (socket) => answer(socket.setNoDelay(true)));
}

/** Listens on an address of the host. */
function listen(address: string, port: number, answer: (connection: Duplex) => void) {
  return new Promise<{ readonly close: () => void }>((settle, reject) => {
    const server = network().createServer();
    const fail = (cause: NodeJS.ErrnoException): void =>
      reject(new SystemError("bind", `${address} port ${port}`, cause.code ?? "EIO", { cause }));
    const open = new Set<Socket>();
    server.once("error", fail).listen({ host: address, port, exclusive: true }, () => {
      server.off("error", fail);
      answerAll(server, (socket) => answer(kept(open, socket)));
      settle({
        close: () => {
          server.close();
          for (const socket of open) socket.destroy();
        },
      });
    });
  });
}

/** Keeps a socket in a set while it is open. */
function kept(open: Set<Socket>, socket: Socket): Socket {
  open.add(socket);
  return socket.once("close", () => open.delete(socket)).on("error", () => {});
}

const isServer = (handle: unknown): handle is Server => handle instanceof network().Server;
/** Whether what has come is a socket. */
export const isSocket = (handle: unknown): handle is Socket => handle instanceof network().Socket;

/** The name that came with a socket. */
export function readName(message: unknown): string | undefined {
  if (typeof message !== "object" || message === null || !("name" in message)) return undefined;
  return typeof message.name === "string" ? message.name : undefined;
}

/** Takes the sockets that come from a helper, and answers their connections until the helper ends. */
export function answerFrom(child: ChildProcess, { names, answer }: Answers): void {
  const missing = new Set(names);
  const servers: Server[] = [];
  const open = new Set<Socket>();
  const take = (name: string, handle: Server | Socket): void => {
    if (isSocket(handle)) answer(name, Object.assign(handle.setNoDelay(true), { allowHalfOpen: true }));
    else servers.push(answerAll(handle, (socket) => answer(name, kept(open, socket))));
  };
  child.on("message", (message, handle) => {
    if (!isServer(handle) && !isSocket(handle)) return;
    const name = readName(message);
    if (name !== undefined && missing.delete(name)) take(name, handle);
    else if (isServer(handle)) handle.close();
    else handle.destroy();
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

/** The network; absent where a front has no sockets. */
export const hostNetwork: Network | undefined = { nameMessage, resolve, connect, listen, makeAuthority };

/** This is the front on Node. */
export const handOver: System["handOver"] = undefined;
