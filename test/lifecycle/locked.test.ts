// Locked mounts, verb by verb: who asks for them, who is refused, what is left (docs/decisions/0016-locked-mounts.md).
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { rootlessPatch } from "../helpers/config.ts";
import type { Box } from "../helpers/container.ts";
import { create, fails, makeBox, ok, runDetached, stateOf } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer, runBundle } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser, userIds } from "../helpers/user.ts";

const admin: Patch = {
  "/process/capabilities": { bounding: ["CAP_SYS_ADMIN"], permitted: ["CAP_SYS_ADMIN"], effective: ["CAP_SYS_ADMIN"] },
};
const weaken: Patch = { "/process/args": ["/probe", "weaken", "/proc/kcore", "/proc/sys"] };
const sleeping: Patch = { "/process/args": ["/probe", "sleep", "1000"] };
const ids = [{ containerID: 0, hostID: 100_000, size: 1000 }];
const userns: Patch = {
  "/linux/namespaces": ["pid", "network", "ipc", "uts", "mount", "cgroup", "user"].map((type) => ({ type })),
  "/linux/uidMappings": ids,
  "/linux/gidMappings": ids,
};
const annotated: Patch = { "/annotations": { "coffer.lock-mounts": "true" } };

/** All ways were tried, and none was one. */
function holds(t: ExecutionContext, stdout: string): void {
  const lines = stdout.trimEnd().split("\n");
  t.is(lines.length, 42, stdout);
  t.deepEqual(
    lines.filter((line) => line.endsWith(": ok")),
    [],
  );
}

test.serial("the flag is remembered: state tells it, and who joins is held", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t, { ...userns, ...admin, ...sleeping });
  await runDetached(t, box, "--lock-mounts");
  t.deepEqual((await stateOf(t, box)).annotations, { "coffer.lock-mounts": "true" });
  const words = ["weaken", "/proc/kcore", "/proc/sys"];
  holds(t, (await ok(t, box, "exec", [box.tag, "/probe", ...words])).stdout);
  await ok(t, box, "pause", [box.tag]);
  await ok(t, box, "resume", [box.tag]);
  t.regex((await ok(t, box, "ps", [box.tag])).stdout, /probe/);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("without the flag they are not locked", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t, { ...userns, ...admin, ...weaken });
  t.regex((await runBundle("coffer", box)).stdout, /ro taken off by mount_setattr: ok/);
  await nothingLeft(t, box, box.before);
});

test.serial("nothing stays of the mounts that were copied, nor of who copied them", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t, { ...userns, ...admin, ...sleeping });
  await create(t, box, "--lock-mounts");
  const { pid } = await stateOf(t, box);
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  t.deepEqual(
    links.filter((link) => !/^(socket:|pipe:|\/memfd:|\/dev\/null)/.test(link)),
    [],
  );
  t.is(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"), "");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  t.regex(status, /^(SigPnd|ShdPnd):\t0{16}\n(ShdPnd):\t0{16}$/m);
  await ok(t, box, "start", [box.tag]);
  t.is(readlinkSync(`/proc/${pid}/cwd`), "/");
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("in a user namespace that init forks into", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const namespaces = ["pid", "ipc", "uts", "mount", "cgroup", "user"].map((type) => ({ type }));
  const box = makeBox(t, {
    ...userns,
    ...admin,
    ...weaken,
    "/linux/namespaces": [...namespaces, { type: "network", path: "/proc/thread-self/ns/net" }],
    "/mounts/5": undefined,
    "/linux/maskedPaths": ["/proc/kcore"],
    "/linux/readonlyPaths": ["/proc/sys"],
  });
  const outcome = await coffer(box, "run", ["--lock-mounts", "--bundle", box.path, box.tag]);
  t.is(outcome.exitCode, 0, outcome.stderr);
  holds(t, outcome.stdout);
  await nothingLeft(t, box, box.before);
});

