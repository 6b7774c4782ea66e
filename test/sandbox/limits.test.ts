// What a sandbox may use, and the verbs that know one by its name.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import test from "ava";
import { command } from "../helpers/command.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser } from "../helpers/user.ts";
import type { Row, Who } from "./table.ts";
import { declare, makePlace, sandboxIn, startIn } from "./table.ts";

const eat = "node -e 'const all = []; for (;;) all.push(Buffer.alloc(1e6, 1))'";
const many = "for n in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 0.2 & done; wait";

const both: readonly Row[] = [
  {
    title: "--timeout ends a command that takes longer",
    flags: ["--timeout", "0.5"],
    script: "sleep 30",
    stdout: /^$/,
    stderr: /^coffer: the program was ended after 0\.5 s \(--timeout\)\n$/,
    exitCode: 124,
  },
  {
    title: "--timeout ends one that ignores TERM, too",
    flags: ["--timeout", "0.3"],
    script: "trap '' TERM; while :; do sleep 0.1; done",
    stdout: /^$/,
    stderr: /^coffer: the program was ended after 0\.3 s \(--timeout\)\n$/,
    exitCode: 124,
  },
  {
    title: "--timeout leaves one alone that is faster",
    flags: ["--timeout", "60"],
    script: "exit 3",
    stdout: /^$/,
    exitCode: 3,
  },
  {
    title: "--memory is a size",
    flags: ["--memory", "much"],
    script: "true",
    stdout: /^$/,
    stderr: /"much" is no size/,
    exitCode: 125,
  },
  {
    title: "--pids is a number",
    flags: ["--pids", "1"],
    script: "true",
    stdout: /^$/,
    stderr: /--pids: a sandbox has at least two processes/,
    exitCode: 125,
  },
  {
    title: "--disk ends what makes a file larger, and tells why",
    flags: ["--rw", "--disk", "1m"],
    script: "exec dd if=/dev/zero of=large bs=64k count=32 status=none",
    stdout: /^$/,
    stderr: /killed: a file would have become larger than 1 MiB; raise --disk/,
    exitCode: 153,
  },
  {
    title: "--disk leaves files alone that are smaller, and says that many may have more",
    flags: ["--rw", "--disk", "1m"],
    script: "for n in 1 2 3; do head -c 1000000 /dev/zero > $n; done; cat 1 2 3 | wc -c",
    stdout: /^3000000\n$/,
    stderr: /^coffer: warning: --disk holds for each file by itself, and many files may have more[^\n]*\n$/,
  },
  {
    title: "--disk holds for all of a file system in memory, and there is nothing to warn of where no disk is written",
    flags: ["--disk", "1m", "--tmp", "/scratch"],
    script:
      "for at in /tmp /scratch /dev/shm; do for n in 1 2 3; do head -c 900000 /dev/zero > $at/$n; done 2>/dev/null; cat $at/[123] | wc -c; done",
    stdout: /^(?:10\d{5}\n){3}$/,
    stderr: /^$/,
  },
  {
    title: "--disk holds for all of an overlay in memory",
    flags: ["--overlay", "--disk", "1m"],
    script: "for n in 1 2 3; do head -c 900000 /dev/zero > $n; done 2>/dev/null; cat 1 2 3 | wc -c",
    stdout: /^10\d{5}\n$/,
    stderr: /^$/,
  },
  {
    title: "--disk is not raised from inside",
    flags: ["--disk", "1m"],
    script: "ulimit -f unlimited 2>/dev/null || echo refused; ulimit -f",
    stdout: /^refused\n2048\n$/,
  },
  {
    title: "--disk is a size, and not less than a page",
    flags: ["--disk", "100"],
    script: "true",
    stdout: /^$/,
    stderr: /--disk: "100" is less than 4096 bytes/,
    exitCode: 125,
  },
];
declare(both);

/** The caller's own limit of core dumps. */
const ownCore = execFileSync("sh", ["-c", "ulimit -Hc"], { encoding: "utf8" });

const dumps: readonly Row[] = [
  ...[[], ["--reduced"], ["--disk", "1g"]].map(
    (flags): Row => ({
      title: `no program writes a core dump, nor lets itself: ${flags.join(" ")}`,
      flags,
      script: "ulimit -c; ulimit -Hc; ulimit -c unlimited 2>/dev/null || echo refused",
      stdout: /^0\n0\nrefused\n$/,
    }),
  ),
  {
    title: "--core-dumps leaves the caller's limit",
    flags: ["--core-dumps"],
    script: "ulimit -Hc",
    stdout: new RegExp(`^${ownCore}$`),
  },
];
declare(dumps);

