// What the kernel is asked to do with a process's turns: policy, I/O priority, CPUs, execution domain, memory policy.
import { existsSync, readFileSync } from "node:fs";
import test from "ava";
import { command } from "../helpers/command.ts";
import { fails, makeBox, ok, runDetached, stateOf } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { coffer } from "../helpers/peers/runtimes.ts";

const sleeper: Patch = { "/process/args": ["/probe", "sleep", "1000"] };

async function said(...argv: readonly string[]): Promise<string> {
  return (await command(argv)).stdout;
}

test.serial("scheduler, I/O priority and execution domain are those of the program and of exec", async (t) => {
  const box = makeBox(t, {
    ...sleeper,
    "/process/scheduler": { policy: "SCHED_BATCH", nice: 5 },
    "/process/ioPriority": { class: "IOPRIO_CLASS_BE", priority: 6 },
    "/linux/personality": { domain: "LINUX32" },
  });
  await runDetached(t, box);
  const { pid } = await stateOf(t, box);
  t.regex(await said("chrt", "-p", `${pid}`), /SCHED_BATCH/);
  t.is((await said("ps", "-o", "ni=", "-p", `${pid}`)).trim(), "5");
  t.regex(await said("ionice", "-p", `${pid}`), /best-effort: prio 6/);
  t.is(readFileSync(`/proc/${pid}/personality`, "utf8"), "00000008\n");
  await ok(t, box, "exec", ["--detach", "--pid-file", `${box.base}/pid`, box.tag, "/probe", "sleep", "1000"]);
  const other = readFileSync(`${box.base}/pid`, "utf8");
  t.regex(await said("chrt", "-p", other), /SCHED_BATCH/);
  t.regex(await said("ionice", "-p", other), /best-effort: prio 6/);
  t.is(readFileSync(`/proc/${other}/personality`, "utf8"), "00000008\n");
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("a realtime policy is set, or refused with its field where the cgroup has no realtime share", async (t) => {
  const box = makeBox(t, { ...sleeper, "/process/scheduler": { policy: "SCHED_RR", priority: 3 } });
  const { exitCode, stderr } = await coffer(box, "create", ["--bundle", box.path, box.tag]);
  if (exitCode !== 0) {
    t.regex(stderr, /\/process\/scheduler.*sched_setattr.*EPERM/);
    await nothingLeft(t, box, box.before);
    return;
  }
  const { pid } = await stateOf(t, box);
  t.regex(await said("chrt", "-p", `${pid}`), /SCHED_RR[\s\S]*priority: 3/);
  await ok(t, box, "delete", ["--force", box.tag]);
});

test.serial("execCPUAffinity is for exec alone", async (t) => {
  const box = makeBox(t, { ...sleeper, "/process/execCPUAffinity": { initial: "0-8000", final: "0" } });
  await runDetached(t, box);
  const { pid } = await stateOf(t, box);
  const cpus = async (of: string): Promise<string> => /list: (.*)/.exec(await said("taskset", "-cp", of))?.[1] ?? "";
  t.is(await cpus(`${pid}`), await cpus(`${process.pid}`));
  await ok(t, box, "exec", ["--detach", "--pid-file", `${box.base}/pid`, box.tag, "/probe", "sleep", "1000"]);
  t.is(await cpus(readFileSync(`${box.base}/pid`, "utf8")), "0");
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("a caller that was given one CPU hands that on to no container and to no process of one", async (t) => {
  const box = makeBox(t, sleeper);
  const all = readFileSync("/sys/devices/system/cpu/online", "utf8").trim();
  const pinned = { prefix: ["taskset", "-c", "0"] };
  await ok(t, box, "run", ["--detach", "--bundle", box.path, box.tag], pinned);
  const { pid } = await stateOf(t, box);
  const cpus = (of: string): string =>
    /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync(`/proc/${of}/status`, "utf8"))?.[1] ?? "";
  t.is(cpus(`${pid}`), all);
  const exec = ["--detach", "--pid-file", `${box.base}/pid`, box.tag, "/probe", "sleep", "1000"];
  await ok(t, box, "exec", exec, pinned);
  t.is(cpus(readFileSync(`${box.base}/pid`, "utf8")), all);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("the memory policy is the program's", async (t) => {
  const box = makeBox(t, { ...sleeper, "/linux/memoryPolicy": { mode: "MPOL_BIND", nodes: "0" } });
  if (!existsSync("/proc/self/numa_maps"))
    return fails(t, box, "run", ["--bundle", box.path, box.tag], /\/linux\/memoryPolicy.*set_mempolicy/);
  await runDetached(t, box);
  const { pid } = await stateOf(t, box);
  t.regex(readFileSync(`/proc/${pid}/numa_maps`, "utf8"), /^\w+ bind/m);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});
