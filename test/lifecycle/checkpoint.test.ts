// checkpoint and restore: a counting process goes on where it was.
import {
  chmodSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { start, until } from "../helpers/command.ts";
import { ownIds } from "../helpers/config.ts";
import { create, fails, ok, stateOf } from "../helpers/container.ts";
import type { Counter } from "../helpers/criu/checkpoint.ts";
import {
  countOf,
  counts,
  dump,
  makeCounter,
  paths,
  pipes,
  restore,
  restoreWords,
  runPiped,
  startCounter,
} from "../helpers/criu/checkpoint.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft, processesOf } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { runVerb, startVerb } from "../helpers/peers/runtimes.ts";

/** What /proc says of a container's first process. */
function statusOf(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return (status.match(/^(?:Cap\w+|NoNewPrivs|Seccomp|Uid|Gid|Groups):.*$/gm) ?? []).join("\n");
}

/** The pid that the state directory has. */
function pidOf({ state, tag }: Counter): number {
  return Number(readFileSync(join(state, tag, "process"), "utf8").split(" ")[0]);
}

/** The mounts of a process, without numbers. */
function mountsOf(pid: number): readonly string[] {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, "utf8").trim().split("\n");
  return lines.map((line) => line.replace(/^\d+ \d+ \d+:\d+ /, "")).sort();
}

const cycle = test.macro({
  title: (_, what: string) => `it goes on: ${what}`,
  async exec(t, _what: string, patch: Patch, how: readonly string[], flags: readonly string[] = []) {
    if (!(await needs(t, "root", "criu"))) return;
    const box = makeCounter(t, patch, ...how);
    await startCounter(t, box);
    const before = pidOf(box);
    const [status, mounts] = [statusOf(before), mountsOf(before)];
    await dump(t, box, ...flags);
    t.deepEqual(processesOf(box), [], "nothing runs");
    // The root of a user namespace reads the images too.
    chmodSync(box.images, 0o711);
    const reached = countOf(box);
    const pidFile = join(box.base, "pid");
    await restore(t, box, reached, ...flags, "--pid-file", pidFile);
    const { pid, status: now } = await stateOf(t, box);
    t.is(now, "running");
    t.is(readFileSync(pidFile, "utf8"), String(pid));
    t.is(pidOf(box), pid);
    t.is(statusOf(pid), status, "its rights are what they were");
    t.deepEqual(mountsOf(pid), mounts, "its mounts are what they were");
    await ok(t, box, "delete", ["--force", box.tag]);
    await nothingLeft(t, box, box.before);
  },
});

const seccomp = {
  defaultAction: "SCMP_ACT_ALLOW",
  architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
  syscalls: [{ names: ["mkdirat"], action: "SCMP_ACT_ERRNO" }],
};
const userns = {
  "/linux/namespaces/-": { type: "user" },
  "/linux/uidMappings": ownIds(65_536),
  "/linux/gidMappings": ownIds(65_536),
};

test.serial("with the default config", cycle, "the default config", {}, []);
test.serial("in a user namespace", cycle, "a user namespace", userns, []);
test.serial("with a lock", cycle, "a lock on its file", {}, ["lock"], ["--file-locks"]);
test.serial("with seccomp", cycle, "a seccomp filter", { "/linux/seccomp": seccomp }, []);
test.serial(
  "with binds",
  cycle,
  "bound files and directories",
  {
    "/mounts/-": { destination: "/mnt", type: "bind", source: "$BASE/canary", options: ["rbind", "ro"] },
  },
  [],
);
test.serial("with limits", cycle, "limits", { "/linux/resources/pids": { limit: 64 } }, []);
test.serial(
  "with another user",
  cycle,
  "another user",
  {
    "/process/user": { uid: 0, gid: 0, additionalGids: [7, 9] },
    "/process/capabilities": {},
  },
  [],
);

