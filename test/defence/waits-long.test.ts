// R14, with the bounds that the launcher has by itself: see waits.test.ts.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { pause, start, until } from "../helpers/command.ts";
import { create, makeBox, stateOf } from "../helpers/container.ts";
import { cgroupsOf, nothingLeft, processesOf } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer } from "../helpers/peers/runtimes.ts";
import { attackedBy, attacking, deleted, endMs, fuse, slackMs } from "./attacks.ts";

const patienceMs = 30_000;
const harmless = 3;
const maxTries = 30;

test("stop × exec, with the launcher's own patience", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = attackedBy(t, ["stop"]);
  const running = await attacking(t, box);
  for (let tries = 0, hit = false; !hit && tries < maxTries; tries += 1) {
    const began = Date.now();
    const outcome = await coffer(box, "exec", [box.tag, "/probe", "exit", `${harmless}`]);
    hit = outcome.exitCode !== harmless;
    if (hit) t.regex(outcome.stderr, /\(ETIMEDOUT\)/);
    t.true(Date.now() - began < patienceMs + slackMs);
  }
  await deleted(t, box, running);
});

test("stop × start: init is stopped at its gate", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"] });
  await create(t, box);
  process.kill((await stateOf(t, box)).pid, "SIGSTOP");
  const began = Date.now();
  t.regex((await coffer(box, "start", [box.tag])).stderr, /\(ETIMEDOUT\)/);
  t.true(Date.now() - began < patienceMs + slackMs);
  await deleted(t, box);
});

test("trace × run in a pod: the tracer is another container's, and the run says that it holds the status", async (t) => {
  if (!(await needs(t, "root"))) return;
  const pod = attackedBy(t, ["trace"]);
  const running = await attacking(t, pod);
  const { pid } = await stateOf(t, pod);
  const namespaces = ["network", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type }));
  const box = makeBox(t, {
    "/linux/namespaces": [...namespaces, { type: "pid", path: `/proc/${pid}/ns/pid` }],
    "/process/args": ["/probe", "sleep", "1"],
  });
  const began = Date.now();
  const outcome = await coffer(box, "run", ["--bundle", box.path, box.tag]);
  t.regex(outcome.stderr, /\(ETIMEDOUT\)/);
  t.true(Date.now() - began < 3 * endMs + slackMs, `${Date.now() - began} ms`);
  await nothingLeft(t, box, box.before);
  await deleted(t, pod, running);
});

test("stall × run of the API whose Node ends: what hangs in the container's own file system ends too", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = attackedBy(t, ["stall-self", "/mnt"], fuse);
  const program = `
    import { openRuntime, run } from "@coffer/core";
    const runtime = openRuntime({ root: ${JSON.stringify(box.state)} });
    await run({ runtime, bundle: ${JSON.stringify(box.path)}, id: ${JSON.stringify(box.tag)} });
  `;
  const words = [process.execPath, "--conditions=@coffer/source", "--input-type=module", "--eval", program];
  const node = start(words, { env: { COFFER_TEST_TAG: box.tag }, cwd: join(repository, "packages/core") });
  const file = join(box.state, box.tag, "process");
  await until("it runs", () => existsSync(file));
  const pid = readFileSync(file, "utf8").split(" ")[0];
  const told = (): string => readFileSync(`/proc/${pid}/status`, "utf8");
  await until("it hangs", () => /^Name:\s+adversary/m.test(told()) && /^State:\s+[DS]/m.test(told()));
  await pause(500);
  process.kill(node.pid, "SIGKILL");
  await node.done;
  const began = Date.now();
  await until("all has ended", () => processesOf(box).length === 0 && cgroupsOf(box).length === 0, 2 * endMs + slackMs);
  t.true(Date.now() - began < 2 * endMs + slackMs);
  t.is((await coffer(box, "delete", ["--force", box.tag])).exitCode, 0);
  await nothingLeft(t, box, box.before);
});
