import { spawnSync } from "node:child_process";

/** What a shell answers for a command that it does not find. */
const notFound = 127;

/**
 * Shows a text in a pager, whose command a shell reads, as git(1) does. False if there is no such program. Without the
 * caller's own settings, less(1) shows colours and stays only if the text is longer than the screen.
 */
export function startPager(command: string, text: string): boolean {
  const { status } = spawnSync("/bin/sh", ["-c", command], {
    input: text,
    stdio: ["pipe", "inherit", "inherit"],
    env: { LESS: "FRX", ...process.env },
  });
  return status !== notFound;
}