test.serial("a file that has no name any more is there again for who has it open", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const box = makeCounter(t, {}, "unlinked");
  const told = (): number => Number(readFileSync(join(box.base, "out"), "utf8").match(/count (\d+)\s*$/)?.[1] ?? 0);
  await runPiped(t, box, "run", ["--detach", "--bundle", box.path, box.tag]);
  await until("it counts", () => told() > 0);
  await dump(t, box);
  const reached = told();
  await runPiped(t, box, "restore", restoreWords(box));
  await until("it counts on", () => told() > reached);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial(
  "left running, it goes on, and can be restored from then once it has ended, through links of the caller",
  async (t) => {
    if (!(await needs(t, "root", "criu"))) return;
    const made = makeCounter(t);
    symlinkSync(".", join(made.base, "moved"));
    symlinkSync("images", join(made.base, "newest"));
    const box = { ...made, images: join(made.base, "moved/newest") };
    await startCounter(t, box);
    await dump(t, box, "--leave-running");
    await counts(box, countOf(box));
    await ok(t, box, "pause", [box.tag]);
    await dump(t, box);
    t.deepEqual(processesOf(box), []);
    await restore(t, box, countOf(box));
    await ok(t, box, "delete", ["--force", box.tag]);
    await nothingLeft(t, box, box.before);
  },
);

test.serial("a pre-dump is the parent of the dump that follows", async (t) => {
  if (!(await needs(t, "root", "criu", "memory-tracking"))) return;
  const box = makeCounter(t);
  const first = { ...box, images: join(box.base, "first") };
  await startCounter(t, box);
  await dump(t, first, "--pre-dump");
  await counts(box, countOf(box));
  await dump(t, box, "--parent-path", "../first");
  await restore(t, box, countOf(box));
  await ok(t, box, "delete", ["--force", box.tag]);
});

test.serial("a parent that is not there, or behind a link of another, is refused before anything stops", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const box = makeCounter(t);
  await startCounter(t, box);
  const words = [...paths(box), "--parent-path", "../none", box.tag];
  await fails(t, box, "checkpoint", words, /--parent-path "\.\.\/none" is no directory beside the images/);
  // Between a look at them and CRIU's, links lead elsewhere: a FIFO there would hold CRIU, and the container with it.
  for (const name of ["far", "far/first"]) mkdirSync(join(box.base, name), { mode: 0o700 });
  symlinkSync("far", join(box.base, "near"));
  lchownSync(join(box.base, "near"), 1000, 1000);
  const behind = [...paths(box), "--parent-path", "../near/first", box.tag];
  await fails(t, box, "checkpoint", behind, /on the way to \\?"parent\\?", .*near\\?" is a symbolic link of user 1000/);
  await counts(box, countOf(box));
  await ok(t, box, "delete", ["--force", box.tag]);
});

test.serial("mount points that are gone are made again, also beneath a bind", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const bind = (source: string, destination: string) => ({ destination, type: "bind", source, options: ["bind"] });
  const box = makeCounter(t, { "/mounts/-": bind("$BASE/outer", "/mnt") });
  const outer = join(box.base, "outer");
  for (const name of ["outer", "other"]) mkdirSync(join(box.base, name));
  const config = JSON.parse(readFileSync(join(box.path, "config.json"), "utf8"));
  config.mounts.push(
    bind(join(box.base, "other"), "/mnt/for/nested"),
    bind(join(box.base, "canary", "file"), "/mnt/one"),
  );
  writeFileSync(join(box.path, "config.json"), JSON.stringify(config));
  await startCounter(t, box);
  const mounts = mountsOf(pidOf(box));
  await dump(t, box);
  for (const name of ["for", "one"]) rmSync(join(outer, name), { recursive: true });
  await restore(t, box, countOf(box));
  t.deepEqual(mountsOf(pidOf(box)), mounts);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("in the foreground, restore ends as the container does", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const box = makeCounter(t);
  await startCounter(t, box);
  await dump(t, box);
  const [, ...words] = restoreWords(box);
  const prefix = ["bash", "-c", 'exec "$@" < <(:) > >(exec cat >>"$0") 2>&1', join(box.base, "out")];
  const running = startVerb("coffer", box, "restore", words, { prefix });
  await counts(box, countOf(box));
  await until("it writes to the new stream", () => readFileSync(join(box.base, "out"), "utf8").includes("count"));
  await ok(t, box, "kill", [box.tag, "KILL"]);
  t.is((await running.done).exitCode, 137);
  await nothingLeft(t, box, box.before);
});

test.serial("a terminal goes to the console socket", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const box = makeCounter(t, { "/process/terminal": true });
  const first = start([tools(), "console", join(box.base, "console-1")]);
  await first.saw("listening");
  await create(t, box, "--console-socket", join(box.base, "console-1"));
  await ok(t, box, "start", [box.tag]);
  await first.saw("count 10");
  await dump(t, box);
  const second = start([tools(), "console", join(box.base, "console-2")]);
  await second.saw("listening");
  await ok(t, box, "restore", restoreWords(box, "--console-socket", join(box.base, "console-2")));
  await second.saw("count");
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("a network namespace by path is joined", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const holder = start(["unshare", "-n", "sh", "-c", "echo ready; read line"], { keepStdin: true });
  await holder.saw("ready");
  const path = `/proc/${holder.pid}/ns/net`;
  const box = makeCounter(t, { "/linux/namespaces/1": { type: "network", path } });
  await startCounter(t, box);
  await dump(t, box);
  await restore(t, box, countOf(box));
  const { pid } = await stateOf(t, box);
  t.is(readlinkSync(`/proc/${pid}/ns/net`), readlinkSync(path));
  await ok(t, box, "delete", ["--force", box.tag]);
  holder.write("\n");
  await holder.done;
});

test.serial(
  "on a machine whose mounts are shared it is a slave of them again, as systemd's machines have it",
  async (t) => {
    if (!(await needs(t, "root", "criu"))) return;
    const options = { destination: "/mnt", type: "bind", source: "$BASE/canary", options: ["rbind", "rslave"] };
    const box = makeCounter(t, { "/mounts/-": options });
    // What is on the mount of the root directory would be private (decision 0075).
    const script = 'mount -t tmpfs tmpfs "$0"; mount --make-rshared /; echo ready; read line';
    const words = ["unshare", "-m", "--propagation", "private", "sh", "-c", script, join(box.base, "canary")];
    const holder = start(words, { keepStdin: true });
    await holder.saw("ready");
    const enter = ["nsenter", "--target", `${holder.pid}`, "--mount", "--"];
    const verb = async (name: string, args: readonly string[]): Promise<void> => {
      const prefix = [...enter, "bash", "-c", pipes, join(box.base, "out")];
      const { exitCode } = await runVerb("coffer", box, name, args, { prefix });
      t.is(exitCode, 0, `${name}: ${readFileSync(join(box.base, "out"), "utf8")}`);
    };
    await verb("run", ["--detach", "--bundle", box.path, box.tag]);
    await counts(box, 2);
    const mounts = mountsOf(pidOf(box));
    t.regex(mounts.join("\n"), / \/mnt .*master:/);
    await verb("checkpoint", [...paths(box), box.tag]);
    const reached = countOf(box);
    await verb("restore", restoreWords(box));
    await counts(box, reached);
    t.deepEqual(mountsOf(pidOf(box)), mounts);
    await ok(t, box, "delete", ["--force", box.tag]);
    holder.write("\n");
    await holder.done;
  },
);
