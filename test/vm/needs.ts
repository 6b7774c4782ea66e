// What the guests need of this machine. As in ../helpers/needs.ts, a missing thing is a skip with its reason.
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";

const fast = ["qemu-system-x86_64", "busybox", "apt-get", "dpkg-deb", "xz", "flock", "setpriv"];
const arm = ["qemu-system-aarch64", "apt-get", "dpkg-deb", "flock", "setpriv"];
const programs = {
  aarch64: arm,
  fast,
  debian: [...fast, "mmdebstrap", "mkfs.erofs"],
  selinux: [...fast, "secilc"],
  apparmor: [...fast, "apparmor_parser", "aa-exec"],
} as const;
const folders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

function canRun(name: string): boolean {
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What is missing for a kind of guest, in words; undefined when it can run. */
export function missing(kind: keyof typeof programs): string | undefined {
  if (process.arch !== "x64") return "an x86-64 machine";
  if (process.getuid?.() !== 0) return "root, to make and read what the guest is made of";
  return programs[kind].find((name) => !canRun(name));
}

/** True when that kind of guest can run here; else the test is skipped, or fails where everything must work. */
export function needsGuest(t: ExecutionContext, kind: keyof typeof programs): boolean {
  const what = missing(kind);
  if (what === undefined) return true;
  const message = `skipped: needs ${what} for the guest`;
  const allowed = readFileSync(join(import.meta.dirname, "..", "allowed-skips.json"), "utf8").includes('"vm"');
  if (process.env.MUST_WORK === "1" && !allowed) t.fail(`${message}, which CI must have`);
  else t.pass();
  t.log(message);
  return false;
}
