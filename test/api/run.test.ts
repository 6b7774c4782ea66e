// `run` of the TypeScript API: what it gives, how it ends, what it leaves.
import { CofferError, openRuntime, run } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { parseFacts } from "../helpers/facts.ts";
import { nothingLeft } from "../helpers/leftovers.ts";

/** What the options of a test start from: the probe in a root directory, and the test's own state directory. */
function optionsOf(how: How, box: Box, ...args: readonly string[]) {
  const runtime = openRuntime({ root: box.state, warm: how === "warm" });
  const id = how === "cold" ? box.tag : undefined;
  return { runtime, rootfs: box.rootfs, id, args: ["/probe", ...args] } as const;
}

/** By a helper of its own, or by the one that stays, which has no locks and so launches only what has no name. */
const hows = ["cold", "warm"] as const;
type How = (typeof hows)[number];

function both(title: string, body: (t: ExecutionContext, how: How) => Promise<void>): void {
  for (const how of hows) test.serial(`${title} (${how})`, (t) => body(t, how));
}

async function codeOf(t: ExecutionContext, promise: PromiseLike<unknown>): Promise<string> {
  const error = await t.throwsAsync(async () => promise, { instanceOf: CofferError });
  return error instanceof CofferError ? error.code : "";
}

both("run gives output, exit code and time", async (t, how) => {
  const box = makeBox(t);
  const result = await run(optionsOf(how, box, "echo", "hello"));
  t.regex(result.id, how === "cold" ? new RegExp(`^${box.tag}$`) : /^run-[0-9a-f]+$/);
  t.like(result, { exitCode: 0, signal: undefined, stdout: "hello\n", stderr: "", failed: false });
  t.like(result, { timedOut: false, isCanceled: false, isMaxBuffer: false, isTerminated: false });
  t.true(result.durationMs > 0 && result.durationMs < 10_000);
  await nothingLeft(t, box, box.before, "rootfs");
});

both("run tells what was used", async (t, how) => {
  const box = makeBox(t);
  const busy = (await run({ ...optionsOf(how, box, "spin"), timeoutMs: 1000 })).resources;
  t.true(busy.userMs >= 30 && busy.userMs < 5000, JSON.stringify(busy));
  const large = (await run(optionsOf(how, box, "memory", "64"))).resources;
  // The kernel counts pages by processor, and a sum may lack what has not been carried over yet.
  t.true(large.peakMemory >= 60 << 20 && large.peakMemory < 128 << 20, JSON.stringify(large));
  const little = (await run(optionsOf(how, box, "echo", "hi"))).resources;
  t.true(little.userMs + little.systemMs < busy.userMs, JSON.stringify(little));
  t.true(little.peakMemory < 16 << 20, JSON.stringify(little));
  await nothingLeft(t, box, box.before);
});

both("a program that fails is a result", async (t, how) => {
  const box = makeBox(t);
  t.like(await run(optionsOf(how, box, "exit", "42")), { exitCode: 42, failed: true, isTerminated: false });
  t.like(await run(optionsOf(how, box, "stderr", "oh")), { exitCode: 0, stdout: "", stderr: "oh\n" });
  await nothingLeft(t, box, box.before);
});

both("a bundle runs as its config says", async (t, how) => {
  const box = makeBox(t);
  const { runtime, id } = optionsOf(how, box);
  const { stdout } = await run({ runtime, bundle: box.path, id });
  t.is(parseFacts(stdout).hostname, "box");
  await nothingLeft(t, box, box.before);
});

