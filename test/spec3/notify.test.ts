// Seccomp notify: the agent gets the listener with the state of the process, and its answers are the calls' results.
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { tools } from "../helpers/build.ts";
import type { Running } from "../helpers/command.ts";
import { start, until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { create, fails, makeBox, ok, stateOf } from "../helpers/container.ts";
import type { Json, Patch } from "../helpers/json.ts";
import { cleanUp, nothingLeft } from "../helpers/leftovers.ts";
import { runBundle, runVerb } from "../helpers/peers/runtimes.ts";

/** sethostname(2), which the probe is asked for by number. */
const number = process.arch === "arm64" ? 161 : 170;
const call = ["/probe", "syscall", `${number}`];

const profile: Json = {
  defaultAction: "SCMP_ACT_ALLOW",
  flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
  listenerPath: "$BASE/agent.sock",
  listenerMetadata: "for the agent",
  syscalls: [{ names: ["sethostname"], action: "SCMP_ACT_NOTIFY" }],
};

async function startAgent(t: ExecutionContext, box: Box, ...how: readonly ("allow" | "close")[]): Promise<Running> {
  const agent = start([tools(), "agent", join(box.base, "agent.sock"), ...how], { timeoutMs: 30_000 });
  await agent.saw("listening");
  t.teardown(() => cleanUp(box));
  return agent;
}

/** The state that the agent got as its message of this number, from 0. It prints while the container goes on. */
async function messageOf(agent: Running, number: number): Promise<Json> {
  const lines = (): string[] => agent.output().split("\n").slice(1, -1);
  await until(`message ${number} of the agent`, () => lines().length > number);
  return JSON.parse(lines()[number] ?? "");
}

const patch: Patch = { "/linux/seccomp": profile, "/process/args": call };

for (const noNewPrivileges of [true, false])
  test.serial(`an agent answers, noNewPrivileges ${noNewPrivileges}`, async (t) => {
    const box = makeBox(t, { ...patch, "/process/noNewPrivileges": noNewPrivileges });
    const agent = await startAgent(t, box);
    const { stdout } = await runBundle("coffer", box);
    t.regex(stdout, /errno 55 /);
    const message = await messageOf(agent, 0);
    const { pid } = Object(message);
    t.true(pid > 1);
    const state = { ociVersion: "1.2.0", id: box.tag, bundle: box.path, status: "creating", pid };
    t.deepEqual(message, { ociVersion: "1.2.0", fds: ["seccompFd"], metadata: "for the agent", pid, state });
  });

test.serial("create and start, and exec", async (t) => {
  const box = makeBox(t, { ...patch, "/process/args": ["/probe", "sleep", "1000"] });
  const agent = await startAgent(t, box);
  await create(t, box);
  const { pid } = await stateOf(t, box);
  await ok(t, box, "start", [box.tag]);
  t.is(Object(await messageOf(agent, 0)).pid, pid);
  const { stdout } = await runVerb("coffer", box, "exec", [box.tag, ...call]);
  t.regex(stdout, /errno 55 /);
  const { state, pid: joined } = Object(await messageOf(agent, 1));
  t.is(state.pid, pid);
  t.not(joined, pid);
  t.is(state.status, "running");
  await ok(t, box, "delete", ["--force", box.tag]);
  process.kill(agent.pid, "SIGKILL");
  await agent.done;
  await nothingLeft(t, box, box.before);
});

/** What init itself still does once the filter holds, which runc and crun let an agent answer too. */
const ofInit = [
  "close",
  "sendmsg",
  "execve",
  "exit_group",
  "prctl",
  "setresuid",
  "setgroups",
  "capset",
  "openat",
  "read",
];
const execve = process.arch === "arm64" ? 221 : 59;

for (const noNewPrivileges of [true, false])
  test.serial(`an agent answers the calls of init itself, noNewPrivileges ${noNewPrivileges}`, async (t) => {
    const box = makeBox(t, {
      ...patch,
      "/linux/seccomp": { ...Object(profile), syscalls: [{ names: ofInit, action: "SCMP_ACT_NOTIFY" }] },
      "/process/noNewPrivileges": noNewPrivileges,
      "/process/args": ["/probe", "exit", "7"],
    });
    const agent = await startAgent(t, box, "allow");
    const { exitCode, stderr } = await runBundle("coffer", box);
    t.is(exitCode, 7, stderr);
    await agent.saw(`\ncall ${execve}\n`);
    process.kill(agent.pid, "SIGKILL");
    await agent.done;
    await nothingLeft(t, box, box.before);
  });

test.serial("an agent that refuses a call of init ends the launch, and nothing is left", async (t) => {
  const box = makeBox(t, {
    ...patch,
    "/linux/seccomp": { ...Object(profile), syscalls: [{ names: ["close", "execve"], action: "SCMP_ACT_NOTIFY" }] },
  });
  const agent = await startAgent(t, box);
  const { exitCode, stderr } = await runBundle("coffer", box);
  t.is(exitCode, 126);
  t.regex(stderr, /errno 55/);
  process.kill(agent.pid, "SIGKILL");
  await agent.done;
  await nothingLeft(t, box, box.before);
});

test.serial("an agent that hangs up at once has the calls of init answered with ENOSYS", async (t) => {
  const box = makeBox(t, {
    ...patch,
    "/linux/seccomp": { ...Object(profile), syscalls: [{ names: ofInit, action: "SCMP_ACT_NOTIFY" }] },
  });
  const agent = await startAgent(t, box, "close");
  await fails(t, box, "run", ["--bundle", box.path, box.tag], /./);
  process.kill(agent.pid, "SIGKILL");
  await agent.done;
  await nothingLeft(t, box, box.before);
});

test.serial("nobody at the socket is an error with its field", async (t) => {
  const box = makeBox(t, patch);
  await fails(t, box, "run", ["--bundle", box.path, box.tag], /\/linux\/seccomp\/listenerPath.*ENOENT/);
  await nothingLeft(t, box, box.before);
});

test.serial("a listener without calls to hear is sent where a socket is", async (t) => {
  const { flags: _flags, ...rest } = Object(profile);
  const box = makeBox(t, {
    ...patch,
    "/linux/seccomp": { ...rest, flags: ["SECCOMP_FILTER_FLAG_TSYNC"], syscalls: [] },
    "/process/args": ["/probe", "exit", "0"],
  });
  const agent = await startAgent(t, box);
  const { exitCode, stderr } = await runBundle("coffer", box);
  t.is(exitCode, 0, stderr);
  t.is(Object(await messageOf(agent, 0)).metadata, "for the agent");
});

test.serial("a listener without calls to hear is told of, and ignored", async (t) => {
  const { flags: _flags, ...rest } = Object(profile);
  const box = makeBox(t, {
    ...patch,
    "/linux/seccomp": { ...rest, syscalls: [] },
    "/process/args": ["/probe", "exit", "0"],
  });
  const { exitCode, stderr } = await runBundle("coffer", box);
  t.is(exitCode, 0, stderr);
  t.regex(stderr, /warning: config: \/linux\/seccomp\/listenerPath: is ignored/);
  await nothingLeft(t, box, box.before);
});
