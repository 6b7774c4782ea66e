// What a sandbox of the native front hides, which asks the front for the names of directories.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { frontArgv } from "../helpers/callers/front.ts";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { needs } from "../helpers/needs.ts";

const hides = test.macro({
  exec: async (t, isNative: boolean) => {
    if (!(await needs(t, "root", "userns"))) return;
    const box = makeBox(t);
    mkdirSync(join(box.path, "keys"));
    for (const name of ["keys/a.secret", ".env", "keys/plain", "keys/\u00e9.secret"])
      writeFileSync(join(box.path, name), `${name}\n`);
    const words = ["sandbox", "--deny", "**/*.secret", "--", "sh", "-c", "cat keys/* .env"];
    const { stdout, stderr, exitCode } = await command([...frontArgv("coffer", [], isNative), ...words], {
      cwd: box.path,
    });
    t.is(exitCode, 0, stderr);
    t.is(stdout, "keys/plain\n");
  },
  title: (_, isNative) => `${isNative ? "the native front" : "Node"} hides files by signs, and .env`,
});

test.serial(hides, true);
test.serial(hides, false);

test.serial("the native front ends a command with TERM when its time is over", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const script = "trap 'echo told; exit' TERM; while :; do sleep 0.1; done";
  const words = ["sandbox", "--timeout", "0.3", "--", "sh", "-c", script];
  const { stdout, stderr, exitCode } = await command([...frontArgv("coffer", [], true), ...words], { cwd: box.path });
  t.is(stdout, "told\n", stderr);
  t.is(stderr, "coffer: the program was ended after 0.3 s (--timeout)\n");
  t.is(exitCode, 124);
});
