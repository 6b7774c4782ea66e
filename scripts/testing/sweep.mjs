// Removes what test processes have left that are gone: a run that was killed cannot do that itself. The names of a test's
// cgroups and directories have the number of its process (test/helpers/bundle.ts).
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const cgroups = "/sys/fs/cgroup";

/** Whether a name is that of a test whose process is gone, or of a container of such a test. */
function isLeft(name) {
  const [, pid] = /^(?:coffer-)?cft-(\d+)-/.exec(name) ?? [];
  return pid !== undefined && !existsSync(`/proc/${pid}`);
}

const foldersOf = (directory) =>
  existsSync(directory)
    ? readdirSync(directory, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
    : [];

/** Does it, and ignores an error: another may have been faster, and what cannot be removed stays. */
function attempt(act) {
  try {
    act();
  } catch {}
}

/** find(1) goes down by descriptors: a cgroup may be so deep that no call takes its path. */
const find = (...words) =>
  spawnSync("find", words, { encoding: "utf8", env: { PATH: "/usr/bin:/bin" }, stdio: ["ignore", "pipe", "ignore"] })
    .stdout;

/** Ends the processes of a cgroup and of those beneath it, and removes them. */
function removeCgroup(directory) {
  for (let tries = 0; tries < 50 && existsSync(directory); tries += 1) {
    if (tries > 0) spawnSync("sleep", ["0.02"]);
    find(directory, "-name", "freezer.state", "-execdir", "sh", "-c", "echo THAWED >freezer.state", ";");
    for (const pid of find(directory, "-name", "cgroup.procs", "-execdir", "cat", "{}", "+")
      .split("\n")
      .filter(Boolean))
      attempt(() => process.kill(Number(pid), "SIGKILL"));
    find(directory, "-depth", "-type", "d", "-delete");
  }
}

/** The cgroups of containers that have no name of a test: they are in the state directory of one. */
const namelessOf = (directory) => foldersOf(join(directory, "state")).map((id) => `coffer-${id}`);

function sweepCgroups() {
  const nameless = new Set(
    foldersOf(tmpdir())
      .filter(isLeft)
      .flatMap((name) => namelessOf(join(tmpdir(), name))),
  );
  for (const root of ["", ...foldersOf(cgroups)].map((name) => join(cgroups, name))) {
    const parent = join(root, "coffer-test");
    for (const name of foldersOf(parent).filter(isLeft)) removeCgroup(join(parent, name));
    attempt(() => rmdirSync(parent));
    for (const name of foldersOf(root))
      if (nameless.has(name) || (name.startsWith("coffer-") && isLeft(name))) removeCgroup(join(root, name));
  }
}

/** The mount points at a directory and beneath it, the innermost first. */
function mountsAt(directory) {
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "");
  return points.filter((point) => `${point}/`.startsWith(`${directory}/`)).reverse();
}

function sweepDirectories() {
  for (const name of foldersOf(tmpdir()).filter(isLeft)) {
    const directory = join(tmpdir(), name);
    for (const point of mountsAt(directory)) spawnSync("umount", ["--lazy", point], { stdio: "ignore" });
    if (mountsAt(directory).length === 0) attempt(() => rmSync(directory, { recursive: true, force: true }));
  }
}

/** Removes the cgroups, mounts and directories of tests whose process is gone. Only root can. */
export function sweep() {
  if (process.getuid() !== 0) return;
  sweepCgroups();
  sweepDirectories();
}
