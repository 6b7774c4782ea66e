// Starts the helper with a plan, and turns its report pipe and its end into events.
import { InternalError } from "../../../errors.ts";
import { makeReportReader } from "../../../wire/report/report.ts";
import type { FirstLock } from "../../node/launch/arguments.ts";
import { makeArguments, planFd } from "../../node/launch/arguments.ts";
import { withInputs } from "../../node/launch/inputs.ts";
import type {
  AheadLaunch,
  Launch,
  LaunchEvent,
  LaunchLock,
  LaunchRequest,
  LaunchSetup,
  Stdio,
  Watcher,
} from "../../port.ts";
import { awaitReady } from "../loop.ts";
import { checked, checkedNumber, errnoName } from "../node/errno.ts";
import { Buffer } from "../node/globals.ts";
import { awaitStarted, signalName, spawn } from "./spawn.ts";
import { makeWatching } from "./watching.ts";

/** A helper that waits for its plan. */
export interface Waiting {
  next(): Promise<LaunchEvent>;
  launch(plan: Uint8Array): Launch;
  /** Has it end without a plan. */
  end(): Promise<void>;
}

/** Standard error. */
const errorsFd = 2;

/** A pipe of which the child has one end, and we the other. */
interface Piped {
  readonly ours: number;
  readonly childs: number;
}

function makePipe(isRead: boolean, sockets: 0 | 1): Piped {
  const [reading, writing] = checked(host.pipe(sockets), "pipe");
  return isRead ? { ours: writing, childs: reading } : { ours: reading, childs: writing };
}

interface Child {
  readonly pid: number;
  /** Our ends of its pipes, by its descriptor. */
  readonly pipes: ReadonlyMap<number, number>;
  readonly traceFd: number | undefined;
  readonly wordFd: number | undefined;
  readonly watcherFd: number | undefined;
}

function startChild(helper: string, setup: LaunchSetup, lock: FirstLock | undefined, ahead: boolean): Child {
  return withInputs(setup.inputs, (inputs) => {
    const { args, stdio, traceFd, wordFd, watcherFd } = makeArguments({ ...setup, inputs }, lock, ahead);
    const piped = new Map<number, Piped>();
    const place = (source: Stdio | "ipc", fd: number): number => {
      if (typeof source === "number") return source;
      if (source !== "pipe" && source !== "ipc") return source === "inherit" ? fd : -1;
      // The verbs leave the other standard streams to the caller, and this front takes no sockets.
      if (fd < errorsFd || source === "ipc") throw new InternalError("a launch of this front has no such stream");
      const pipe = makePipe(fd === planFd || fd === wordFd, fd === watcherFd ? 1 : 0);
      piped.set(fd, pipe);
      return pipe.childs;
    };
    try {
      const pid = spawn(helper, args, stdio.map(place), { env: [], session: true });
      return { pid, pipes: new Map([...piped].map(([fd, { ours }]) => [fd, ours])), traceFd, wordFd, watcherFd };
    } catch (error) {
      for (const { ours } of piped.values()) host.close(ours);
      throw error;
    } finally {
      for (const { childs } of piped.values()) host.close(childs);
    }
  });
}

/** Reports are of 64 bytes; what is read of a trace is taken at once too. */
const chunk = new Uint8Array(4096);

/** Reads what there is; undefined at the end. */
function readSome(fd: number): Uint8Array | undefined {
  const count = checkedNumber(host.read(fd, chunk, 0, chunk.length), "read");
  return count === 0 ? undefined : chunk.slice(0, count);
}