both("mounts are locked where that is asked for", async (t, how) => {
  const words = ["CAP_SYS_ADMIN"];
  const ids = [{ containerID: 0, hostID: 100_000, size: 1000 }];
  const box = makeBox(t, {
    "/process/args": ["/probe", "weaken", "/proc/kcore", "/proc/sys"],
    "/process/capabilities": { bounding: words, effective: words, permitted: words },
    "/linux/namespaces/-": { type: "user" },
    "/linux/uidMappings": ids,
    "/linux/gidMappings": ids,
  });
  const { runtime, id } = optionsOf(how, box);
  t.regex((await run({ runtime, bundle: box.path, id })).stdout, /: ok$/m);
  const { stdout, stderr } = await run({ runtime, bundle: box.path, id, lockMounts: true });
  t.is(stdout.trimEnd().split("\n").length, 42, stderr);
  t.notRegex(stdout, /: ok$/m);
  await nothingLeft(t, box, box.before);
});

both("a root directory runs with no rights", async (t, how) => {
  const box = makeBox(t);
  const facts = parseFacts((await run(optionsOf(how, box, "facts"))).stdout);
  t.is(facts.caps.effective, "0000000000000000");
  t.is(facts.caps.bounding, "0000000000000000");
  t.is(facts.pid, 1);
  await nothingLeft(t, box, box.before);
});

both("options change the process", async (t, how) => {
  const box = makeBox(t);
  const options = { ...optionsOf(how, box, "facts"), env: { A: "b", PATH: "/" }, cwd: "/tmp", hostname: "named" };
  const facts = parseFacts((await run({ ...options, user: { uid: 7, gid: 8 } })).stdout);
  t.deepEqual([facts.cwd, facts.hostname, facts.uid[0], facts.gid[0]], ["/tmp", "named", 7, 8]);
  t.true(facts.env.includes("A=b"));
  t.deepEqual(
    facts.env.filter((word) => word.startsWith("PATH=")),
    ["PATH=/"],
  );
  await nothingLeft(t, box, box.before);
});

both("input is passed whole", async (t, how) => {
  const box = makeBox(t);
  const input = "0123456789abcdef".repeat(1 << 14);
  const { stdout } = await run({ ...optionsOf(how, box, "cat"), input });
  t.true(stdout === input);
  const bytes = new TextEncoder().encode("bytes");
  t.is((await run({ ...optionsOf(how, box, "cat"), input: bytes })).stdout, "bytes");
  t.is((await run(optionsOf(how, box, "cat"))).stdout, "");
  await nothingLeft(t, box, box.before);
});

both("streams are there while it runs", async (t, how) => {
  const box = makeBox(t);
  const subprocess = run({ ...optionsOf(how, box, "cat"), stdin: "pipe" });
  const { stdin, stdout, pid } = await subprocess.started;
  t.true(pid > 0);
  const seen = new Promise<string>((resolve) => stdout?.once("data", (chunk: Uint8Array) => resolve(String(chunk))));
  stdin?.write("ping");
  t.is(await seen, "ping");
  stdin?.end();
  t.like(await subprocess, { exitCode: 0, stdout: "ping" });
  await nothingLeft(t, box, box.before);
});

both("kill sends a signal, which a process that has ended does not get", async (t, how) => {
  const box = makeBox(t);
  const subprocess = run(optionsOf(how, box, "sleep", "1000"));
  await subprocess.started;
  t.true(await subprocess.kill("KILL"));
  t.like(await subprocess, { exitCode: undefined, signal: "SIGKILL", failed: true, isTerminated: true });
  t.false(await subprocess.kill());
  await nothingLeft(t, box, box.before);
});

both("a timeout kills", async (t, how) => {
  const box = makeBox(t);
  const result = await run({ ...optionsOf(how, box, "sleep", "1000"), timeoutMs: 2000 });
  t.like(result, { timedOut: true, isCanceled: false, signal: "SIGKILL" });
  await nothingLeft(t, box, box.before);
});

both("no time is never over", async (t, how) => {
  const box = makeBox(t);
  for (const timeoutMs of [0, Infinity, 2 ** 31 - 1])
    t.like(await run({ ...optionsOf(how, box, "sleep", "1"), timeoutMs }), { timedOut: false, exitCode: 0 });
  await nothingLeft(t, box, box.before);
});

