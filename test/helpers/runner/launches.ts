// Counts the containers that a test file launches, for the number that `npm test` prints, and the time of processors that the
// file takes. ava.config.js loads this first.
//
// Every process that the test starts is seen here. It counts if it ends with status 0, and if its words start a container or
// a process in one: a verb of coffer, or of the helper. What the program of a test starts itself is not seen: the number is
// too small rather than too large.
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { appendFileSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import test from "ava";
import { repository } from "../build.ts";

const program = /(?:^|\/)coffer(?:\.js|-oci|-oci\.js)?$/;
const helper = /(?:^|\/)coffer-helper(?:-\w+)?$/;
const verbs: ReadonlySet<string> = new Set(["create", "exec", "restore", "run", "sandbox", "shell"]);

let launches = 0;

/** Whether the words start a container, or a process in one. */
export function isLaunch(words: readonly string[]): boolean {
  const from = words.findIndex((word) => program.test(word));
  if (from >= 0) return words.slice(from + 1).some((word) => verbs.has(word));
  const at = words.findIndex((word) => helper.test(word));
  return at >= 0 && words[at + 1] === "launch";
}

function isProcess(message: unknown): message is { readonly process: ChildProcess } {
  return typeof message === "object" && message !== null && "process" in message;
}

/** Milliseconds of processors that this process and the children that it has waited for have taken. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  // After the name, which may have spaces: cutime and cstime are fields 16 and 17, in hundredths of a second.
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return Math.round((user + system) / 1000) + 10 * (Number(fields[13]) + Number(fields[14]));
}

const { COFFER_LAUNCHES: file } = process.env;
if (file !== undefined) {
  subscribe("child_process", (message) => {
    if (!isProcess(message)) return;
    const { process: child } = message;
    child.on("exit", (status) => {
      if (status === 0 && isLaunch(child.spawnargs)) launches += 1;
    });
  });
  process.on("exit", () => {
    const name = relative(repository, new URL(test.meta.file).pathname);
    appendFileSync(file, `${launches} ${processorMs()} ${name}\n`);
  });
}
