// Where a plan comes from: the kernel moves it from pipes and files. From sockets, and where a filter forbids that, the launcher
// does. Nothing of a plan is lost, and none is longer than the largest.
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import { encodePlan } from "../../packages/core/src/wire/encode.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { needs } from "../helpers/needs.ts";
import { hello } from "./expect.ts";
import { helper, storePlan } from "./launch.ts";

const bytes = encodePlan(hello);

/** More than a pipe holds: its arguments are long. */
const long = encodePlan({
  ...hello,
  ops: hello.ops.map((op) => (op.op === "exec" ? { ...op, args: [...op.args, "x".repeat(100_000)] } : op)),
});

/** Verifies the plan that a shell's words write, behind other words. */
function verify(t: ExecutionContext, words: readonly string[], shell: string, plan: Uint8Array): void {
  const file = storePlan(makeBundle(t), plan);
  const argv = [...words, helper(), "verify", "--plan-fd", "0"].map((word) => `'${word}'`).join(" ");
  const { status, stderr } = spawnSync("sh", ["-c", shell.replace("HELPER", argv), "sh", file], { encoding: "utf8" });
  t.is(status, 0, stderr);
}

const sources = {
  "a file": 'HELPER < "$1"',
  "a pipe": 'cat "$1" | HELPER',
  "a slow pipe": '(head -c 100 "$1"; sleep 0.1; tail -c +101 "$1") | HELPER',
};
for (const [from, shell] of Object.entries(sources))
  for (const [size, plan] of Object.entries({ short: bytes, long }))
    test(`a ${size} plan from ${from}`, (t) => verify(t, [], shell, plan));

for (const [size, input] of Object.entries({ short: bytes, long }))
  test(`a ${size} plan from a socket`, (t) => {
    // Node gives its children sockets for pipes.
    const { status, stderr } = spawnSync(helper(), ["verify", "--plan-fd", "0"], { input });
    t.is(status, 0, String(stderr));
  });

const injected = {
  "a filter forbids to have it moved": ["splice,sendfile:error=EPERM"],
  "the kernel cannot move it": ["splice,sendfile:error=ENOSYS"],
  "a signal interrupts that": ["splice:error=EINTR:when=1", "sendfile:error=EINTR:when=1"],
  "it is moved through our memory with a signal meanwhile": ["splice,sendfile:error=EPERM", "read:error=EINTR:when=2"],
};
for (const [what, faults] of Object.entries(injected))
  for (const [from, shell] of Object.entries(sources))
    test(`a plan from ${from} where ${what}`, async (t) => {
      if (!(await needs(t, "strace"))) return;
      const inject = faults.flatMap((fault) => ["-e", `inject=${fault}`]);
      verify(t, ["strace", "-o", "/dev/null", "-e", "trace=splice,sendfile,read", ...inject], shell, long);
    });

test("what has no end is no plan", (t) => {
  const zeros = openSync("/dev/zero", "r");
  const { status, stderr } = spawnSync(helper(), ["verify", "--plan-fd", "0"], { stdio: [zeros, "ignore", "pipe"] });
  closeSync(zeros);
  t.is(status, 1);
  t.regex(String(stderr), /errno 27/);
});
