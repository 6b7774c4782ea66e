// Counts the containers that a test file launches, for the number that `npm test` prints. ava.config.js loads this first.
//
// Every process that the test starts is seen here. It counts if it ends with status 0, and if its words start a container or
// a process in one: a verb of coffer, or of the helper. What the program of a test starts itself is not seen: the number is
// too small rather than too large.
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";
import { relative } from "node:path";
import test from "ava";
import { repository } from "./build.ts";

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

const { COFFER_LAUNCHES: file } = process.env;
if (file !== undefined) {
  subscribe("child_process", (message) => {
    if (!isProcess(message)) return;
    const { process: child } = message;
    child.on("exit", (status) => {
      if (status === 0 && isLaunch(child.spawnargs)) launches += 1;
    });
  });
  process.on("exit", () =>
    appendFileSync(file, `${launches} ${relative(repository, new URL(test.meta.file).pathname)}\n`),
  );
}
