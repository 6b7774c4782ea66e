// A wait has an end, whatever reaches the launcher meanwhile.
import { existsSync, readFileSync } from "node:fs";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "node:timers";
import test from "ava";
import { makeBundle } from "../helpers/bundle.ts";
import { failed } from "./expect.ts";
import { startLaunch } from "./launch.ts";
import { hostPlan } from "./plans.ts";

const ETIMEDOUT = 110;
const firstAfterName = 3;
const startTimeField = 22;

test.serial("signals do not put off the end of a wait", async (t) => {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTime = BigInt(fields[startTimeField - firstAfterName] ?? "0");
  const plan = hostPlan(
    [],
    [
      { op: "open-procfs", phase: "host", out: "proc" },
      { op: "open-process", phase: "host", proc: "proc", pid: process.pid, startTime, inode: 0n, out: "process" },
      { op: "await-end", phase: "host", process: "process", timeoutMs: 700 },
    ],
  );
  const launching = startLaunch(makeBundle(t), plan, { inputs: [], timeoutMs: 60_000 });
  // Its end may be known here already, and told later.
  const signals = setInterval(() => {
    if (existsSync(`/proc/${launching.pid}`)) process.kill(launching.pid, "SIGURG");
  }, 100);
  const enough = setTimeout(() => clearInterval(signals), 30_000);
  const launched = await launching.done;
  clearInterval(signals);
  clearTimeout(enough);
  failed(t, launched, { code: "call-failed", errno: ETIMEDOUT, op: "await-end" }, plan);
  t.true(launched.seconds < 25, `${launched.seconds} s`);
});
