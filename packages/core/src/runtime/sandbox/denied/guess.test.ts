import test from "ava";
import { makeListener, readComplaint } from "./guess.ts";

const says = test.macro({
  exec(t, line: string, found: string) {
    t.is(
      readComplaint(line)
        .map(({ op, path }) => `${op} ${path}`)
        .join(),
      found,
    );
  },
  title: (_, line: string) => line.slice(0, 80),
});

test(says, "touch: cannot touch 'made': Read-only file system", "write made");
test(says, "cat: /home/me/.cache/x: No such file or directory", "read /home/me/.cache/x");
test(says, "sh: 1: cannot create out.txt: Read-only file system", "write out.txt");
test(says, "/bin/sh: 1: cannot create out.txt: Permission denied", "read out.txt");
test(says, "/bin/bash: line 3: /srv/x: No such file or directory", "read /srv/x");
test(says, "/usr/bin/env: 'x/y': Permission denied", "read x/y");
test(says, "/srv/run.sh: Permission denied", "read /srv/run.sh");
test(says, "/srv/run.sh: 3: Permission denied", "read /srv/run.sh");
test(says, "Error: EACCES: permission denied, open '/data/x'", "read /data/x");
test(says, "Error: EROFS: read-only file system, mkdir '/home/me/.npm/_logs'", "write /home/me/.npm/_logs");
test(says, "PermissionError: [Errno 13] Permission denied: '/srv/x'", "read /srv/x");
test(says, "FileNotFoundError: [Errno 2] No such file or directory: '/srv/my data'", "read /srv/my data");
test(says, "fatal: Unable to create '/w/.git/index.lock': Read-only file system", "write /w/.git/index.lock");
test(says, "mv: cannot move '.git' to 'g': Device or resource busy", "move .git,move g");
test(says, "error: could not write config file .git/config: Device or resource busy", "move .git/config");
test(says, "fatal: renaming 'a/x' failed: Invalid cross-device link", "move a/x");
test(says, "Error: EXDEV: cross-device link not permitted, rename '/w/a' -> '/w/b'", "move /w/a,move /w/b");
test(says, "Error: EBUSY: resource busy or locked, rmdir '/w/a'", "move /w/a");
test(says, "everything in '/srv/x' is fine", "");
test(says, `${"x".repeat(5000)} '/srv/x': Permission denied`, "");

test(says, "Error: getaddrinfo EAI_AGAIN registry.npmjs.org", "connect registry.npmjs.org");
test(says, "curl: (6) Could not resolve host: Example.org", "connect example.org");
test(
  says,
  "fatal: unable to access 'https://github.com/x/y.git/': Could not resolve host: github.com",
  "connect github.com",
);
test(says, "wget: unable to resolve host address ‘example.org’", "connect example.org");
test(
  says,
  "ssh: Could not resolve hostname git.example.org: Temporary failure in name resolution",
  "connect git.example.org",
);
test(says, "socket.gaierror: [Errno -3] Temporary failure in name resolution", "");
test(says, "npm error code EAI_AGAIN", "");
test(says, `EAI_AGAIN ${"a.".repeat(1500)}`, "");

for (const line of [
  "unshare: unshare failed: Operation not permitted",
  "bwrap: No permissions to create a new namespace, likely because the kernel does not allow non-privileged user namespaces.",
  "Error during unshare(CLONE_NEWUSER): Operation not permitted",
  "Failed to move to new namespace: PID namespaces supported, Network namespace supported, but failed: errno = Operation not permitted",
])
  test(says, line, "make a namespace");

test("the end of what is written is kept, each complaint once", (t) => {
  const { take, complaints } = makeListener();
  take(Buffer.from("cat: /a: Permission denied\n"));
  take(Buffer.alloc(70_000, "\n"));
  take(Buffer.from("cat: /b: Permission den"));
  take(Buffer.from("ied\ncat: /b: Permission denied\n"));
  t.deepEqual(complaints(), [{ path: "/b", op: "read" }]);
});

test("many words that nearly are paths take no long time", (t) => {
  const line = "No such file or directory".padEnd(4000, " '/".repeat(3));
  const began = performance.now();
  for (let count = 0; count < 50; count += 1) readComplaint(line);
  t.true(performance.now() - began < 2000);
});
