// Launches by a helper that stays: no process of Node's is forked for them.
import type { Socket } from "node:net";
import { versions } from "node:process";
import type { Report } from "../../../wire/report/report.ts";
import { makeReportReader } from "../../../wire/report/report.ts";
import { isUtf8 } from "../../../wire/utf8.ts";
import type { HeldLaunch, Launch, LaunchEvent, LaunchRequest, Warm } from "../../port.ts";
import { nameSignal } from "../../signals.ts";
import { makeEventQueue } from "../launch/events.ts";
import type { GivenInput } from "../launch/inputs.ts";
import { openInputs } from "../launch/inputs.ts";
import { withDeadline } from "./deadline.ts";
import { launchRequest } from "./request.ts";
import type { Server, Sockets } from "./server.ts";
import { startServer } from "./server.ts";
import { readStanding } from "./standing.ts";

/** As many as the helper has room for, and some that it has not noticed the end of. */
const mostAtOnce = 56;

/** The helper that stays, and what it was started in. */
interface Kept {
  readonly server: Server;
  readonly helper: string;
  readonly standing: string;
}

let kept: Kept | undefined;
let launches = 0;
/** The sockets come over the channel that Node makes to a child. Bun and Deno, which have Node's modules, take none there. */
let isUseless = "bun" in versions || "deno" in versions;
let nextRun = 1;

/** Whether the helper can have all that the launch needs: it cannot be given descriptors, but opens directories again. */
function canServe({ inputs, stdio, ...how }: LaunchRequest): boolean {
  const { dieWithParent, trace, forwardSignals, resizes, answers, watcher } = how;
  if (dieWithParent !== true || trace === true || forwardSignals === true || resizes === true) return false;
  if (answers !== undefined || watcher !== undefined) return false;
  if (!stdio.every((one) => one === "pipe" || one === "ignore")) return false;
  return inputs.every((input) => !("fd" in input) || input.known !== undefined);
}

/** The helper for a launch: the one that is there, or a new one. */
function serverFor(helper: string, { idleMs }: Warm): Server | undefined {
  const standing = readStanding();
  if (standing === undefined) return undefined;
  if (kept !== undefined && (kept.helper !== helper || kept.standing !== standing)) {
    kept.server.retire();
    kept = undefined;
  }
  if (kept?.server.isOver()) {
    // One that ends before it has launched anything will not do so the next time either.
    isUseless = !kept.server.isProven();
    kept = undefined;
    if (isUseless) return undefined;
  }
  if (kept?.server.isRetired()) kept = undefined;
  kept ??= { server: startServer(helper, idleMs), helper, standing };
  return kept.server.count() < mostAtOnce ? kept.server : undefined;
}

const streams = ["stdin", "stdout", "stderr"] as const;

function wordsOf(inputs: readonly GivenInput[], { initTimeoutMs }: LaunchRequest): readonly string[] {
  const place = (input: GivenInput): string => ("path" in input ? input.path : `fd:${input.fd}`);
  const init = initTimeoutMs === undefined ? [] : ["--init-ms", `${initTimeoutMs}`];
  return [...init, ...inputs.flatMap((input) => ["--input", `${input.name}=${place(input)}`])];
}

/** What a report says until its end. `taken` is false when the launcher ended before it did anything. */
function follow(report: Socket, push: (event: LaunchEvent) => void, taken: () => void): Promise<Report | undefined> {
  const reader = makeReportReader();
  let isOver = false;
  return new Promise((resolve) => {
    // A helper that was killed tells no end, and its launchers have ended with it.
    const end = (ended?: Report): void => {
      if (isOver) return;
      isOver = true;
      resolve(undefined);
      const how = ended?.status ?? { kind: "signaled", signal: 9 };
      const signal = how.kind === "signaled" ? nameSignal(how.signal) : undefined;
      const status = how.kind === "exited" ? how.code : 255;
      push({ kind: "exit", status, signal, trace: new Uint8Array(0) });
    };
    report.on("data", (chunk: Uint8Array) => {
      for (const record of reader.push(chunk)) {
        if (record.state === "ended") end(record);
        else {
          if (record.state === "taken") taken();
          else push({ kind: "report", report: record });
          resolve(record);
        }
      }
    });
    // With nothing to read it may have closed before the last socket of the launch came.
    if (report.closed) end();
    else report.once("close", () => end());
  });
}

/** The byte that `hold` waits for. */
const goOn = Uint8Array.of(1);

function heldBy(server: Server, report: Socket, sockets: Sockets): HeldLaunch {
  const all = [...sockets.values()];
  return {
    rest: () => void all.map((socket) => socket.unref()),
    wake: () => void all.map((socket) => socket.ref()),
    isCurrent: () => kept?.server === server && kept.standing === readStanding(),
    goOn: () => new Promise((resolve) => void report.write(goOn, (error) => resolve(!error))),
  };
}

function destroyAll(sockets: Sockets): void {
  for (const socket of sockets.values()) socket.destroy();
}

/** The launch whose sockets have come; undefined when its launcher ended before it did anything. */
async function begin(server: Server, run: number, sockets: Sockets): Promise<Launch | undefined> {
  const report = sockets.get("report");
  if (report === undefined) return undefined;
  const queue = makeEventQueue();
  const stdin = sockets.get("stdin");
  const push = (event: LaunchEvent): void => {
    queue.push(event);
    if (event.kind !== "exit") return;
    server.note("ended", run);
    stdin?.destroy();
  };
  const first = await follow(report, push, () => server.note("taken", run));
  if (first === undefined) return undefined;
  return {
    pid: first.pid,
    stdin,
    stdout: sockets.get("stdout"),
    stderr: sockets.get("stderr"),
    nextEvent: queue.next,
    signal: (signal) => server.signal(run, signal),
    // What is tied to this process cannot be let go of.
    detach: () => {},
    unref: () => {
      for (const socket of [stdin, report]) socket?.unref();
    },
    held: heldBy(server, report, sockets),
  };
}

async function serve(server: Server, run: number, request: LaunchRequest, inputs: readonly GivenInput[]) {
  const names = ["report", ...streams.filter((_, index) => request.stdio[index] === "pipe")];
  const texts = ["report", ...streams].map((name) => (names.includes(name) ? server.text(run, name) : ""));
  const words = [...texts, ...wordsOf(inputs, request)];
  const sockets = await server.ask(run, names, launchRequest(run, words, request.plan));
  if (sockets === undefined) {
    server.note("ended", run);
    return undefined;
  }
  const launch = await begin(server, run, sockets);
  if (launch === undefined) destroyAll(sockets);
  return launch;
}

/**
 * Launches by a helper that stays; undefined where that is not wanted or not possible, and where the helper ended before it
 * did anything.
 */
export async function launchWarm(helper: string, request: LaunchRequest): Promise<Launch | undefined> {
  const { warm } = request;
  if (warm === undefined || isUseless || !canServe(request)) return undefined;
  launches += 1;
  if (launches < warm.from) return undefined;
  const server = serverFor(helper, warm);
  if (server === undefined) return undefined;
  const opened = openInputs(request.inputs);
  if (!opened.inputs.every((input) => !("path" in input) || isUtf8(input.path))) {
    opened.close();
    return undefined;
  }
  const run = nextRun++;
  // While the launcher may still come, what it opens by number stays what it was.
  const launch = serve(server, run, request, opened.inputs).finally(() => opened.close());
  return withDeadline(server, { helper, run }, launch);
}
