// HOME comes from the image's passwd, which may hold anything: it is read beneath the root, bounded, and keeps nobody waiting.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import test from "ava";
import { makeBox, ok } from "../helpers/container.ts";
import { parseFacts } from "../helpers/facts.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";

const mebibyte = 1 << 20;
const line = (directory: string): string => `root:x:0:0:root:${directory}:/bin/sh\\n`;

const homeIs = test.macro({
  exec: async (t, script: string, home = "/") => {
    const box = makeBox(t);
    execFileSync("sh", ["-ec", script], {
      cwd: box.rootfs,
      env: { ...process.env, OUTSIDE: join(box.base, "outside") },
    });
    const before = snapshot(box);
    const { stdout } = await ok(t, box, "run", ["--bundle", box.path, box.tag], { timeoutMs: 15_000 });
    t.deepEqual(
      parseFacts(stdout).env.filter((entry) => entry.startsWith("HOME")),
      [`HOME=${home}`],
    );
    await nothingLeft(t, box, before, "rootfs");
  },
  title: (title) => `passwd is ${title}`,
});

test.serial("a file with root in it", homeIs, `printf '${line("/there")}' >etc/passwd`, "/there");
test.serial("a named pipe", homeIs, "mkfifo etc/passwd");
test.serial("a directory", homeIs, "mkdir etc/passwd");
test.serial("a device that never ends", homeIs, "mknod etc/passwd c 1 5");
test.serial("a link to itself", homeIs, "ln -s passwd etc/passwd");
test.serial("a magic link", homeIs, "ln -s /proc/self/fd/0 etc/passwd");
test.serial("a file of the kernel that waits", homeIs, "ln -s /proc/kmsg etc/passwd");
test.serial("a link out of the image", homeIs, `printf '${line("/escaped")}' >"$OUTSIDE"; ln -s "$OUTSIDE" etc/passwd`);
test.serial("a line without an end", homeIs, "head -c 8388608 /dev/zero | tr '\\0' a >etc/passwd");
test.serial("zeros", homeIs, "head -c 8388608 /dev/zero >etc/passwd");
test.serial(
  "longer than what is read",
  homeIs,
  `yes x:x:1:1::/x: | head -c ${mebibyte} >etc/passwd; printf '\\n${line("/late")}' >>etc/passwd`,
);
test.serial("a directory of 5000 bytes", homeIs, `printf '${line(`/${"d".repeat(5000)}`)}' >etc/passwd`);
test.serial("a number that overflows", homeIs, "printf 'root:x:4294967296:0:root:/wrapped:\\n' >etc/passwd");
test.serial("a number with a sign", homeIs, "printf 'root:x:+0:0:root:/signed:\\n' >etc/passwd");
test.serial("a line with a zero in it", homeIs, "printf 'root:x:0:0:root:/a\\0b:\\n' >etc/passwd");
test.serial("a line that ends early", homeIs, "printf 'root:x:0:0:root\\n' >etc/passwd");
