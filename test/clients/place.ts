// Where the engines run: namespaces of their own, so that the machine's /run, network, processes and cgroup mounts are not
// theirs. All of it ends with the first process.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { frontArgv } from "../helpers/callers/front.ts";
import type { Outcome } from "../helpers/command.ts";
import { start, until } from "../helpers/command.ts";

/** Who is compared. The first two tell a fault of the engine or the machine from ours. */
export const clientRuntimes = ["runc", "crun", "coffer"] as const;
export type ClientRuntime = (typeof clientRuntimes)[number];

/** A place, and what runs commands in it. */
export type Place = {
  /** In the name of everything that belongs to the place. */
  readonly tag: string;
  readonly base: string;
  /** Runs a shell script in the place. */
  readonly sh: (script: string, options?: ScriptOptions) => Promise<Outcome>;
};

export type ScriptOptions = {
  readonly env?: Readonly<Record<string, string>>;
  /** Words before the shell: another user. */
  readonly prefix?: readonly string[];
  readonly timeoutMs?: number;
};

// The shell is the first process: it ends with its input, and reaps what the engines leave, so that they see it end.
// crun refuses a hybrid machine, and so the cgroup2 mount goes: all three have the same place. It has a /dev/null of its
// own, as some give the standard streams of a container to its user.
const setUp = `set -e
if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/user
mknod -m 666 /run/null c 1 3
mount --bind /run/null /dev/null
if test -d /dev/net; then mount -t tmpfs tmpfs /dev/net; mknod -m 666 /dev/net/tun c 10 200; fi
if test -d /dev/mqueue; then mount -t mqueue mqueue /dev/mqueue; fi
if command -v ip >/dev/null; then ip link set lo up; fi
echo ready
cat >/dev/null`;

/** The program that engines execute: they take one path and no further words. */
function writeWrapper(base: string): string {
  const path = join(base, "bin", "coffer-oci");
  const words = frontArgv("coffer-oci").map((word) => `'${word}'`);
  mkdirSync(join(base, "bin"));
  writeFileSync(path, `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

/** The path of a runtime's program in a place. */
export function programOf(place: Pick<Place, "base">, runtime: ClientRuntime): string {
  if (runtime === "coffer") return join(place.base, "bin", "coffer-oci");
  const found = ["/usr/bin", "/usr/sbin"].map((dir) => join(dir, runtime)).find((path) => existsSync(path));
  return found ?? runtime;
}

/** Removes cgroups as far as they are not busy. */
function removeCgroups(directory: string): void {
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true }))
      if (entry.isDirectory()) removeCgroups(join(directory, entry.name));
    rmdirSync(directory);
  } catch {
    // Whoever asks for it looks whether it is there still.
  }
}

/** Where podman has conmon, and pods that no parent is said for: it leaves them, under every runtime. */
const podmansParent = "libpod_parent";

/** The cgroups of a name, in every hierarchy. */
function cgroupsNamed(name: string): readonly string[] {
  const root = "/sys/fs/cgroup";
  const roots = existsSync(root) ? [root, ...readdirSync(root).map((one) => join(root, one))] : [];
  return roots.map((parent) => join(parent, name)).filter((path) => existsSync(path));
}

/** Removes what the engines have left of cgroups that have the place's tag, and of podman's own. */
async function cleanCgroups(tag: string): Promise<void> {
  // Processes of a pid namespace that has been killed keep their cgroups busy until they have ended.
  await until("the engines' cgroups can be removed", () => {
    for (const path of cgroupsNamed(tag)) removeCgroups(path);
    return cgroupsNamed(tag).length === 0;
  });
  // Others may use it.
  for (const path of cgroupsNamed(podmansParent)) removeCgroups(path);
}

function firstChildOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
}

/** Makes a place, which ends with the test. */
export async function makePlace(t: Pick<ExecutionContext, "teardown">): Promise<Place> {
  const base = mkdtempSync(join(tmpdir(), "cfc-"));
  chmodSync(base, 0o755);
  const tag = base.slice(base.lastIndexOf("/") + 1);
  writeWrapper(base);
  const flags = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"];
  const holder = start(["unshare", ...flags, "sh", "-c", setUp], { keepStdin: true, timeoutMs: 1_800_000 });
  await holder.saw("ready");
  const pid = firstChildOf(holder.pid);
  t.teardown(async () => {
    process.kill(holder.pid, "SIGKILL");
    await holder.done;
    await cleanCgroups(tag);
    rmSync(base, { recursive: true, force: true, maxRetries: 3 });
  });
  const enter = ["nsenter", "--target", `${pid}`, "--mount", "--net", "--pid", "--"];
  const sh = (script: string, { prefix = [], env = {}, timeoutMs = 60_000 }: ScriptOptions = {}): Promise<Outcome> =>
    start([...enter, "timeout", "--kill-after=1", `${timeoutMs / 1000}`, ...prefix, "sh", "-c", script], {
      cwd: base,
      env: { TAG: tag, BASE: base, ...env },
      timeoutMs,
    }).done;
  return { tag, base, sh };
}
