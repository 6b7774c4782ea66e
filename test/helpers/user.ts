import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Bundle } from "./bundle.ts";

/** The ordinary user that scripts/setup-system.sh makes, with subordinate ids. */
export const testUser = "coffer-test";

/** The words before a command that run it as the test user. */
export const asUser: readonly string[] = ["setpriv", "--reuid", testUser, "--regid", testUser, "--init-groups", "--"];

/** A row of a passwd-like file that starts with the test user's name, split at colons. */
function numberOf(argv: readonly string[]): number {
  const [file = "", ...args] = argv;
  return Number(execFileSync(file, args, { encoding: "utf8" }).trim());
}

/** The test user's ids. */
export function userIds(): { readonly uid: number; readonly gid: number } {
  return { uid: numberOf(["id", "-u", testUser]), gid: numberOf(["id", "-g", testUser]) };
}

/** Gives a bundle to the test user, with a runtime directory; returns the environment to run with. */
export function giveToUser(bundle: Bundle): Readonly<Record<string, string>> {
  const { uid, gid } = userIds();
  const runtime = join(bundle.base, "run");
  mkdirSync(runtime, { mode: 0o700 });
  execFileSync("chown", ["-R", `${uid}:${gid}`, bundle.path, runtime]);
  chownSync(bundle.base, uid, gid);
  return { XDG_RUNTIME_DIR: runtime, HOME: runtime, USER: testUser };
}
