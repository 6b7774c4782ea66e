// What the native front needs around it: no writable directory but that of the state, no /tmp and no HOME. It needs no more of
// /proc than crun, and no system call that the engines' default profile withholds.
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import test from "ava";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { makeRoot, runInRoot } from "../helpers/root.ts";
import { engineProfileMissing, readEngineProfile } from "../seccomp/engine-profile.ts";
import { native } from "./both.ts";

const [program = ""] = native;
const programs = dirname(program);

test.serial("the program runs from a read-only root, without /tmp and HOME; only the state is written", async (t) => {
  if (!(await needs(t, "root", "busybox", "native-front"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "exit", "7"] });
  const root = makeRoot(join(box.base, "root"));
  cpSync(programs, join(root, "usr/bin"), { recursive: true, verbatimSymlinks: true });
  cpSync(box.path, join(root, "bundle"), { recursive: true });
  const state = "mkdir /run/state; mount -t tmpfs -o mode=700 tmpfs /run/state; mount -o remount,ro /run";
  const before = `${state}; mount -o remount,bind,ro /;`;
  const run = (...words: readonly string[]) =>
    runInRoot(root, ["/usr/bin/coffer-oci", "--root", "/run/state", ...words], { before });
  t.like(await run("run", "--bundle", "/bundle", box.tag), { exitCode: 7, stderr: "" });
  t.like(await run("create", "--bundle", "/bundle", "--pid-file", "/nowhere", box.tag), { exitCode: 1 });
  t.like(await run("list"), { exitCode: 0, stderr: "" });
  await nothingLeft(t, box, box.before);
});

const withoutProc = 'umount -R -l /proc 2>/dev/null || umount -l /proc; exec "$@"';

test.serial("without /proc, what crun can do can be done, and the rest is an error in one line", async (t) => {
  if (!(await needs(t, "root", "crun", "native-front"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "exit", "7"] });
  const inside = (argv: readonly string[]) =>
    command(["unshare", "--mount", "--propagation", "private", "sh", "-c", withoutProc, "sh", ...argv]);
  const both = async (...words: readonly string[]) => ({
    crun: await inside(["crun", "--root", join(box.base, "crun"), ...words]),
    own: await inside([join(programs, "coffer-oci"), "--root", box.state, ...words]),
  });
  for (const words of [
    ["--version"],
    ["features"],
    ["list"],
    ["state", "none"],
    ["run", "--bundle", box.path, box.tag],
  ]) {
    const { crun, own } = await both(...words);
    t.log(words[0], crun.exitCode, own.exitCode, own.stderr.trim());
    if (crun.exitCode === 0) t.is(own.exitCode, 0, own.stderr);
    else t.true(own.exitCode === 0 || /^[^\n]+\n$/.test(own.stderr), own.stderr);
  }
  await nothingLeft(t, box, box.before);
});

const isArm = process.arch === "arm64";
const target = {
  goArch: isArm ? "arm64" : "amd64",
  ociArch: isArm ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64",
  caps: [],
};

test.serial("the program runs under the engines' default seccomp profile", async (t) => {
  if (!(await needs(t, "root", "native-front"))) return;
  if (engineProfileMissing !== undefined) return t.fail(engineProfileMissing);
  const box = makeBox(t, {});
  const file = join(box.path, "config.json");
  const config = JSON.parse(readFileSync(file, "utf8"));
  mkdirSync(join(box.rootfs, "front"));
  for (const name of ["coffer", `coffer-helper-${isArm ? "aarch64" : "x86_64"}`])
    copyFileSync(join(programs, name), join(box.rootfs, "front", name));
  copyFileSync(join(programs, "coffer"), join(box.rootfs, "front/coffer-oci"));
  const before = snapshot(box);
  const profile = readEngineProfile(target);
  const confined = (args: readonly string[]) => ({
    ...config,
    process: { ...config.process, args },
    linux: { ...config.linux, seccomp: profile },
  });
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["/front/coffer-oci", "--version"], 0, /^coffer-oci version/],
    [["/front/coffer-oci", "features"], 0, /ociVersionMin/],
    [["/front/coffer-oci", "--root", "/run/none", "state", "x"], 1, /^$/],
    [["/front/coffer", "doctor"], 0, /front: native/],
  ];
  for (const [args, status, expected] of cases) {
    writeFileSync(file, JSON.stringify(confined(args)));
    const { exitCode, stdout, stderr } = await command([
      program,
      "--root",
      box.state,
      "run",
      "--bundle",
      box.path,
      box.tag,
    ]);
    t.is(exitCode, status, `${args}: ${stderr}`);
    t.regex(stdout, expected, basename(args[0] ?? ""));
    t.notRegex(stderr, /SIGSYS|Bad system call/);
  }
  await nothingLeft(t, box, before);
});
