// A helper that stays, spoken to as any caller may speak to it: what it launches, what ends it, what it refuses.
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { Socket } from "node:net";
import type { ExecutionContext } from "ava";
import test from "ava";
import { launchRequest, signalRequest } from "../../packages/core/src/system/node/warm/request.ts";
import { encodePlan } from "../../packages/core/src/wire/encode.ts";
import type { Report } from "../../packages/core/src/wire/report/report.ts";
import { decodeReports } from "../../packages/core/src/wire/report/report.ts";
import type { Bundle } from "../helpers/bundle.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { childrenOf } from "../helpers/callers/served.ts";
import { until } from "../helpers/command.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { hello } from "./expect.ts";
import { helper } from "./launch.ts";
import { createPlan } from "./plans.ts";

const openPath = 0o10000000;

interface Served {
  readonly child: ChildProcess;
  readonly requests: Socket;
  readonly exit: Promise<number | string | null>;
  /** What came over the socket of that name, to its end. */
  read(name: string): Promise<Buffer>;
  /** What has come of it so far. */
  so(name: string): string;
  send(bytes: Uint8Array): void;
}

function startServer(t: ExecutionContext, caller = process.pid): Served {
  const args = ["serve", "--request-fd", "3", "--send-fd", "4", "--die-with", `${caller}`];
  const child = spawn(helper(), args, { stdio: ["ignore", "ignore", "ignore", "pipe", "ipc"], detached: true });
  const requests = child.stdio[3];
  if (!(requests instanceof Socket)) throw new Error("no socket");
  requests.on("error", () => {});
  const arrived = new Map<string, { readonly chunks: Buffer[]; readonly closed: Promise<unknown> }>();
  child.on("message", (message, handle) => {
    if (!(handle instanceof Socket)) return;
    const chunks: Buffer[] = [];
    const closed = new Promise((resolve) => {
      handle.on("data", (chunk: Buffer) => void chunks.push(chunk)).once("close", resolve);
    });
    arrived.set(JSON.stringify(message), { chunks, closed });
  });
  const exit = new Promise<number | string | null>((resolve) =>
    child.once("exit", (code, signal) => resolve(code ?? signal)),
  );
  t.teardown(() => void child.kill("SIGKILL"));
  return {
    child,
    requests,
    exit,
    read: async (name) => {
      const key = JSON.stringify(name);
      await until(`${name} comes`, () => arrived.has(key));
      await arrived.get(key)?.closed;
      return Buffer.concat(arrived.get(key)?.chunks ?? []);
    },
    so: (name) => Buffer.concat(arrived.get(JSON.stringify(name))?.chunks ?? []).toString(),
    send: (bytes) => void requests.write(bytes),
  };
}

const text = (name: string): string => `${JSON.stringify({ cmd: "NODE_HANDLE", type: "net.Socket", msg: name })}\n`;
const both = (run: string): readonly string[] => [text(`${run} report`), "", text(`${run} stdout`), ""];
const states = (bytes: Buffer): readonly string[] => decodeReports(bytes).map((report) => report.state);

/** A directory of the test's, to be given by its number. */
function hold(t: ExecutionContext, bundle: Bundle): number {
  const fd = openSync(bundle.rootfs, openPath);
  t.teardown(() => closeSync(fd));
  return fd;
}

async function stage(t: ExecutionContext) {
  if (!(await needs(t, "root"))) return undefined;
  const bundle = makeBundle(t);
  const server = startServer(t);
  const root = `rootfs=fd:${hold(t, bundle)}`;
  return { bundle, before: snapshot(bundle), server, root };
}

const plan = encodePlan(hello);

test.serial("launches by descriptors and paths of the caller's, and reports", async (t) => {
  const given = await stage(t);
  if (given === undefined) return;
  const { bundle, before, server, root } = given;
  server.send(launchRequest(1, [...both("a"), "--input", root], plan));
  server.send(launchRequest(2, [...both("b"), "--init-ms", "5000", "--input", `rootfs=${bundle.rootfs}`], plan));
  for (const run of ["a", "b"]) {
    t.is(String(await server.read(`${run} stdout`)), "hello\n");
    const reports = decodeReports(await server.read(`${run} report`));
    t.deepEqual(
      reports.map((report) => report.state),
      ["taken", "running", "exited", "ended"],
    );
    t.deepEqual(reports.at(-1)?.status, { kind: "exited", code: 0 });
  }
  server.requests.end();
  t.is(await server.exit, 0);
  await nothingLeft(t, bundle, before);
});

/** Launches that are taken, and fail as they would by `launch`; or that are not, as nothing has happened. */
const failures: Readonly<
  Record<string, readonly [(root: string) => readonly string[], Uint8Array, Partial<Report> | undefined]>
> = {
  "a plan that is none": [(root) => ["--input", root], new Uint8Array(2000), { code: "plan-refused" }],
  "a plan that was changed": [
    (root) => ["--input", root],
    plan.map((byte, at) => (at === 200 ? byte ^ 255 : byte)),
    { code: "plan-refused" },
  ],
  "an input that is missing": [() => [], plan, { code: "bad-input" }],
  "a path that is missing": [() => ["--input", "rootfs=/nowhere"], plan, { code: "bad-input", errno: 2 }],
  "a descriptor that is not open": [() => ["--input", "rootfs=fd:999"], plan, undefined],
  "a descriptor by a path": [() => ["--input", "rootfs=fd:../cwd"], plan, undefined],
  "another plan": [(root) => ["--input", root, "--plan-fd", "3"], plan, undefined],
  "another report": [(root) => ["--input", root, "--report-fd", "3"], plan, undefined],
  "a lock": [(root) => ["--input", root, "--lock-fd", "3"], plan, undefined],
  "another parent": [(root) => ["--input", root, "--die-with", "1"], plan, undefined],
  "a word without a value": [(root) => ["--input", root, "--init-ms"], plan, undefined],
};

