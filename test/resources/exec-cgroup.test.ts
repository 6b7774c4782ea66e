// Where a further process is counted: the container's cgroup, one beneath it, or where init has gone.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { fails, makeBox, ok, runDetached, stateOf } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer } from "../helpers/peers/runtimes.ts";

const sleeper = { "/process/args": ["/probe", "sleep", "1000"] } as const;
const membership = (pid: string): string => readFileSync(`/proc/${pid}/cgroup`, "utf8");

test.serial("exec --cgroup takes a cgroup beneath the container's", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  const box = makeBox(t, sleeper);
  await runDetached(t, box);
  const own = join("/sys/fs/cgroup/pids/coffer-test", box.tag);
  mkdirSync(join(own, "sub"));
  const pidFile = join(box.base, "pid");
  await ok(t, box, "exec", ["-d", "--cgroup", "pids:sub", "--pid-file", pidFile, box.tag, "/probe", "sleep", "1000"]);
  const found = membership(readFileSync(pidFile, "utf8"));
  t.regex(found, new RegExp(`:pids:/coffer-test/${box.tag}/sub\n`));
  t.regex(found, new RegExp(`:memory:/coffer-test/${box.tag}\n`));
  const run = ["/probe", "exit", "0"];
  await fails(t, box, "exec", ["--cgroup", "pids:../x", box.tag, ...run], /is not a sub cgroup path/);
  await fails(t, box, "exec", ["--cgroup", "nope:sub", box.tag, ...run], /names no cgroup/);
  await fails(t, box, "exec", ["--cgroup", "pids:other", box.tag, ...run], /no such file/i);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("v2: exec follows init where the container's cgroup hands controllers down", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  const controllers = readFileSync("/sys/fs/cgroup/unified/cgroup.subtree_control", "utf8");
  if (!controllers.includes("hugetlb")) {
    t.pass("the machine hands nothing down");
    return;
  }
  const hugepageLimits = [{ pageSize: "2MB", limit: 2097152 }];
  const box = makeBox(t, { ...sleeper, "/linux/resources": { hugepageLimits } });
  const verb = (name: string, ...args: readonly string[]) => coffer(box, name, args, { mode: "v2" });
  const { exitCode, stderr } = await verb("run", "--detach", "--bundle", box.path, box.tag);
  t.is(exitCode, 0, stderr);
  const own = join("/sys/fs/cgroup/unified/coffer-test", box.tag);
  t.is(readFileSync(join(own, "hugetlb.2MB.max"), "utf8"), "2097152\n");
  const { pid } = await stateOf(t, box);
  mkdirSync(join(own, "init.scope"));
  writeFileSync(join(own, "init.scope/cgroup.procs"), `${pid}`);
  writeFileSync(join(own, "cgroup.subtree_control"), "+hugetlb");
  const pidFile = join(box.base, "pid");
  const exec = await verb("exec", "-d", "--pid-file", pidFile, box.tag, "/probe", "sleep", "1000");
  t.is(exec.exitCode, 0, exec.stderr);
  t.regex(membership(readFileSync(pidFile, "utf8")), new RegExp(`^0::/coffer-test/${box.tag}/init.scope\n`, "m"));
  t.deepEqual(JSON.parse((await verb("ps", "-f", "json", box.tag)).stdout).length, 2);
  t.is((await verb("delete", "--force", box.tag)).exitCode, 0);
  await nothingLeft(t, box, box.before);
});