both("an aborted signal kills", async (t, how) => {
  const box = makeBox(t);
  const controller = new AbortController();
  const subprocess = run({ ...optionsOf(how, box, "sleep", "1000"), signal: controller.signal });
  await subprocess.started;
  controller.abort();
  t.like(await subprocess, { isCanceled: true, timedOut: false, signal: "SIGKILL" });
  await nothingLeft(t, box, box.before);
});

both("a signal that is aborted already launches nothing", async (t, how) => {
  const box = makeBox(t);
  const subprocess = run({ ...optionsOf(how, box, "sleep", "1000"), signal: AbortSignal.abort() });
  await t.throwsAsync(async () => subprocess, { name: "AbortError" });
  await nothingLeft(t, box, box.before);
});

both("too much output kills, and is cut", async (t, how) => {
  const box = makeBox(t);
  const result = await run({ ...optionsOf(how, box, "bytes", "10000000"), maxBuffer: 1000 });
  t.is(result.stdout.length, 1000);
  t.true(result.isMaxBuffer);
  // It may have ended before it could be killed: what it wrote is cut all the same.
  t.like(await run({ ...optionsOf(how, box, "echo", "hello"), maxBuffer: 1 }), { stdout: "h", failed: true });
  await nothingLeft(t, box, box.before);
});

both("ids are made when none is given", async (t, how) => {
  const box = makeBox(t);
  const { id: _id, ...options } = optionsOf(how, box, "exit", "0");
  const results = await Promise.all([run(options), run(options), run(options)]);
  t.is(new Set(results.map((result) => result.id)).size, 3);
  await nothingLeft(t, box, box.before);
});

both("errors have stable codes", async (t, how) => {
  const box = makeBox(t);
  const options = optionsOf(how, box);
  t.is(await codeOf(t, run({ ...options, args: ["nosuch"] })), "E_EXEC_NOT_FOUND");
  t.is(await codeOf(t, run({ ...options, args: ["/etc/motd"] })), "E_EXEC_PERMISSION");
  t.is(await codeOf(t, run({ ...options, rootfs: "/nowhere" })), "E_CONFIG_INVALID");
  t.is(await codeOf(t, run({ ...options, id: "a/b" })), "E_ID_INVALID");
  t.is(await codeOf(t, run({ runtime: options.runtime, bundle: "/nowhere" })), "E_IO");
  t.is(await codeOf(t, run({ runtime: options.runtime, args: ["x"] })), "E_USAGE");
  await nothingLeft(t, box, box.before, "rootfs");
});

both("a handle is a promise", async (t, how) => {
  const box = makeBox(t);
  const options = optionsOf(how, box, "exit", "0");
  const subprocess = run(options);
  t.true(subprocess instanceof Promise);
  t.is(await subprocess.result, await subprocess);
  t.is(await run({ ...options, args: ["nosuch"] }).catch((error) => error.code), "E_EXEC_NOT_FOUND");
  await nothingLeft(t, box, box.before, "rootfs");
});

both("a variable that is undefined is left out", async (t, how) => {
  const box = makeBox(t);
  const env = { LEFT_OUT: undefined, TERM: undefined, KEPT: "" };
  const facts = parseFacts((await run({ ...optionsOf(how, box, "facts"), env })).stdout);
  t.deepEqual(
    facts.env.filter((word) => /^(?:LEFT_OUT|TERM|KEPT)=/.test(word)),
    ["KEPT="],
  );
  await nothingLeft(t, box, box.before);
});

both("the group of a user is of the same number unless it is named", async (t, how) => {
  const box = makeBox(t);
  // Some callers have a compiler that takes this for a missing group.
  const user = Object.assign({ uid: 7 }, { gid: undefined });
  // @ts-expect-error
  const facts = parseFacts((await run({ ...optionsOf(how, box, "facts"), user })).stdout);
  t.deepEqual([facts.uid[0], facts.gid[0]], [7, 7]);
  await nothingLeft(t, box, box.before);
});
