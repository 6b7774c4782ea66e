// Each attempt either is refused in one line or runs as if it were a container alone. The host's CANARY is as before.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox, ok, runDetached } from "../helpers/container.ts";
import { inMode } from "../helpers/host-modes.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv, runBundle } from "../helpers/peers/runtimes.ts";
import type { EscapeRow } from "./escape-rows.ts";
import { escapeRows } from "./escape-rows.ts";

const kernelFiles = (): readonly string[] =>
  ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname"].map((path) => readFileSync(path, "utf8"));

function prepare(t: ExecutionContext, row: EscapeRow): Box {
  const box = makeBox(t, row.patch);
  if (row.before !== undefined) execFileSync("sh", ["-ec", row.before], { cwd: box.base });
  return { ...box, before: snapshot(box) };
}

const isContained = test.macro({
  exec: async (t, row: EscapeRow) => {
    if (!(await needs(t, "root"))) return;
    const box = prepare(t, row);
    const kernel = kernelFiles();
    const terminal = "/process/terminal" in row.patch ? [tools(), "pty", "24x80", "--"] : [];
    const outcome = await runBundle("coffer", box, { prefix: terminal });
    if (row.refused !== undefined) {
      t.not(outcome.exitCode, 0);
      t.regex(outcome.stderr + outcome.stdout, row.refused);
    }
    if (outcome.exitCode === 0 && row.output !== undefined) t.regex(outcome.stdout, row.output);
    if (outcome.exitCode !== 0 && terminal.length === 0) {
      // Nothing at all: the program was the init program itself, from its sealed memory, which ends without a plan.
      t.regex(outcome.stderr + outcome.stdout, /^(coffer: [^\n]+\n|errno [^\n]+\n|)$/);
    }
    t.deepEqual(kernelFiles(), kernel);
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, row: EscapeRow) => row.title,
});

for (const row of escapeRows) test.serial(isContained, row);

test.serial("nothing is mounted on the host where its mounts are shared", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, {
    "/mounts/-": { destination: "/mnt", type: "bind", source: "$BASE/canary", options: ["rbind"] },
    "/linux/rootfsPropagation": "rshared",
  });
  const script =
    'cat /proc/self/mountinfo >"$0"/a; "$@" >/dev/null; code=$?; cat /proc/self/mountinfo >"$0"/b; cmp "$0"/a "$0"/b && exit $code';
  const argv = [...inMode("shared"), "sh", "-c", script, box.base, ...cofferArgv()];
  const outcome = await command([...argv, "run", "--root", box.state, "--bundle", box.path, box.tag]);
  t.is(outcome.exitCode, 0, outcome.stderr + outcome.stdout);
});

test.serial("an over-mounted /proc does not lead anywhere else", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const outcome = await runBundle("coffer", box, { mode: "fake-proc" });
  if (outcome.exitCode === 0) t.regex(outcome.stdout, /"cwd":"\/"/);
  else t.regex(outcome.stderr, /^coffer: [^\n]+\n$/);
  await nothingLeft(t, box, box.before);
});

test.serial("typing into the caller's terminal fails", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "tiocsti"] });
  const outcome = await runBundle("coffer", box, { prefix: [tools(), "pty", "24x80", "--"] });
  t.regex(outcome.stdout, /errno/);
  await nothingLeft(t, box, box.before);
});

test.serial("a session keyring of its own", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "100"] });
  await runDetached(t, box);
  const outcome = await ok(t, box, "exec", [box.tag, "/probe", "facts"]);
  t.regex(outcome.stdout, /"sessionKeyring":[1-9]/);
  await ok(t, box, "delete", ["--force", box.tag]);
});
