// The library that programs of an explained sandbox are started with: the supervisor hears less, and reports the same.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn } from "./table.ts";

const flags = ["--tools", "none", "--explain"];
/** Who preloads something else, if only nothing, goes without the library. */
const without = ["--env", "LD_PRELOAD="];

const deniedIn = (stderr: string): readonly string[] =>
  stderr.split("\n").flatMap((line) => /^coffer: denied: (.*)$/.exec(line)?.slice(1) ?? []);

const prepare = [
  "mkdir -p shown/deep hidden BESIDE/away",
  "echo k >.env; echo s >hidden/s; : >empty; echo t >shown/t; ln -s BESIDE/away gone; ln -s .env key; ln -s hidden/s word",
  "echo a >BESIDE/away/a; chmod -R a+rX BESIDE",
].join("; ");

/** Each call by itself: nothing that fails ends the program. */
const calls = `
import os
def go(what, *args, **named):
    try:
        got = what(*args, **named)
        if isinstance(got, int) and what is os.open: os.close(got)
    except OSError: pass
D, B = os.environ["D"], os.environ["B"]
top = os.open(D, os.O_RDONLY)
for path in (".env", "key", "word", "empty", "hidden", "hidden/s", "shown/t", "shown/none", "none/none", "gone/a", "gone/none",
             "./gone/a", "shown/../../beside/away/a", "shown//t", D + "/.env", D + "/none", D + "/gone/a", B + "/away/a",
             "/etc/shadow", "/root/.bashrc", "/usr/none", "/usr/bin/env", "/opt/none", "/tmp/none", "/srv", "/proc/none"):
    go(os.open, path, os.O_RDONLY)
    go(os.stat, path)
    go(os.lstat, path)
    go(os.access, path, os.R_OK)
    go(os.open, path, os.O_RDONLY, dir_fd=top)
    go(os.stat, path, dir_fd=top)
    go(os.listdir, path)
for path in ("made", "shown/made", "gone/made", "hidden/made", ".git/hooks/made", ".envrc", "/usr/made", "/opt/made",
             "/tmp/made", "/tmp/made/again", "/dev/made", "/proc/made", D + "/new", B + "/away/made"):
    go(os.open, path, os.O_CREAT | os.O_WRONLY, 0o644)
    go(os.open, path, os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=top)
    go(os.mkdir, path + ".d")
    go(os.unlink, path)
    go(os.rmdir, path + ".d")
    go(os.rename, path, path + ".x")
    go(os.truncate, path, 0)
`;

const same = (title: string, more: readonly string[], argv: readonly string[], least: number) => {
  for (const who of ["root", "user"] as const)
    test.serial(`as ${who}: the same is told of ${title}`, async (t) => {
      if (!(await needs(t, "root", "user", "userns", "busybox"))) return;
      const { box, env } = await makePlace(t, who, prepare);
      const run = async (...words: readonly string[]) => {
        const given = ["--env", `D=${box.path}`, "--env", `B=${box.base}/beside`];
        const { stderr, exitCode } = await sandboxIn(
          box,
          who,
          [...flags, ...more, ...words, ...given, "--", ...argv],
          env,
        );
        t.is(exitCode, 0, stderr);
        return deniedIn(stderr);
      };
      // On a busy machine the front misses some of so many calls: what it has not read is dropped.
      const seen = { quick: new Set<string>(), slow: new Set<string>() };
      for (let left = 5; left > 0; left -= 1) {
        for (const line of await run()) seen.quick.add(line);
        for (const line of await run(...without)) seen.slow.add(line);
        if (seen.quick.size >= least && seen.quick.size === seen.slow.size) break;
      }
      t.deepEqual([...seen.quick].sort(), [...seen.slow].sort());
      t.true(seen.quick.size >= least);
      await nothingLeft(t, box, box.before);
    });
};

same("a program that reads and writes everywhere", [], ["/usr/bin/python3", "-c", calls], 10);
same("a program that may write where it works", ["--rw"], ["/usr/bin/python3", "-c", calls], 8);
same("a program with a fence", ["--rw", "--fence"], ["/usr/bin/python3", "-c", calls], 8);
same(
  "programs without a C library, and of a shell",
  ["--rw"],
  ["sh", "-c", "/bin/busybox cat /etc/shadow .env; cat /etc/shadow; cat gone/a key; ls hidden; touch /opt/made; true"],
  4,
);

/** How often a program waits in so many calls of each kind. */
const counting = `
import os
def waits():
    with open("/proc/self/status") as file:
        return int([line for line in file if line.startswith("voluntary_ctxt")][0].split()[1])
for name, call in (("stat", lambda: os.stat("/usr/bin/env")), ("missing", lambda: os.path.exists("missing")),
                   ("open", lambda: os.close(os.open("f", os.O_RDONLY))), ("make", lambda: (os.close(os.open("n", os.O_CREAT)), os.unlink("n")))):
    before = waits()
    for _ in range(500): call()
    print(name, waits() - before >= 400)
`;

async function waiting(t: ExecutionContext, who: Who, words: readonly string[]): Promise<string> {
  const { box, env } = await makePlace(t, who, "echo >f");
  const argv = ["/usr/bin/python3", "-c", counting];
  const { stdout, stderr, exitCode } = await sandboxIn(box, who, [...flags, "--rw", ...words, "--", ...argv], env);
  t.is(exitCode, 0, stderr);
  return stdout;
}

for (const who of ["root", "user"] as const)
  test.serial(`as ${who}: a call that nothing can be told of waits for nobody`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    t.is(await waiting(t, who, []), "stat False\nmissing False\nopen False\nmake False\n");
    t.is(await waiting(t, who, without), "stat True\nmissing True\nopen True\nmake True\n");
  });

test.serial("a program with a checker of memory starts, and locks of a file stay", async (t) => {
  if (!(await needs(t, "root", "userns", "gcc"))) return;
  const { box, env } = await makePlace(t, "root", ": >lock");
  const source = join(box.path, "locks.c");
  mkdirSync(join(box.path, "out"));
  // A file without content is looked at once more: to open and to close it would let go of the lock (fcntl(2)).
  writeFileSync(
    source,
    `#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open("lock", O_RDWR), other, status;

	if (fcntl(fd, F_SETLK, &lock) < 0)
		return 2;
	other = open("lock", O_RDONLY);
	if (fork() == 0)
		_exit(fcntl(other, F_GETLK, &lock) < 0 ? 3 : lock.l_type == F_UNLCK);
	wait(&status);
	puts(status == 0 ? "held" : "lost");
	return 0;
}
`,
  );
  execFileSync("gcc", ["-fsanitize=address", "-o", join(box.path, "locks"), source]);
  t.true(existsSync(join(box.path, "locks")));
  t.like(await sandboxIn(box, "root", [...flags, "--rw", "--", "./locks"], env), { exitCode: 0, stdout: "held\n" });
});
