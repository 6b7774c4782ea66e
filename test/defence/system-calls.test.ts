// What the helper asks of the kernel is what docs/formats/system-calls.md says, op by op (R12).
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { verbs } from "@coffer/core";
import test from "ava";
import { alwaysNeeds, waitingNeeds } from "../../packages/core/src/plan/confine/waiting-needs.ts";
import type { Runtime } from "../../packages/core/src/runtime/runtime.ts";
import { nodeSystem } from "../../packages/core/src/system/node.ts";
import type { Launch } from "../../packages/core/src/system/port.ts";
import type { SatelliteKind } from "../../packages/core/src/wire/satellites.ts";
import { satellites } from "../../packages/core/src/wire/satellites.ts";
import type { OpCalls } from "../../packages/core/src/wire/tables/op-calls.ts";
import { opCalls, outsideCalls, satelliteStart } from "../../packages/core/src/wire/tables/op-calls.ts";
import type { OpName } from "../../packages/core/src/wire/tables/op-table.ts";
import { small } from "../faults/configs.ts";
import type { Lane } from "../faults/lanes.ts";
import { makeLane } from "../faults/lanes.ts";
import type { Stage } from "../faults/stages/stage.ts";
import { stages } from "../faults/stages/stages.ts";
import { launchFolders, repository } from "../helpers/build.ts";
import { until } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { needs } from "../helpers/needs.ts";
import type { Seen } from "../helpers/trace/call-trace.ts";
import { makeTracer } from "../helpers/trace/call-trace.ts";

const words = (text: string | undefined): readonly string[] => (text ?? "").split(" ").filter((word) => word !== "");

const table: Readonly<Record<string, OpCalls>> = { ...opCalls, outside: outsideCalls };

const processes = ["launcher", "init", "child"] as const;

const kinds: readonly SatelliteKind[] = Object.values(satellites);

/** `launcher clone` → its calls; `satellite 1` → those of a satellite of that kind. */
const listed: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...Object.entries(table).flatMap(([op, row]) =>
    processes.map((who) => [`${who} ${op}`, new Set(words(row[who]))] as const),
  ),
  ...kinds.map(
    ({ code, begins, calls }) =>
      [`satellite ${code}`, new Set([...words(begins), ...calls.map(({ name }) => name)])] as const,
  ),
]);

const seen: Seen = new Map();

/** Runs a container in the foreground and waits for its end. */
async function runsOn(
  { box }: Lane,
  runtime: Runtime,
  meanwhile: (launch: Launch) => Promise<void> = async () => {},
): Promise<void> {
  const options = { id: box.tag, bundle: box.path, stdio: ["pipe", "pipe", "pipe"] } as const;
  const { launch, wait } = await verbs.run(runtime, options);
  launch.stdout?.resume();
  await meanwhile(launch);
  await wait();
}

/** Its input ends when the launcher is under its filter, and the container with that. */
async function endsConfined({ pid, stdin }: Launch): Promise<void> {
  const status = `/proc/${pid}/status`;
  await until("the launcher is confined", () => /^Seccomp:\t2$/m.test(readFileSync(status, "utf8")));
  stdin?.end();
}

const more: readonly Stage[] = [
  {
    name: "run for long enough to be confined",
    patch: { ...small, "/process/args": ["/probe", "cat"] },
    act: (lane, runtime) => runsOn(lane, runtime, endsConfined),
  },
  {
    name: "run a container whose output is kept",
    patch: { ...small, "/process/args": ["/probe", "echo", "kept"] },
    act: async ({ box }, runtime) => {
      const stdio = ["ignore", "ignore", "ignore"] as const;
      await verbs.run(runtime, { id: box.tag, bundle: box.path, stdio, logBytes: 65_536, detach: true });
      for await (const record of verbs.readLog(runtime, box.tag, { follow: true })) void record;
    },
  },
  {
    name: "run what is not there",
    patch: { ...small, "/process/args": ["/none"] },
    act: (lane, runtime) => runsOn(lane, runtime).catch(() => undefined),
  },
];

let done = 0;

const all = [...stages, ...more];
/** CRIU traces what it dumps and restores, so nobody else can. */
const hasCriu = ({ needs: wanted = [] }: Stage): boolean => wanted.includes("criu");

for (const stage of all)
  test.serial(`${stage.name} makes listed calls only`, async (t) => {
    if (!(await needs(t, "root", "strace", "cgroup-v1", ...(stage.needs ?? [])))) return;
    const patch = typeof stage.patch === "function" ? stage.patch() : stage.patch;
    const system = nodeSystem;
    const lane = makeLane(t, patch, (box) => stage.see?.(system, box) ?? system);
    const { traced, calls } = makeTracer(makeBox(t).base, hasCriu(stage));
    const tracedWith = (prefix: readonly string[] = []): Runtime => ({
      ...lane.runtime,
      system: traced(lane.runtime.system, prefix),
    });
    await stage.begin?.(lane, t);
    await stage.prepare?.({ ...lane, runtime: tracedWith() });
    await stage.act(lane, tracedWith(stage.prefix?.(lane)));
    await verbs.remove(tracedWith(), lane.box.tag, { force: true });
    const found = await calls();
    t.true(found.size > 0);
    for (const [key, names] of found) {
      t.deepEqual(
        [...names].filter((name) => listed.get(key)?.has(name) !== true),
        [],
        key,
      );
      seen.set(key, new Set([...(seen.get(key) ?? []), ...names]));
    }
    done += 1;
  });

