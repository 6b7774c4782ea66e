// One launch of a plan by the helper, and the facts that the probe inside tells before it is let go.
import { spawn } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import { decodeReports } from "../../packages/core/src/wire/report/report.ts";

/** What came of a launch: the probe's facts, if there was a probe. */
export type Outcome = { readonly facts: string | undefined };

const waitMs = 5000;
const reportMs = 300;

/** Ends a process that may have ended: its standard input may be another than ours. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has.
  }
}

/** Launches a plan. `meets` is called with the process's pid while the probe waits. */
export function launch(
  helper: string,
  bytes: Uint8Array,
  rootfs: string,
  meets: (pid: number) => void,
): Promise<Outcome> {
  const file = `${rootfs}/../plan`;
  writeFileSync(file, bytes);
  const plan = openSync(file, "r");
  const words = ["launch", "--plan-fd", "3", "--report-fd", "4", "--input", `rootfs=${rootfs}`];
  const child = spawn(helper, words, {
    stdio: ["pipe", "pipe", "ignore", plan, "pipe"],
    timeout: waitMs,
    killSignal: "SIGKILL",
  });
  closeSync(plan);
  let [text, hasMet] = ["", false];
  const reports: Buffer[] = [];
  const pidOf = (): number => {
    const all = Buffer.concat(reports);
    const whole = decodeReports(all.subarray(0, all.length - (all.length % 64)));
    return whole.find(({ state }) => state === "running")?.pid ?? 0;
  };
  const meet = (): void => {
    if (hasMet || pidOf() === 0 || !text.endsWith("}\n")) return;
    hasMet = true;
    meets(pidOf());
    child.stdin?.end();
    kill(pidOf());
  };
  child.stdin?.on("error", () => {});
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    meet();
    // A mutant without a report is let go unseen.
    if (text.endsWith("}\n")) setTimeout(() => child.stdin?.end(), reportMs);
  });
  const report = child.stdio[4];
  if (report instanceof Readable)
    report.on("data", (chunk: Buffer) => {
      reports.push(chunk);
      meet();
    });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve({ facts: hasMet ? text : undefined }));
  });
}
