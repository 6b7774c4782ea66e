import { spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { probe, tools } from "../../test/helpers/build.ts";
import { asUser, userIds } from "../../test/helpers/user.ts";

/** Runs the same command as the test user, in a runtime directory of its own; gives its exit status. */
export function reenterAsUser(): number {
  // The user may not write where these are built.
  probe();
  tools();
  const runtime = mkdtempSync(join(tmpdir(), "cft-user-"));
  const { uid, gid } = userIds();
  chownSync(runtime, uid, gid);
  const [file = "", ...words] = [...asUser, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const env = { ...process.env, XDG_RUNTIME_DIR: runtime, HOME: runtime };
  const { status } = spawnSync(file, words, { stdio: "inherit", env });
  rmSync(runtime, { recursive: true, force: true });
  return status ?? 1;
}
