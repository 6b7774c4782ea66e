// Satellites that run: how a test gets one of each kind, with somebody hostile or silent at its other end.
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { marshalCall } from "../../packages/core/src/plan/cgroup/systemd/dbus.ts";
import type { Plan } from "../../packages/core/src/wire/op.ts";
import type { Report } from "../../packages/core/src/wire/report/report.ts";
import type { SatelliteName } from "../../packages/core/src/wire/satellites.ts";
import type { BusScript } from "../helper/bus.ts";
import { startBus } from "../helper/bus.ts";
import { startLaunch } from "../helper/launch.ts";
import { tools } from "../helpers/build.ts";
import { makeBundle } from "../helpers/bundle.ts";
import type { Outcome } from "../helpers/command.ts";
import { start, until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { cofferArgv, startVerb } from "../helpers/peers/runtimes.ts";

/** A launcher with a satellite. */
export type Waiting = {
  /** The satellite, or an ancestor of it. */
  readonly pid: number;
  /** Ends it all. */
  readonly end: () => unknown;
};

/** A launch of the helper alone, of a plan whose op waits for the satellite. */
export type Asking = Waiting & {
  readonly done: Promise<{ readonly reports: readonly Report[]; readonly seconds: number }>;
};

const stopCall = { destination: "a.b", path: "/a", interface: "a.b", member: "Stop", body: [] } as const;

const busPlan = (path: string, timeoutMs: number): Plan => ({
  kind: "host",
  inputs: [],
  ops: [
    { op: "open-root", phase: "host", out: "root" },
    { op: "connect-bus", phase: "host", at: "root", path, timeoutMs, out: "bus" },
    { op: "call-bus", phase: "host", bus: "bus", ...marshalCall(stopCall, 7), job: 0, timeoutMs },
  ],
});

function asks(t: ExecutionContext, plan: Plan): Asking {
  const { pid, done } = startLaunch(makeBundle(t), plan, { inputs: [] });
  return { pid, done, end: () => process.kill(pid, "SIGTERM") };
}

/** A bus that does as its script says: it is silent without one. */
export async function asksBus(t: ExecutionContext, timeoutMs: number, script: BusScript = {}): Promise<Asking> {
  const path = join(makeBundle(t).base, "bus");
  const server = await startBus(path, script);
  t.teardown(() => server.close());
  return asks(t, busPlan(path, timeoutMs));
}

/** CRIU is a shell that runs a script: its socket is descriptor 3, and it is silent without one. */
export function asksCriu(t: ExecutionContext, timeoutMs: number, script = ""): Asking {
  const args = ["sh", "-c", `${script}\nexec sleep 1000`];
  return asks(t, {
    kind: "host",
    inputs: [],
    ops: [
      { op: "open-root", phase: "host", out: "root" },
      { op: "open-exec", phase: "host", at: "root", path: "/bin/sh", resolve: 0, out: "sh" },
      {
        op: "start-criu",
        phase: "host",
        program: "sh",
        args,
        env: ["PATH=/usr/bin:/bin"],
        namespaces: 0,
        propagation: 0,
        attrs: 0,
        out: "criu",
      },
      { op: "ask-criu", phase: "host", request: Uint8Array.of(8, 1), timeoutMs },
    ],
  });
}

/** A container of which somebody waits for the word that it is ready. */
async function waitsForWord(t: ExecutionContext): Promise<Waiting & { readonly done: Promise<Outcome> }> {
  const box = makeBox(t, { "/process/args": ["/probe", "signals", "1"] });
  const listener = start([tools(), "notify", join(box.base, "sock")], { timeoutMs: 60_000 });
  t.teardown(() => void process.kill(listener.pid, "SIGKILL"));
  await listener.saw("listening");
  const env = { NOTIFY_SOCKET: join(box.base, "sock") };
  const { pid, done, saw } = startVerb("coffer", box, "run", ["--bundle", box.path, box.tag], { env });
  // Before that its first process ignores the signal that ends it.
  await saw("ready");
  return { pid, done, end: () => process.kill(pid, "SIGTERM") };
}

const host = [
  "ip link add host0 type veth peer name peer0",
  "ip addr add 10.1.2.3/24 dev host0",
  "ip link set host0 up",
].join("; ");

/** A container that gets an interface, while a hook waits for the file `go` and then fails. The host's addresses come last. */
export function movesInterface(t: ExecutionContext): Waiting & { readonly box: Box; readonly done: Promise<Outcome> } {
  const args = ["sh", "-c", "touch $BASE/there; until [ -e $BASE/go ]; do sleep 0.05; done; exit 3"];
  const box = makeBox(t, {
    "/linux/netDevices": { host0: { name: "eth0" } },
    "/hooks": { createRuntime: [{ path: "/bin/sh", args, env: ["PATH=/usr/bin:/bin"] }] },
  });
  const prefix = ["unshare", "-n", "sh", "-c", `set -e; ${host}; set +e; "$@"; code=$?; ip addr; exit $code`, "sh"];
  const { pid, done } = startVerb("coffer", box, "run", ["--bundle", box.path, box.tag], { prefix });
  return { box, pid, done, end: () => writeFileSync(`${box.base}/go`, "") };
}

/** A sandbox that may write, with a supervisor of the names that it may not make. */
async function isSupervised(t: ExecutionContext): Promise<Waiting> {
  const box = makeBox(t);
  const argv = [...cofferArgv(), "sandbox", "--rw", "--fence", "--", "sh", "-c", "echo begun; sleep 60"];
  const { pid, saw } = start(argv, { cwd: box.path, timeoutMs: 60_000 });
  await saw("begun");
  return { pid, end: () => process.kill(pid, "SIGTERM") };
}

/** A container whose output is kept, as nobody waits for it. It ends, and with it the satellite, as it is killed. */
async function isKept(t: ExecutionContext): Promise<Waiting> {
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "60000"] });
  const { done } = startVerb("coffer", box, "run", ["--detach", "--keep-output", "--bundle", box.path, box.tag]);
  await done;
  const { pid } = JSON.parse((await startVerb("coffer", box, "state", [box.tag]).done).stdout);
  const [keeper = 0] = whoOpens(join(box.state, box.tag, "log.0"));
  return { pid: keeper, end: () => process.kill(pid, "SIGKILL") };
}

