// Set-user-id programs that a sandbox would leave in the directory that it may write: root's would be root's on the host.
import { copyFileSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { probe } from "../helpers/build.ts";
import type { Outcome } from "../helpers/command.ts";
import { command } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser } from "../helpers/user.ts";

const old = process.arch === "x64" ? ["chmod", "creat", "open", "mknod", "mkdir"] : [];
const calls = [...old, "fchmod", "fchmodat", "fchmodat2", "openat", "mknodat", "mkdirat", "tmpfile"];

/** What a command does in a sandbox that may write to its working directory, which has the probe in it. */
async function sandboxed(
  box: Box,
  argv: readonly string[],
  user: boolean,
  ...flags: readonly string[]
): Promise<Outcome> {
  copyFileSync(probe(), join(box.path, "probe"));
  const env = user ? giveToUser(box) : {};
  const prefix = user ? asUser : [];
  return command([...prefix, ...cofferArgv(), "sandbox", "--rw", ...flags, "--", ...argv], { cwd: box.path, env });
}

/** What there is of such files in a directory. */
const setIdFiles = (box: Box): readonly string[] =>
  readdirSync(box.path).filter((name) => (lstatSync(join(box.path, name)).mode & 0o6000) !== 0);

/** The outcome of each call, and the bits 07000 of the file. */
const lines = (names: readonly string[], outcome: string): readonly string[] =>
  names.map((name) => `${name}: ${outcome}`).sort();

const told = (t: ExecutionContext, { stdout, stderr }: Outcome): readonly string[] => {
  t.is(stderr, "");
  return stdout.trimEnd().split("\n").sort();
};

for (const [who, user] of [
  ["root", false],
  ["an ordinary user", true],
] as const) {
  test.serial(`the sandbox of ${who}: no call leaves a set-user-id or set-group-id file`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    for (const mode of ["4755", "2755", "6755"]) {
      const box = makeBox(t);
      const seen = told(t, await sandboxed(box, ["./probe", "set-id", mode], user));
      t.deepEqual(
        seen,
        [...lines(calls, "Operation not permitted 0"), "openat2: Function not implemented 0"].sort(),
        mode,
      );
      t.deepEqual(setIdFiles(box), []);
    }
  });

  test.serial(`the sandbox of ${who}: every other mode is given`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const box = makeBox(t);
    const seen = told(t, await sandboxed(box, ["./probe", "set-id", "1755"], user));
    t.deepEqual(seen, [...lines(calls, "ok 1000"), "openat2: Function not implemented 0"].sort());
  });
}

test.serial("root's sandbox that gives up either defence leaves such files: the test can fail", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  for (const flag of ["--unsafe-new-privileges", "--unsafe-no-seccomp"]) {
    const box = makeBox(t);
    const seen = told(t, await sandboxed(box, ["./probe", "set-id", "4755"], false, flag));
    t.true(seen.includes("fchmod: ok 4000"), flag);
    t.true(setIdFiles(box).includes("file"), flag);
    t.is(lstatSync(join(box.path, "file")).uid, 0);
  }
});

test.serial("archives, copies and repositories work; only the bits are refused", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const script = `set -e
mkdir d && echo x >d/a && chmod 750 d/a && tar cf t.tar d && rm -r d && tar xf t.tar && stat -c %a d/a
cp -p d/a d/b && install -m 711 d/a d/c && mkdir -m 1777 d/e && stat -c %a d/b d/c d/e
chmod 4755 d/a || echo "status $?"`;
  const { stdout, stderr } = await sandboxed(box, ["sh", "-c", script], false);
  t.is(stdout, "750\n750\n711\n1777\nstatus 1\n");
  t.regex(stderr, /^chmod: .*Operation not permitted\n$/);
});