const byCgroup: readonly Row[] = [
  {
    title: "--memory ends what takes more, and tells why",
    flags: ["--memory", "64m"],
    script: `exec ${eat}`,
    stdout: /^$/,
    stderr: /most likely for want of memory: the limit is 64 MiB/,
    exitCode: 137,
  },
  {
    title: "--pids bounds processes",
    flags: ["--pids", "8"],
    script: many,
    stdout: /^$/,
    stderr: /[Cc]annot fork/,
    exitCode: 2,
  },
  {
    title: "--cpus bounds processor time",
    flags: ["--cpus", "0.2"],
    script: 'timeout 1 sh -c "while :; do :; done"; times > /tmp/t; tail -n 1 /tmp/t',
    stdout: /^0m0\.[0-4]/,
  },
];
declare(byCgroup, ["root"]);

const byProcess: readonly Row[] = [
  {
    title: "without cgroups --memory holds for a process, which is told",
    flags: ["--memory", "300m"],
    script: `${eat} 2>/dev/null; echo ended`,
    stdout: /^ended\n$/,
    stderr: /^coffer: warning: no cgroup can be made here: --memory holds for each process by itself[^\n]*\n$/,
  },
  {
    title: "without cgroups --pids holds by a limit of the user",
    flags: ["--pids", "8"],
    script: many,
    stdout: /^$/,
    stderr: /^[^\n]*[Cc]annot fork[^\n]*\n$/,
    exitCode: 2,
  },
  {
    title: "without cgroups --pids does not hold for who makes user namespaces, which is told",
    flags: ["--pids", "8", "--unsafe-user-namespaces"],
    script: "true",
    stdout: /^$/,
    stderr: /no cgroup can be made here: --pids holds as long as/,
  },
  {
    title: "without cgroups --cpus is refused",
    flags: ["--cpus", "1"],
    script: "true",
    stdout: /^$/,
    stderr: /needs a cgroup for --cpus/,
    exitCode: 125,
  },
];
declare(byProcess, ["user"]);

for (const who of ["root", "user"] as const satisfies readonly Who[])
  test.serial(`as ${who}: list, ps, exec and kill know a sandbox by its name`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, who);
    const verb = (...words: readonly string[]) =>
      command([...(who === "user" ? asUser : []), ...cofferArgv(), ...words], { cwd: box.path, env });
    const running = startIn(box, who, ["--name", box.tag, "--", "sh", "-c", "echo here; exec sleep 60"], env);
    await running.saw("here");
    t.regex((await verb("list")).stdout, new RegExp(`^${box.tag} +\\d+ +running`, "m"));
    t.regex((await verb("ps", box.tag)).stdout, /sleep 60/);
    t.is((await verb("exec", box.tag, "cat", "/etc/hostname")).stdout, "sandbox\n");
    const taken = await sandboxIn(box, who, ["--name", box.tag, "--", "true"], env);
    t.is(taken.exitCode, 125);
    t.regex(taken.stderr, /exists|in use/);
    t.is((await verb("kill", box.tag, "TERM")).exitCode, 0);
    t.is((await running.done).exitCode, 143);
    t.notRegex((await verb("list")).stdout, new RegExp(box.tag));
    await nothingLeft(t, box, box.before);
  });

test.serial("a sandbox with limits leaves no cgroup when its caller is killed", async (t) => {
  if (!(await needs(t, "root", "userns", "cgroup-v1"))) return;
  const { box, env } = await makePlace(t, "root");
  const running = startIn(
    box,
    "root",
    ["--memory", "64m", "--name", box.tag, "--", "sh", "-c", "echo here; exec sleep 60"],
    env,
  );
  await running.saw("here");
  const cgroup = `coffer-${box.tag}`;
  t.true(readdirSync("/sys/fs/cgroup/memory").includes(cgroup));
  process.kill(running.pid, "SIGKILL");
  await running.done;
  for (let tries = 0; tries < 100 && readdirSync("/sys/fs/cgroup/memory").includes(cgroup); tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  t.false(readdirSync("/sys/fs/cgroup/memory").includes(cgroup));
  t.is((await command([...cofferArgv(), "delete", "--force", box.tag])).exitCode, 0);
  await nothingLeft(t, box, box.before);
});