test.serial("of an ordinary user", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { uid, gid } = userIds();
  const made = makeBox(t, { ...rootlessPatch(uid, gid), ...admin, ...weaken, ...annotated });
  const env = giveToUser(made);
  const box: Box = { ...made, before: snapshot(made) };
  const outcome = await coffer(box, "run", ["--bundle", box.path, box.tag], { env, prefix: asUser });
  t.is(outcome.exitCode, 0, outcome.stderr);
  holds(t, outcome.stdout);
  await nothingLeft(t, box, box.before);
});

/** Root of a user namespace of somebody else's making, as with rootless podman. */
const nested = (script: string): readonly string[] => [
  ...["unshare", "-U", "--map-users=0:0:200000", "--map-groups=0:0:200000", "-mpf", "--mount-proc"],
  ...["sh", "-c", `${script}exec "$@"`, "sh"],
];

test.serial("in a container's container, without a user namespace of its own", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t, { ...admin, ...weaken, ...annotated, "/linux/resources": {} });
  const outcome = await runBundle("coffer", box, { prefix: nested("") });
  t.is(outcome.exitCode, 0, outcome.stderr);
  holds(t, outcome.stdout);
  await nothingLeft(t, box, box.before);
});

test.serial("where no further user namespace is allowed nothing runs, and it says what to do", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t, { ...userns, ...admin, ...weaken, ...annotated, "/linux/resources": {} });
  const prefix = nested("echo 1 > /proc/sys/user/max_user_namespaces; ");
  const { exitCode, stdout, stderr } = await runBundle("coffer", box, { prefix });
  t.is(exitCode, 125);
  t.is(stdout, "");
  t.regex(
    stderr,
    /^coffer: .*\/annotations\/coffer\.lock-mounts: op \d+ lock-mounts: clone3, setns: .*\(ENOSPC\): .*user\.max_user_namespaces.*\n$/,
  );
  await nothingLeft(t, box, box.before);
});

test.serial("a kernel that says it has entered the copy, and has not, is found out", async (t) => {
  if (!(await needs(t, "root", "userns", "strace"))) return;
  const box = makeBox(t, { ...userns, ...admin, ...weaken, ...annotated });
  const prefix = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=setns:retval=0"];
  const { exitCode, stderr } = await runBundle("coffer", box, { prefix });
  t.is(exitCode, 125);
  t.regex(stderr, /lock-mounts.*differs/);
  await nothingLeft(t, box, box.before);
});

test.serial("a container that cannot have CAP_SYS_ADMIN is not locked, and nobody joins it with that", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t, { ...userns, ...sleeping, ...annotated });
  const { stdout } = await ok(t, box, "plan", [box.path]);
  t.notRegex(stdout, /lock-mounts/);
  await runDetached(t, box);
  await ok(t, box, "exec", [box.tag, "/probe", "exit", "0"]);
  const words = ["--cap", "CAP_SYS_ADMIN", box.tag, "/probe", "exit", "0"];
  await fails(t, box, "exec", words, /\/capabilities: CAP_SYS_ADMIN could change the container's mounts/);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("neither checkpoint nor restore", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t, { ...userns, ...admin, ...sleeping, ...annotated });
  const images = ["--image-path", join(box.base, "images")];
  await runDetached(t, box);
  await fails(t, box, "checkpoint", [...images, box.tag], /cannot checkpoint a container with locked mounts/);
  t.is((await stateOf(t, box)).status, "running");
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("audit finds that they are not locked, until they are; a stored plan says it itself", async (t) => {
  const box = makeBox(t, { ...userns, ...admin });
  const finding = /mounts-unlocked/;
  t.regex((await coffer(box, "audit", [box.path])).stdout, finding);
  t.notRegex((await coffer(box, "audit", ["--lock-mounts", box.path])).stdout, finding);
  const file = join(box.base, "plan");
  await ok(t, box, "plan", [box.path, "--raw", file]);
  await fails(t, box, "audit", ["--lock-mounts", "--plan", file], /--lock-mounts: a stored plan has it or not/);
  await fails(t, box, "run", ["--lock-mounts", "--plan", file], /--lock-mounts: a stored plan has it or not/);
});
