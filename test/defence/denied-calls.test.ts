// Each kernel call that could be absent or refused: the run works without it, or fails in one line. Never a fallback to paths.
import { existsSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { makeBox, ok } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { runBundle } from "../helpers/peers/runtimes.ts";

type DeniedRow = readonly [call: string, expected: "works" | "refused", errno?: number];

const ENOSYS = 38;
const EPERM = 1;

const rows: readonly DeniedRow[] = [
  // Not used at all: mount(2), and calls that would only be an optimisation.
  ["mount", "works"],
  ["statmount", "works"],
  ["listmount", "works"],
  // The floor: without these no way is safe, so nothing is launched.
  ["openat2", "refused"],
  ["open_tree", "refused"],
  ["move_mount", "refused"],
  ["fsopen", "refused"],
  ["fsconfig", "refused"],
  ["fsmount", "refused"],
  ["mount_setattr", "refused"],
  ["clone3", "refused"],
  ["execveat", "refused"],
  ["memfd_create", "refused"],
  ["close_range", "refused"],
  ["pidfd_send_signal", "works"],
  ["pivot_root", "refused"],
  ["umount2", "refused"],
  ["seccomp", "works"],
  ["sethostname", "refused"],
  ["prlimit64", "refused"],
  ["capset", "refused"],
  ["faccessat2", "refused"],
  ["keyctl", "refused"],
  ["openat2", "refused", EPERM],
  ["fsopen", "refused", EPERM],
  ["open_tree", "refused", EPERM],
  ["mount_setattr", "refused", EPERM],
  ["sethostname", "refused", EPERM],
  ["mknodat", "refused", EPERM],
  ["setgroups", "refused", EPERM],
  ["setresuid", "refused", EPERM],
  ["capset", "refused", EPERM],
];

/** What a shell says of a program that cannot be executed: faccessat2(2) is asked about that alone. */
const notExecuted = 126;

const isSafe = test.macro({
  exec: async (t, [call, expected, errno = ENOSYS]: DeniedRow) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t);
    const prefix = [tools(), "deny", call, String(errno), "--"];
    const outcome = await runBundle("coffer", box, { prefix });
    if (expected === "works") {
      t.is(outcome.exitCode, 0, outcome.stderr);
    } else {
      t.is(outcome.exitCode, call === "faccessat2" ? notExecuted : 125, outcome.stdout.slice(0, 100));
      t.regex(outcome.stderr, /^coffer: [^\n]+\n$/);
      t.is(outcome.stdout, "");
    }
    // Where the host side could not undo it either, because it needs the same call, delete can later.
    if (existsSync(join(box.state, box.tag))) await ok(t, box, "delete", ["--force", box.tag]);
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, [call, expected, errno = ENOSYS]: DeniedRow) =>
    `${call} fails with ${errno === ENOSYS ? "ENOSYS" : "EPERM"}: ${expected}`,
});

for (const row of rows) test.serial(isSafe, row);
