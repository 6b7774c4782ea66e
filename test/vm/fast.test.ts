// The main job on an older kernel (6.12, without the mount calls of 6.15 and 6.18) and on pure cgroup v2, whose limits
// must bite. Everything runs in one guest, in one Node process: see guest/main.ts.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Row } from "../conformance/rows.ts";
import { probe, repository } from "../helpers/build.ts";
import { beside } from "../helpers/peers/peers.ts";
import { day, isDaily } from "../helpers/runner/daily.ts";
import { runFast } from "./fast.ts";
import type { Comparison } from "./guest/differential.ts";
import type { limitChecks } from "./guest/limits.ts";
import { guestRows } from "./guest/rows.ts";
import { missing, needsGuest } from "./needs.ts";

type Result = Partial<Comparison> & {
  readonly name: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly error?: string;
};

const results = new Map<string, Result>();
let output = "";

test.before("the batch", async (t) => {
  t.timeout(900_000);
  if (missing("fast") !== undefined) return;
  probe();
  const node = join(repository, "node_modules/.bin/node");
  const script = `#!/bin/sh\ncd ${repository}\nexport COFFER_TESTS=${isDaily ? "rest" : "vm"} COFFER_DAY=${day}\nexec ${node} --disable-warning=ExperimentalWarning test/vm/guest/main.ts\n`;
  const { stdout, stderr, console, exitCode, seconds } = await runFast(script, { timeoutMs: 800_000 });
  output = `status ${exitCode} after ${seconds} s\n${stderr}${console}`;
  for (const line of stdout.trim().split("\n").filter(Boolean)) {
    const result: Result = JSON.parse(line);
    results.set(result.name, result);
  }
});

function resultOf(t: ExecutionContext, name: string): Result | undefined {
  if (!needsGuest(t, "fast")) return undefined;
  const result = results.get(name);
  if (result === undefined) t.fail(`the guest told nothing of this: ${output.slice(-3000)}`);
  else if (result.error !== undefined) t.fail(result.error);
  else return result;
  return undefined;
}

const facts = test.macro({
  exec: (t, name: keyof typeof limitChecks, expected: Readonly<Record<string, unknown>>) => {
    const result = resultOf(t, name);
    if (result === undefined) return;
    const told = Object.keys(expected).map((key) => [key, result.facts?.[key]]);
    t.deepEqual(Object.fromEntries(told), expected);
  },
  title: (title = "") => title,
});

const ended = (stdout: string) => ({ exitCode: 0, signal: null, stdout, stderr: "" });

test("a memory limit kills", facts, "memoryLimit", {
  max: "33554432",
  swap: "0",
  kills: 1,
  ran: { exitCode: null, signal: "SIGKILL", stdout: "", stderr: "" },
  within: ended("ok\n"),
});
test("a pids limit refuses forks", facts, "pidsLimit", { max: "8", refused: 13, ran: ended("forked 7\n") });
test("a cpu quota slows down", facts, "cpuQuota", { max: "20000 100000", slowed: true, bounded: true });
test("cpus and shares are written", facts, "cpuset", { cpus: "0", weight: "59", group: "" });
test("devices are refused unless asked for", facts, "devices", {
  exitCode: 0,
  stdout: [
    ...["make-kmsg: yes", "make-disk: yes", "make-fuse: yes", "make-null: yes", "read-null: yes", "write-null: yes"],
    ...["read-kmsg: Operation not permitted", "read-disk: Operation not permitted"],
    ...["write-fuse: Operation not permitted", "read-zero: yes", ""],
  ].join("\n"),
});
test("create, start, exec, kill, delete", facts, "lifecycle", {
  statuses: ["created", "running", "stopped"],
  inside: true,
  joined: ended("0::/\n"),
  left: false,
});
test("a user namespace with its cgroup", facts, "userNamespace", {
  ...ended("0\n         0     100000      65536\n0::/\n33554432\n"),
});

const sameFacts = test.macro({
  exec: async (t, row: Row) => {
    const result = resultOf(t, row.title);
    if (result === undefined) return;
    for (const note of result.notes ?? []) t.log(note.trim());
    // The guest has the host's files, and so the host's peers.
    await beside(t, ["runc", "crun"], (tt) => void tt.deepEqual(result.wrong, []));
  },
  title: (_title, row: Row) => `as crun or runc on 6.12: ${row.title}`,
});

for (const row of guestRows) test(sameFacts, row);

test.serial("run.ts passes output and status on, and ends a guest that hangs", (t) => {
  t.timeout(120_000);
  if (!needsGuest(t, "fast")) return;
  const run = (...words: readonly string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, "run.ts"), ...words], { encoding: "utf8" });
  const { status, stdout, stderr } = run("--", "sh", "-c", "uname -r; pwd; echo it >&2; echo 'a  b'; exit 7");
  t.is(status, 7, stderr);
  t.regex(stdout, /^6\.12\./);
  t.true(stdout.endsWith(`\n${process.cwd()}\na  b\n`), stdout);
  t.is(stderr, "it\n");
  const hung = run("--timeout", "8", "--", "sleep", "1000");
  t.is(hung.status, 125);
  t.regex(hung.stderr, /the guest was ended after 8 s/);
});
