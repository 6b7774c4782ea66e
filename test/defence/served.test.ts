// What a container can do to the helper that stays, which outlives its launcher: it sees nothing of it and has nothing of it.
import { openRuntime, run, verbs } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { givenInput } from "../../packages/core/src/runtime/launch/process-options.ts";
import { until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { parseFacts } from "../helpers/facts.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { isServer, linksOf, parentOf, serversOf } from "../helpers/served.ts";

const withHostPids: Patch = {
  "/linux/namespaces": ["network", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type })),
  "/process/capabilities": { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
};

const runtimeOf = (box: Box) => openRuntime({ root: box.state, warm: true });

/** Runs the box's bundle by the helper that stays, and tells what it wrote and the helper's pid. */
async function served(t: ExecutionContext, box: Box) {
  const result = await run({ runtime: runtimeOf(box), bundle: box.path });
  const [pid = 0] = serversOf(process.pid);
  t.true(pid > 0);
  return { ...result, pid };
}

/** A box whose process does that, by its arguments. */
const doing = (t: ExecutionContext, words: readonly string[], patch: Patch = {}): Box =>
  makeBox(t, { ...patch, "/process/args": ["/probe", ...words] });

test.serial("a container has its three streams and nothing else, and the helper has none of them", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = doing(t, ["facts"]);
  const { stdout, pid } = await served(t, box);
  const { fds } = parseFacts(stdout);
  t.deepEqual(
    fds.map(({ fd }) => fd),
    [0, 1, 2],
  );
  const held = new Set(linksOf(pid).filter((link) => link !== "/dev/null"));
  t.deepEqual(
    fds.filter(({ link }) => link !== null && held.has(link)),
    [],
  );
  await nothingLeft(t, box, box.before);
});

test.serial("while containers run, the helper has no stream of theirs, and they have none of each other", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const runs = [1, 2, 3].map(() =>
    run({ runtime: runtimeOf(box), rootfs: box.rootfs, args: ["/probe", "sleep", "1000"], stdin: "pipe" }),
  );
  const pids = (await Promise.all(runs.map((one) => one.started))).map(({ pid }) => pid);
  const launchers = pids.map(parentOf);
  t.true(launchers.every(isServer), "they are not served");
  const helper = parentOf(launchers[0] ?? 0);
  const held = [helper, ...launchers, ...pids].map((pid) => linksOf(pid).filter((link) => link.startsWith("socket:")));
  const [ofHelper = [], ...rest] = held;
  const ofLaunchers = rest.slice(0, 3);
  const inside = rest.slice(3);
  const theirs = inside.flat();
  t.is(new Set(theirs).size, 9, "a socket of two containers");
  t.deepEqual(
    ofHelper.filter((link) => theirs.includes(link)),
    [],
  );
  // A launcher has the streams of its own container, and the report; the helper the three reports and its two sockets.
  for (const [index, links] of ofLaunchers.entries()) {
    const others = inside.filter((_, at) => at !== index).flat();
    t.deepEqual(
      links.filter((link) => others.includes(link)),
      [],
    );
  }
  t.is(new Set(ofHelper).size, 5);
  await Promise.all(runs.map((one) => one.kill("KILL")));
  await Promise.all(runs);
  await until(
    "the helper has let go",
    () => new Set(linksOf(helper).filter((link) => link.startsWith("socket:"))).size === 2,
  );
  await nothingLeft(t, box, box.before);
});

for (const what of ["fd/5", "fd/6", "cwd", "root", "exe", "task/PID/root", "task/PID/cwd"])
  test.serial(`root in the host's pid namespace without rights does not come into the helper by ${what}`, async (t) => {
    if (!(await needs(t, "root"))) return;
    const first = doing(t, ["exit", "0"], withHostPids);
    const { pid } = await served(t, first);
    const box = doing(t, ["dir", `/proc/${pid}/${what.replace("PID", `${pid}`)}/`], withHostPids);
    const { stdout } = await served(t, box);
    // The same of a process that it may look into.
    const own = await served(t, doing(t, ["dir", "/proc/self/root/"], withHostPids));
    t.regex(own.stdout, /"probe":/);
    t.regex(stdout, /^(?:null|\{\}|\{"errno":13\}|"?errno 13.*)\n$/);
    await nothingLeft(t, box, box.before);
  });

for (const what of ["environ", "maps", "mem", "stack", "syscall", "auxv"])
  test.serial(`root in the host's pid namespace without rights does not read the helper's ${what}`, async (t) => {
    if (!(await needs(t, "root"))) return;
    const { pid } = await served(t, doing(t, ["exit", "0"], withHostPids));
    const box = doing(t, ["read", `/proc/${pid}/${what}`], withHostPids);
    const { stdout, exitCode } = await served(t, box);
    t.true(exitCode !== 0 || /EACCES|EPERM|13|denied/.test(stdout), `${exitCode}: ${stdout.slice(0, 200)}`);
    await nothingLeft(t, box, box.before);
  });

test.serial("the sockets to the helper are nobody's to pass on", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = doing(t, ["exit", "0"]);
  await served(t, box);
  const { system } = runtimeOf(box);
  const sockets = [...system.ownFds].filter((fd) => system.readLink(`/proc/self/fd/${fd}`).startsWith("socket:"));
  t.is(sockets.length, 2);
  for (const fd of sockets) t.throws(() => givenInput(system, `fd-${fd}`, fd), { code: "E_INPUT" });
  const told = await t.throwsAsync(async () =>
    verbs.run(runtimeOf(box), { bundle: box.path, id: box.tag, preserveFds: Math.max(...sockets) - 2 }),
  );
  t.regex(told?.message ?? "", /cannot pass descriptor/);
  await nothingLeft(t, box, box.before);
});