/** The events of a child, in order; its end comes when all of its pipes have ended too, but for the watcher's. */
function makeEvents({ pid, pipes, traceFd, wordFd, watcherFd }: Child, watcher: Watcher | undefined) {
  const watching = makeWatching(watcherFd === undefined ? undefined : pipes.get(watcherFd), watcher);
  const events: LaunchEvent[] = [];
  const reader = makeReportReader();
  const traces: Uint8Array[] = [];
  const isRead = (fd: number): boolean => fd !== errorsFd && fd !== planFd && fd !== wordFd && fd !== watcherFd;
  const open = new Map([...pipes].filter(([fd]) => isRead(fd)).map(([fd, ours]) => [ours, fd]));
  const pidfd = checkedNumber(host.pidfd(pid), "pidfd_open");
  open.set(pidfd, -1);
  let ended: number | undefined;
  let heard: { readonly take: (chunk: Uint8Array) => void; readonly end: () => void } | undefined;
  const take = (ours: number): void => {
    const bytes = ours === pidfd ? undefined : readSome(ours);
    if (bytes !== undefined && open.get(ours) === traceFd) traces.push(bytes);
    else if (bytes !== undefined && open.get(ours) === errorsFd) heard?.take(bytes);
    else if (bytes !== undefined)
      for (const report of reader.push(bytes))
        if (report.state === "stopped") host.suspend(pid);
        else events.push({ kind: "report", report });
    else {
      if (open.get(ours) === errorsFd) heard?.end();
      open.delete(ours);
      host.close(ours);
      if (ours === pidfd) ended = checkedNumber(host.wait(pid), "waitpid");
    }
  };
  const finish = (status: number): LaunchEvent => {
    watching.end();
    host.forward(0);
    const signal = status > 255 ? signalName(status - 256) : undefined;
    return { kind: "exit", status: Math.min(status, 255), signal, trace: Buffer.concat(traces) };
  };
  const next = async (timeoutMs?: number): Promise<LaunchEvent> => {
    const endsAt = timeoutMs === undefined ? undefined : host.clock(1) + timeoutMs;
    const leftMs = (): number => (endsAt === undefined ? Number.POSITIVE_INFINITY : endsAt - host.clock(1));
    for (;;) {
      const first = events.shift();
      if (first !== undefined) return first;
      if (open.size === 0) return finish(ended ?? 255);
      const waitMs = Math.max(0, Math.min(watching.restMs(), leftMs()));
      const ready = await awaitReady([...open.keys(), ...watching.fds()], waitMs);
      if (ready.length === 0 && leftMs() <= 0) return { kind: "timeout" };
      for (const ours of ready) if (!watching.take(ours)) take(ours);
    }
  };
  const errors = pipes.get(errorsFd);
  // Until somebody hears, whoever writes waits.
  const hear = (each: (chunk: Uint8Array) => void): Promise<void> =>
    new Promise((end) => {
      if (errors === undefined || heard !== undefined) return end();
      heard = { take: each, end };
      open.set(errors, errorsFd);
    });
  return { next, ...(errors === undefined ? {} : { hear }) };
}

/** Writes a plan, or the word, and closes the pipe. A launcher that refuses early closes its end; its report says why. */
function writeAll(fd: number, bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length; ) {
      const count = host.write(fd, bytes, at);
      if (count < 0 && errnoName(count) === "EPIPE") break;
      at += checkedNumber(count, "write");
    }
  } finally {
    host.close(fd);
  }
}

/** What has a launcher go on (docs/formats/protocol.md). */
const goOn = Uint8Array.of(1);

/** Starts the helper; with `ahead` it waits for a word after its plan. */
function startNow(helper: string, setup: LaunchSetup, lock: FirstLock | undefined, ahead: boolean) {
  const child = startChild(helper, setup, lock, ahead);
  const { next, ...hearing } = makeEvents(child, setup.watcher);
  const { pid, pipes, wordFd } = child;
  const launch: Launch = {
    pid,
    stdin: undefined,
    stdout: undefined,
    stderr: undefined,
    ...hearing,
    nextEvent: next,
    signal: (signal) => void host.kill(pid, signal),
    detach: () => void host.forward(0),
  };
  let plan = pipes.get(planFd);
  const word = wordFd === undefined ? undefined : pipes.get(wordFd);
  let sent: Uint8Array | undefined;
  const send = (bytes: Uint8Array): void => {
    if (plan === undefined) throw new InternalError("a launcher gets one plan");
    const fd = plan;
    [plan, sent] = [undefined, bytes];
    writeAll(fd, bytes);
  };
  return {
    next,
    send,
    launch: (bytes: Uint8Array): Launch => {
      awaitStarted(helper);
      if (setup.forwardSignals) host.forward(pid);
      if (sent === undefined) send(bytes);
      if (sent !== bytes) throw new InternalError("a launcher that has another plan cannot go on");
      if (word !== undefined) writeAll(word, goOn);
      return launch;
    },
    end: async (): Promise<void> => {
      for (const fd of [plan, word]) if (fd !== undefined) host.close(fd);
      while ((await next()).kind !== "exit");
    },
  };
}

/** Starts the helper, which takes the lock, if there is one, and waits for its plan. */
export async function startHelper(helper: string, setup: LaunchSetup, lock?: FirstLock): Promise<Waiting> {
  return startNow(helper, setup, lock, false);
}

/** Starts the helper with a plan. */
export async function launchHelper(helper: string, { plan, ...setup }: LaunchRequest): Promise<Launch> {
  return (await startHelper(helper, setup)).launch(plan);
}

/** Starts the helper, which waits for a plan. */
export const launchLater: ((helper: string, setup: LaunchSetup) => Promise<LaunchLock>) | undefined = async (
  helper,
  setup,
) => {
  const { launch, end } = await startHelper(helper, setup);
  return { launch: async (plan) => launch(plan), release: end };
};

/** Starts the helper, which waits for a word behind its plan. */
export const launchAhead: ((helper: string, setup: LaunchSetup) => AheadLaunch) | undefined = (helper, setup) => {
  const { send, launch, end } = startNow(helper, setup, undefined, true);
  return { send, launch: async (plan) => launch(plan), release: end };
};