/** Who has a file open. */
export function whoOpens(path: string): readonly number[] {
  const isOpen = (pid: string): boolean => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === path);
    } catch {
      return false;
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && isOpen(name))
    .map(Number);
}

/** How a satellite of each kind comes to wait. */
export const waits: Readonly<Record<SatelliteName, (t: ExecutionContext) => Promise<Waiting> | Waiting>> = {
  bus: (t) => asksBus(t, 60_000),
  criu: (t) => asksCriu(t, 60_000),
  network: movesInterface,
  notify: waitsForWord,
  supervisor: isSupervised,
  log: isKept,
};

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

function descendantsOf(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(descendantsOf)];
}

/** A line of a process's status. */
export const statusOf = (pid: number, name: string): string =>
  new RegExp(`^${name}:\\s+(.*)$`, "m").exec(read(`/proc/${pid}/status`))?.[1] ?? "";

export const descriptorsOf = (pid: number): readonly number[] =>
  readdirSync(`/proc/${pid}/fd`)
    .map(Number)
    .sort((a, b) => a - b);

/** The satellite that a process is, or that is beneath it, once it is confined and has what it gets. */
export async function satelliteOf({ pid }: Waiting, descriptors: number): Promise<number> {
  let found = 0;
  await until("a satellite is confined", () => {
    found = descendantsOf(pid).find((each) => read(`/proc/${each}/cmdline`).startsWith("coffer-satellite\0")) ?? 0;
    return found > 0 && statusOf(found, "Seccomp") === "2" && descriptorsOf(found).length === descriptors + 1;
  });
  return found;
}