for (const [what, [words, bytes, want]] of Object.entries(failures))
  test.serial(`refused for one launch: ${what}`, async (t) => {
    const given = await stage(t);
    if (given === undefined) return;
    const { bundle, before, server, root } = given;
    server.send(launchRequest(1, [...both("a"), ...words(root)], bytes));
    const reports = decodeReports(await server.read("a report"));
    t.deepEqual(
      reports.map((report) => report.state),
      want === undefined ? ["ended"] : ["taken", "failed", "ended"],
    );
    if (want !== undefined) t.like(reports[1], want);
    t.deepEqual(reports.at(-1)?.status, { kind: "exited", code: 125 });
    // The next is launched.
    server.send(launchRequest(2, [...both("b"), "--input", root], plan));
    t.deepEqual(states(await server.read("b report")), ["taken", "running", "exited", "ended"]);
    await nothingLeft(t, bundle, before);
  });

function head(...words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * words.length);
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word >>> 0, 4 * index);
  return bytes;
}

/** What is no request: it ends the helper. */
const nonsense: Readonly<Record<string, Uint8Array>> = {
  "an unknown kind": head(3, 1, 0, 0),
  "words that are too long": head(1, 1, 0xffffffff, 100),
  "a plan that is too long": head(1, 1, 100, 0xffffffff),
  "no plan": launchRequest(1, both("a"), new Uint8Array(0)),
  "no words": head(1, 1, 0, 8, 0, 0),
  "too few words": launchRequest(1, ["", ""], plan),
  "too many words": launchRequest(1, [...both("a"), ...Array.from({ length: 2000 }, () => "x")], plan),
  "no report": launchRequest(1, ["", "", "", ""], plan),
  "words without an end": Buffer.concat([head(1, 1, 4, 1), Buffer.from("abcdE")]),
  "a signal that is none": signalRequest(1, 65),
  "a signal with more behind it": head(2, 1, 9, 1),
};

for (const [what, bytes] of Object.entries(nonsense))
  test.serial(`ends the helper: ${what}`, async (t) => {
    const server = startServer(t);
    server.send(bytes);
    t.is(await server.exit, 125);
  });

test.serial("half a request and then the end ends it", async (t) => {
  for (const size of [0, 1, 15, 16, 200]) {
    const server = startServer(t);
    server.requests.end(launchRequest(1, both("a"), plan).subarray(0, size));
    t.is(await server.exit, size === 0 ? 0 : size < 16 ? 0 : 125, `${size}`);
  }
});

test.serial("it launches for its parent alone, and ends as that ends", async (t) => {
  t.is(await startServer(t, 1).exit, 125);
  const server = startServer(t);
  server.child.disconnect();
  t.is(await server.exit, 0);
});

test.serial("a signal reaches the launcher that is named, and no other", async (t) => {
  const given = await stage(t);
  if (given === undefined) return;
  const { bundle, before, server, root } = given;
  const waiting = encodePlan(createPlan({ args: ["probe", "signals", "1"] }));
  for (const [run, name] of ["a", "b"].entries())
    server.send(launchRequest(run, [...both(name), "--input", root], waiting));
  await until("both run", () => ["a", "b"].every((name) => server.so(`${name} stdout`) === "ready\n"));
  server.send(signalRequest(7, 9));
  server.send(signalRequest(0, 15));
  t.deepEqual(states(await server.read("a report")), ["taken", "running", "exited", "ended"]);
  t.is(server.so("a stdout"), "ready\nsignal 15\n");
  t.is(childrenOf(server.child.pid ?? 0).length, 1);
  t.is(server.so("b stdout"), "ready\n");
  // A number that is in use is nonsense. What runs then ends with the helper.
  server.send(launchRequest(1, [...both("c"), "--input", root], plan));
  t.is(await server.exit, 125);
  t.false(states(await server.read("b report")).includes("ended"));
  await nothingLeft(t, bundle, before);
});

test.serial(
  "a launch with SIGKILL right behind it is taken back, and with another signal it is launched",
  async (t) => {
    const given = await stage(t);
    if (given === undefined) return;
    const { bundle, before, server, root } = given;
    server.send(launchRequest(1, [...both("a"), "--input", root], plan));
    t.is(String(await server.read("a stdout")), "hello\n");
    server.child.kill("SIGSTOP");
    for (const [run, signal] of [
      [2, 9],
      [3, 0],
    ] as const) {
      server.send(launchRequest(run, [...both(`${run}`), "--input", root], plan));
      server.send(signalRequest(run, signal));
    }
    server.child.kill("SIGCONT");
    t.deepEqual(states(await server.read("2 report")), []);
    t.deepEqual(states(await server.read("3 report")), ["taken", "running", "exited", "ended"]);
    await nothingLeft(t, bundle, before);
  },
);
