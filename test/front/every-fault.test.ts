// Every call of the native front's host fails at every place of every verb. The verb succeeds, or ends in one line with the
// status of a failure; and nothing is left. FRONT_FAULTS names calls, FRONT_VERBS verbs.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { native } from "./both.ts";

const [program = ""] = native;

/**
 * The calls that helper-c/front/host makes for these verbs, and an errno that each may have. Not close(2): the kernel frees the descriptor
 * whatever it answers, which an injected error does not do.
 */
const faults: readonly (readonly [string, string])[] = [
  ["open,openat", "EMFILE"],
  ["read", "EIO"],
  ["write", "ENOSPC"],
  ["stat,lstat,newfstatat", "EACCES"],
  ["fstat", "EIO"],
  ["statfs,fstatfs", "ENOSYS"],
  ["readlink", "EACCES"],
  ["getdents64", "EIO"],
  ["mkdir", "ENOSPC"],
  ["link", "EPERM"],
  ["access", "EACCES"],
  ["socket", "EMFILE"],
  ["connect", "ECONNREFUSED"],
  ["setsockopt", "ENOMEM"],
  ["sendmsg", "ENOBUFS"],
  ["recvmsg", "ENOBUFS"],
  ["getgroups", "EINVAL"],
  ["getcwd", "ENOENT"],
  ["uname", "EFAULT"],
  ["ioctl", "ENOTTY"],
  ["pipe2", "EMFILE"],
  ["fcntl", "EINVAL"],
  ["clone,vfork,clone3", "EAGAIN"],
  ["pidfd_open", "ENOSYS"],
  ["pidfd_send_signal", "EPERM"],
  ["poll,ppoll", "ENOMEM"],
  ["wait4", "ECHILD"],
  ["mmap", "ENOMEM"],
  ["mprotect", "ENOMEM"],
  ["mremap", "ENOMEM"],
  ["sigaltstack", "ENOMEM"],
  ["rt_sigaction", "EINVAL"],
  ["rt_sigprocmask", "EINVAL"],
];

const { FRONT_FAULTS, FRONT_VERBS } = process.env;
const isAsked = (list: string | undefined, name: string): boolean =>
  list === undefined || list.split(" ").includes(name);

/** The verbs, after which each; what they are given besides. */
const verbs: readonly (readonly [string, (box: Box) => readonly string[]])[] = [
  ["create", ({ path, tag }) => ["create", "--bundle", path, tag]],
  ["state", ({ tag }) => ["state", tag]],
  ["start", ({ tag }) => ["start", tag]],
  ["exec", ({ tag }) => ["exec", tag, "/probe", "exit", "0"]],
  ["list", () => ["list"]],
  ["ps", ({ tag }) => ["ps", tag]],
  ["update", ({ tag }) => ["update", "--pids-limit", "50", tag]],
  ["kill", ({ tag }) => ["kill", tag, "KILL"]],
  ["delete", ({ tag }) => ["delete", "--force", tag]],
  ["run", ({ path, tag }) => ["run", "--bundle", path, tag]],
  ["plan", ({ path }) => ["plan", path]],
  ["sandbox", ({ tag }) => ["sandbox", "--name", tag, "--", "true"]],
];

/** What these print may be cut by a fault. */
const printing: readonly string[] = ["state", "list", "ps", "plan"];

const isOneLine = (text: string): boolean => /^[^\n]+\n$/.test(text);

/** Has the Nth call of a name fail; false when there was no Nth. */
async function inject(
  t: ExecutionContext,
  box: Box,
  words: readonly string[],
  [calls, errno]: readonly [string, string],
  at: number,
) {
  const fault = `inject=${calls}:error=${errno}:when=${at}`;
  const log = join(box.base, "strace");
  const argv = ["strace", "-qq", "-o", log, "-e", `trace=${calls}`, "-e", fault, program];
  const { exitCode, signal, stdout, stderr } = await command([...argv, "--root", box.state, ...words], {
    timeoutMs: 20_000,
  });
  const isHit = existsSync(log) && readFileSync(log, "utf8").includes("(INJECTED)");
  const told = `${words[0]}, ${fault}: status ${exitCode} ${signal}: ${stderr}`;
  if (isHit && exitCode !== 0) {
    t.is(signal, null, told);
    // What cannot be written is not told.
    t.true(isOneLine(stderr) || (calls === "write" && stderr === ""), told);
    // As for execvp(3), a program whose directory cannot be looked at is not there.
    const isUnseen = words[0] === "sandbox" && errno === "EACCES" && exitCode === 127;
    // Before the program knows its verb, it ends with 125.
    t.true(
      isUnseen || exitCode === 125 || (exitCode === 1 && !["run", "exec", "sandbox"].includes(words[0] ?? "")),
      told,
    );
    if (!printing.includes(words[0] ?? "")) t.is(stdout, "", told);
  }
  return isHit;
}

for (const fault of faults.filter(([calls]) => isAsked(FRONT_FAULTS, calls)))
  test.serial(`${fault.join(" fails with ")}, at every place of every verb`, async (t) => {
    t.timeout(1_800_000);
    if (!(await needs(t, "native-front", "root", "strace"))) return;
    let hits = 0;
    const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"] });
    const short = makeBox(t, { "/process/args": ["/probe", "exit", "0"] });
    const call = (one: Box, ...words: readonly string[]) => command([program, "--root", one.state, ...words]);
    for (const [verb, wordsOf] of verbs.filter(([name]) => isAsked(FRONT_VERBS, name))) {
      const one = ["run", "sandbox"].includes(verb) ? short : box;
      for (let at = 1; ; at++) {
        // What stands before the verb; what a failed one has left goes first.
        await call(one, "delete", "--force", one.tag);
        if (!["create", "run", "list", "plan", "sandbox"].includes(verb))
          await call(one, "create", "--bundle", one.path, one.tag);
        if (["exec", "kill", "ps", "update"].includes(verb)) await call(one, "start", one.tag);
        if (!(await inject(t, one, wordsOf(one), fault, at))) break;
        hits++;
      }
    }
    for (const one of [box, short]) {
      await call(one, "delete", "--force", one.tag);
      await nothingLeft(t, one, one.before);
    }
    t.log(`${hits} faults`);
    t.true(hits > 0 || FRONT_VERBS !== undefined);
  });
