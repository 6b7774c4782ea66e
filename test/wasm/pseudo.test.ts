// File systems of the kernel: /proc/self/mem is a plain file, and writes to pages that nobody may write to. No module gets to
// such a file system, wherever it is mounted.
import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, userIds } from "../helpers/user.ts";
import { buildModule, cache, emptyDir, wasm } from "./module.ts";

/** What the program tries in each directory. */
const tries = 14;

/** Every try is rejected, for the file system and for nothing else. The names are of a procfs: elsewhere most are missing. */
function noneDone(t: ExecutionContext, stdout: string, dirs: number): void {
  const lines = stdout.trim().split("\n");
  t.is(lines.length, tries * dirs, stdout);
  const isRejected = (line: string): boolean =>
    line.endsWith(": Operation not permitted") ||
    /^(?:write|create) .*: Read-only file system$/.test(line) ||
    /^\w+ \/sys\/.*: No such file or directory$/.test(line);
  t.deepEqual(
    lines.filter((line) => !isRejected(line)),
    [],
  );
}

test.serial("a module given / reaches no file system of the kernel", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const words = ["--dir", "/:/:ro", buildModule("pseudo"), "--", "/proc", "/sys"];
  const { stdout, stderr, exitCode } = await wasm(words);
  t.is(exitCode, 0, stderr);
  noneDone(t, stdout, 2);
});

/** The module as an ordinary user, with a directory. */
async function runAsUser(t: ExecutionContext, dir: string, args: readonly string[]) {
  const home = emptyDir(t);
  const { uid, gid } = userIds();
  const module = join(home, "app.wasm");
  copyFileSync(buildModule("pseudo"), module);
  chmodSync(module, 0o644);
  chownSync(home, uid, gid);
  const words = ["wasm", "--dir", dir, module, "--", ...args];
  const options = { env: { HOME: home, XDG_RUNTIME_DIR: home }, input: "", timeoutMs: 120_000 };
  return command([...asUser, ...cofferArgv(), ...words], options);
}

test.serial("a module of an ordinary user that is given / reaches no file system of the kernel", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "user", "userns", "wasm2c"))) return;
  const { stdout, stderr, exitCode } = await runAsUser(t, "/:/:ro", ["/proc", "/sys"]);
  t.is(exitCode, 0, stderr);
  noneDone(t, stdout, 2);
});

test.serial("a directory that is itself of the kernel is not given", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "user", "userns", "wasm2c"))) return;
  const { stdout, stderr, exitCode } = await runAsUser(t, "/proc:/p", ["/p"]);
  t.is(stderr, "coffer: wasm: a directory of the module is on a file system of the kernel\n");
  t.is(stdout, "");
  t.is(exitCode, 134);
});

/** A bundle with the module, /proc and what else is mounted; of the test user if so. */
async function makeBundle(t: ExecutionContext, isUsers = false): Promise<string> {
  const base = emptyDir(t);
  const give = () => isUsers && command(["chown", "-R", Object.values(userIds()).join(":"), base]);
  await give();
  const [start, flags] = isUsers ? [asUser, ["--rootless"]] : [[], []];
  await command([...start, ...cofferArgv(), "spec", ...flags, "--bundle", base]);
  const root = join(base, "rootfs");
  for (const name of ["dev", "proc", "sys", "other"]) mkdirSync(join(root, name), { recursive: true });
  writeFileSync(join(root, "plain"), "");
  symlinkSync("proc", join(root, "link"));
  copyFileSync(buildModule("pseudo"), join(root, "app.wasm"));
  const file = join(base, "config.json");
  const config = JSON.parse(readFileSync(file, "utf8"));
  const args = ["/app.wasm", "/proc", "/sys", "/other", "/link", "/sys/fs/cgroup"];
  const mounts = [...config.mounts, { destination: "/other", type: "proc", source: "proc" }];
  const own = { ...config.process, terminal: false, args };
  writeFileSync(file, JSON.stringify({ ...config, process: own, mounts, root: { path: "rootfs", readonly: false } }));
  await give();
  return base;
}

test.serial("the module of a bundle reaches no file system of the kernel", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const base = await makeBundle(t);
  const words = ["run", "--root", join(base, "state"), "--bundle", base, "pseudo"];
  const env = { XDG_CACHE_HOME: cache };
  const options = { env, input: "", timeoutMs: 120_000 };
  const { stdout, stderr, exitCode } = await command([...cofferArgv(), ...words], options);
  t.is(exitCode, 0, stderr);
  noneDone(t, stdout, 5);
});

test.serial("the module of an ordinary user's bundle reaches no file system of the kernel", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "user", "userns", "wasm2c"))) return;
  const base = await makeBundle(t, true);
  const words = ["run", "--root", join(base, "state"), "--bundle", base, "pseudo"];
  const options = { env: { HOME: base, XDG_RUNTIME_DIR: base }, input: "", timeoutMs: 120_000 };
  const { stdout, stderr, exitCode } = await command([...asUser, ...cofferArgv(), ...words], options);
  t.is(exitCode, 0, stderr);
  noneDone(t, stdout, 5);
});
