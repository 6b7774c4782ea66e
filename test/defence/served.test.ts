// What a container can do to the helper that stays, which outlives its launcher: it sees nothing of it and has nothing of it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openRuntime, run, verbs } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { givenInput } from "../../packages/core/src/runtime/launch/process-options.ts";
import { launchRequest } from "../../packages/core/src/system/node/warm/request.ts";
import { encodePlan } from "../../packages/core/src/wire/encode.ts";
import { hello } from "../helper/expect.ts";
import { helper } from "../helper/launch.ts";
import { isServer, linksOf, parentOf, serversOf } from "../helpers/callers/served.ts";
import { command, until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { parseFacts } from "../helpers/facts.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

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

for (const what of ["fd/5", "fd/6", "fd/7", "cwd", "root", "exe", "task/PID/root", "task/PID/cwd"])
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

/** A caller that has one launch made, changes itself, asks again, and tells how the helper ended. */
const changing = `
import ctypes, os, socket, struct, subprocess, sys
helper, how, path = sys.argv[1:]
request = open(path, "rb").read()
libc = ctypes.CDLL(None, use_errno=True)
ours, theirs = socket.socketpair()
channel, sender = socket.socketpair()
pair = (theirs.fileno(), sender.fileno())
words = ["serve", "--request-fd", str(pair[0]), "--send-fd", str(pair[1]), "--die-with", str(os.getpid())]
child = subprocess.Popen([helper, *words], pass_fds=pair)
theirs.close(), sender.close()

def launches():
    """What the next launch writes; nothing when the helper has ended."""
    ends = [socket.recv_fds(channel, 4096, 1)[1] for _ in range(2)]
    if [] in ends:
        return ""
    report, stdout = (os.fdopen(fd, "rb").read() for [fd] in ends)
    return stdout.decode().strip()

def prctl(*words):
    assert libc.prctl(*words, *[0] * (5 - len(words))) == 0

def another():
    pid = os.fork()
    if pid == 0:
        ours.sendall(again)
        os._exit(0)
    os.waitpid(pid, 0)

def half():
    ours.sendall(again[:400])
    os.setresuid(1234, 1234, 1234)
    ours.sendall(again[400:])

def ids():
    os.setgroups([]), os.setresgid(1234, 1234, 1234), os.setresuid(1234, 1234, 1234)

def capabilities():
    head = struct.pack("Ii", 0x20080522, 0)
    assert libc.capset(head, bytes(24)) == 0

def seccomp():
    allow = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000), 8)
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 1, ctypes.addressof(allow)), 16)
    prctl(22, 2, ctypes.addressof(program))

again = request[:4] + struct.pack("I", 2) + request[8:]
send = lambda: ours.sendall(again)
changes = {
    "nothing": (lambda: None, send),
    "ids": (ids, send),
    "user": (lambda: os.setresuid(1234, 1234, 1234), send),
    "effective user": (lambda: os.seteuid(1234), send),
    "group": (lambda: os.setresgid(1234, 1234, 1234), send),
    "groups": (lambda: os.setgroups([1234]), send),
    "capabilities": (capabilities, send),
    "bounding set": (lambda: prctl(24, 21), send),
    "no_new_privs": (lambda: prctl(38, 1), send),
    "seccomp": (seccomp, send),
    "signal": (ids, lambda: ours.sendall(struct.pack("IIII", 2, 7, 9, 0))),
    "another process": (lambda: None, another),
    "half a request": (lambda: None, half),
    "a descriptor": (lambda: None, lambda: socket.send_fds(ours, [again], [0])),
}
libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
ours.sendall(request)
print("first", launches())
change, ask = changes[how]
change()
ask()
channel.settimeout(10)
print("second", launches())
ours.close()
print("status", child.wait(10))`;

const changes = ["ids", "user", "effective user", "group", "groups", "capabilities", "bounding set", "no_new_privs"];
const writers = ["seccomp", "signal", "another process", "half a request", "a descriptor"];

for (const how of ["nothing", ...changes, ...writers])
  test.serial(`the helper launches for its caller as that was at the start: ${how}`, async (t) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t);
    const text = (name: string): string => `${name}\n`;
    const words = [text("report"), "", text("stdout"), "", "--input", `rootfs=${box.rootfs}`];
    const request = join(box.path, "request");
    writeFileSync(request, launchRequest(1, words, encodePlan(hello)));
    const { stdout, stderr } = await command(["python3", "-c", changing, helper(), how, request]);
    const [second, status] = how === "nothing" ? ["second hello", "status 0"] : ["second ", "status 125"];
    t.is(stdout, ["first hello", second, status, ""].join("\n"), stderr);
    await nothingLeft(t, box, box.before);
  });