/** The reasons for calls that a run does not show, by the same keys as `listed`. */
function reasonsOf(key: string): Pick<OpCalls, "rare"> {
  const [who, name] = key.split(" ");
  const kind = who === "satellite" ? kinds.find(({ code }) => `${code}` === name) : undefined;
  if (kind !== undefined) return kind;
  const { rare, rareChild } = table[name ?? ""] ?? {};
  const reason = who === "child" ? (rareChild ?? rare) : rare;
  return reason === undefined ? {} : { rare: reason };
}

const isRare = ({ rare = {} }: Pick<OpCalls, "rare">, call: string): boolean =>
  typeof rare === "string" || Object.keys(rare).some((calls) => words(calls).includes(call));

test.serial("every listed call is made, or has its reason", (t) => {
  if (done < all.length) {
    t.log("skipped: needs all of the plans");
    t.pass();
    return;
  }
  const unseen = [...listed].flatMap(([key, calls]) =>
    [...calls].flatMap((call) => (seen.get(key)?.has(call) || isRare(reasonsOf(key), call) ? [] : [`${key}: ${call}`])),
  );
  t.deepEqual(unseen, []);
});

test("a reason is for a call that is listed", (t) => {
  for (const [op, { rare, rareChild: _, ...row }] of Object.entries(table)) {
    const own = new Set(Object.values(row).flatMap(words));
    t.deepEqual(
      Object.keys(typeof rare === "object" ? rare : {})
        .flatMap(words)
        .filter((call) => !own.has(call)),
      [],
      op,
    );
  }
});

/** The calls that the sources of some folders have: `SYS3(read, …)`, or by their number. */
function inSources(...folders: readonly string[]): ReadonlySet<string> {
  const files = folders.flatMap((folder) =>
    globSync("**/*.[ch]", { cwd: join(repository, "helper-c", folder) }).map((name) =>
      join(repository, "helper-c", folder, name),
    ),
  );
  const text = files.map((file) => readFileSync(file, "utf8")).join("\n");
  const found = [...text.matchAll(/\bSYS\d\(([a-z]\w+)|\b__NR_(\w+)/g)].map((match) => match[1] ?? match[2] ?? "");
  return new Set(found.filter((name) => name !== "n"));
}

/** The kernel has it made after a stop; no source asks for it. */
const byKernel = "restart_syscall";

test("the sources have no call that is listed nowhere, and the list none that they have not", (t) => {
  const names = new Set([...listed.values()].flatMap((calls) => [...calls]).filter((call) => call !== byKernel));
  t.deepEqual([...names].sort(), [...inSources(...launchFolders)].sort());
  const ofInit = [...listed].filter(([key]) => /^(init|child) /.test(key)).flatMap(([, calls]) => [...calls]);
  const own = inSources("sys", "init");
  t.deepEqual(
    [...own].filter((call) => !ofInit.includes(call)),
    [],
  );
});

test("memory is asked for by a handful of ops, and the heap never grows", (t) => {
  const asking = [...listed].filter(([, calls]) => calls.has("mmap")).map(([key]) => key);
  t.deepEqual(asking.sort(), [
    "init exec",
    "init fork",
    "init load-listener",
    "init outside",
    "init spawn",
    "launcher kill-cgroup",
    "launcher move-netdev",
    "launcher outside",
    "launcher spawn",
    "launcher start-criu",
    "launcher start-network",
    "satellite 4",
  ]);
  for (const [key, calls] of listed) t.false(calls.has("brk"), key);
  t.deepEqual(
    [...listed].filter(([, calls]) => calls.has("mremap")).map(([key]) => key),
    ["launcher kill-cgroup"],
    "the names of cgroups: as many as a container has made",
  );
});

test("a launcher that waits is left the calls of the ops that follow, and no more", (t) => {
  const always = new Set(alwaysNeeds.calls);
  for (const call of always) t.true(listed.get("launcher outside")?.has(call) === true, call);
  const rest = (calls: Iterable<string>): readonly string[] => [...calls].filter((call) => !always.has(call)).sort();
  const names = Object.keys(waitingNeeds).filter((name): name is OpName => name in waitingNeeds);
  t.true(names.length > 5);
  // A satellite is started before, and the first report has handed the output over.
  const before: Readonly<Record<string, readonly string[]>> = {
    "connect-bus": words(satelliteStart),
    report: ["recvmsg", "sendmsg"],
  };
  for (const op of names)
    t.deepEqual(
      rest(new Set(waitingNeeds[op]?.calls)),
      rest([...(listed.get(`launcher ${op}`) ?? [])].filter((call) => before[op]?.includes(call) !== true)),
      op,
    );
});
