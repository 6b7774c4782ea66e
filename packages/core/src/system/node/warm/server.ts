// A helper that stays: it is asked for launches over a socket, and sends the sockets of each over a channel that Node makes.
import type { ChildProcess } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import type { Socket } from "node:net";
import { pid } from "node:process";
import { childProcess } from "../builtins.ts";
import { ownFds } from "../files/hold.ts";
import { isSocket, nameMessage, readName } from "../network.ts";
import { signalRequest } from "./request.ts";

const [requestFd, channelFd] = [3, 4];

/** The sockets of a launch by their names. */
export type Sockets = ReadonlyMap<string, Socket>;

/** A launch whose sockets have not all come. */
interface Asked {
  readonly names: ReadonlySet<string>;
  readonly sockets: Map<string, Socket>;
  /** `undefined`: the helper has ended before it forked. */
  readonly settle: (sockets: Sockets | undefined) => void;
}

/** A helper that stays, seen from here. */
export interface Server {
  readonly isOver: () => boolean;
  /** How many launches have not ended. */
  readonly count: () => number;
  /** Whether a launch has ever been taken. */
  readonly isProven: () => boolean;
  /** The text that comes with a socket of a launch. */
  text(run: number, name: string): string;
  /** Sends a request, and waits for its sockets. */
  ask(run: number, names: readonly string[], request: Uint8Array): Promise<Sockets | undefined>;
  /** Whether it is of no use for further launches. */
  readonly isRetired: () => boolean;
  /** Whether a launch runs. */
  readonly isBusy: () => boolean;
  /** Notes that a launch was taken, or has ended. */
  note(what: "taken" | "ended", run: number): void;
  signal(run: number, signal: number): void;
  /** Has it end as soon as no launch runs any more. */
  retire(): void;
  /** Ends it at once, and with it its launches. */
  kill(): void;
}

/** Where each descriptor leads that is a socket. */
function sockets(): ReadonlyMap<number, string> {
  const links = readdirSync("/proc/self/fd").map((fd) => [Number(fd), linkOf(`/proc/self/fd/${fd}`)] as const);
  return new Map(links.filter(([, link]) => link.startsWith("socket:")));
}

/** Empty for what is closed meanwhile, as the listing's own descriptor is. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** Starts it. The other ends of its sockets are nobody's to pass on: who has them can launch. */
function spawnServer(helper: string): ChildProcess {
  const before = sockets();
  const child = spawnHelper(helper);
  const ours = [...sockets()].flatMap(([fd, link]) => (before.get(fd) === link ? [] : [fd]));
  for (const fd of ours) ownFds.add(fd);
  child.once("exit", () => {
    for (const fd of ours) ownFds.delete(fd);
  });
  return child;
}

function spawnHelper(helper: string): ChildProcess {
  const args = ["serve", "--request-fd", `${requestFd}`, "--send-fd", `${channelFd}`, "--die-with", `${pid}`];
  const child = childProcess().spawn(helper, args, {
    stdio: ["ignore", "ignore", "ignore", "pipe", "ipc"],
    detached: true,
    env: {},
    cwd: "/",
  });
  child.unref();
  child.channel?.unref();
  return child;
}

function requestStream(child: ChildProcess): Socket | undefined {
  const stream = child.stdio[requestFd];
  return isSocket(stream) ? stream.on("error", () => {}).unref() : undefined;
}

/** Takes the sockets that come, and gives each launch its own. */
function receive(child: ChildProcess, asked: Map<number, Asked>): void {
  child.on("message", (message, handle) => {
    if (!isSocket(handle)) return;
    const [run = "", name = ""] = readName(message)?.split(" ") ?? [];
    const one = asked.get(Number(run));
    if (!one?.names.has(name) || one.sockets.has(name)) return void handle.destroy();
    one.sockets.set(
      name,
      handle.on("error", () => {}),
    );
    if (one.sockets.size === one.names.size) one.settle(one.sockets);
  });
}

/** Starts a helper that stays for so long after its last launch. */
export function startServer(helper: string, idleMs: number): Server {
  const child = spawnServer(helper);
  const requests = requestStream(child);
  const asked = new Map<number, Asked>();
  const running = new Set<number>();
  let [count, isOver, isProven, isRetired] = [0, requests === undefined, false, false];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = (): void => {
    isOver = true;
    clearTimeout(timer);
    for (const { settle } of asked.values()) settle(undefined);
  };
  const end = (): void => {
    isOver = true;
    requests?.end();
  };
  const rest = (): void => {
    clearTimeout(timer);
    if (count > 0 || isOver) return;
    if (isRetired) end();
    else timer = setTimeout(end, idleMs).unref();
  };
  child.once("error", over).once("disconnect", over);
  receive(child, asked);
  rest();
  return {
    isOver: () => isOver,
    count: () => count,
    isProven: () => isProven,
    text: (run, name) => nameMessage(`${run} ${name}`, "connection"),
    ask: (run, names, request) => {
      clearTimeout(timer);
      count += 1;
      child.channel?.ref();
      return new Promise((resolve) => {
        const settle = (sockets: Sockets | undefined): void => {
          asked.delete(run);
          if (asked.size === 0) child.channel?.unref();
          resolve(sockets);
        };
        asked.set(run, { names: new Set(names), sockets: new Map(), settle });
        if (isOver) settle(undefined);
        else requests?.write(request);
      });
    },
    isRetired: () => isRetired,
    isBusy: () => running.size > 0,
    note: (what, run) => {
      if (what === "taken") {
        isProven = true;
        running.add(run);
      } else {
        running.delete(run);
        count -= 1;
      }
      rest();
    },
    signal: (run, signal) => void (isOver || requests?.write(signalRequest(run, signal))),
    retire: () => {
      isRetired = true;
      rest();
    },
    kill: () => void child.kill("SIGKILL"),
  };
}
