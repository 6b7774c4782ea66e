// The verbs on aarch64: what people and engines do with a container, with the native front and busybox's shell.
import type { Patch } from "../../helpers/json.ts";
import type { ScriptRow } from "../batch/batch-rows.ts";
import { lines, prints } from "../batch/batch-rows.ts";
import { guestBundle } from "./bundle.ts";

const oci = "coffer-oci --root $PWD/state";
const sleeper: Patch = { "/process/args": ["/probe", "sleep", "1000"] };
const busybox: Patch = { "/root/readonly": false };
const copy = "cp /bin/busybox bundle/rootfs/busybox";
const shell = (script: string): Patch => ({ ...busybox, "/process/args": ["/busybox", "sh", "-c", script] });
const userns: Patch = {
  "/linux/namespaces/-": { type: "user" },
  "/linux/uidMappings": [{ containerID: 0, hostID: 100000, size: 65536 }],
  "/linux/gidMappings": [{ containerID: 0, hostID: 100000, size: 65536 }],
};

let count = 0;

/** A bundle of its own, and `$oci`, `$tag` and `$cgroup` for the script. */
function row(patch: Patch, script: string, expected: string | RegExp): ScriptRow {
  count += 1;
  const { tag, script: make } = guestBundle(`l${count}`, patch);
  const words = `oci="${oci}"; tag=${tag}; cgroup=/sys/fs/cgroup/coffer-test/${tag}; run="$oci run --bundle bundle $tag"`;
  return prints(`${make}\n${copy}\n${words}\n${script}`, expected);
}

const state = `$oci state $tag | sed -n 's/.*"status": "\\([a-z]*\\)".*/\\1/p'`;
const begin = "$oci run --detach --bundle bundle $tag >/dev/null 2>&1";
const end = "$oci delete --force $tag";

/** The rows, by their titles. */
export const lifecycleRows: Readonly<Record<string, ScriptRow>> = {
  "the machine is an aarch64": row({}, "uname -m", "aarch64\n"),
  "run: the output and the status of the program": row(
    shell("echo out; echo err >&2; exit 7"),
    "$run || echo $?",
    "out\n7\n",
  ),
  "run: the program is process 1 of new namespaces": row(
    shell("echo $$; hostname; ls /proc | grep -c '^[0-9]'"),
    "$run; hostname",
    lines("1", "box", "3", "guest"),
  ),
  "run --trace: init is cloned by clone3": row(
    {},
    "coffer run --root $PWD/state --trace --bundle bundle $tag 2>&1 | grep -c clone",
    /^[1-9]/,
  ),
  "create, start, state, kill, delete": row(
    sleeper,
    `$oci create --bundle bundle $tag >/dev/null 2>&1; ${state}; $oci start $tag; ${state}; $oci kill $tag KILL; sleep 1; ${state}; $oci delete $tag; ! $oci state $tag 2>/dev/null; ls state`,
    lines("created", "running", "stopped"),
  ),
  "exec: a process in the container's namespaces": row(
    { ...busybox, ...sleeper },
    `${begin}; $oci exec $tag /busybox hostname; $oci exec --user 7:8 --cwd /tmp --env A=b $tag /busybox sh -c 'id -u; id -g; pwd; echo $A'; $oci exec $tag /busybox sh -c 'exit 3' || echo $?; ${end}`,
    lines("box", "7", "8", "/tmp", "b", "3"),
  ),
  "pause and resume": row(
    sleeper,
    `${begin}; $oci pause $tag; ${state}; cat $cgroup/cgroup.freeze; $oci resume $tag; ${state}; ${end}`,
    lines("paused", "1", "running"),
  ),
  "limits are set, and changed by update": row(
    { ...sleeper, "/linux/resources/memory": { limit: 67108864 }, "/linux/resources/pids": { limit: 20 } },
    `${begin}; cat $cgroup/memory.max $cgroup/pids.max; $oci update --memory 134217728 --pids-limit 30 $tag; cat $cgroup/memory.max $cgroup/pids.max; ${end}`,
    lines("67108864", "20", "134217728", "30"),
  ),
  "the limit of memory bites": row(
    { ...shell("x=a; while :; do x=$x$x; done"), "/linux/resources/memory": { limit: 16777216 } },
    "$run || echo $?",
    "137\n",
  ),
  "ps and events": row(
    sleeper,
    `${begin}; $oci ps --format json $tag | tr -d ' \\n[]' | grep -c '^[0-9]*$'; $oci events --stats $tag | grep -o '"pids":{"current":1'; ${end}`,
    lines("1", '"pids":{"current":1'),
  ),
  "a user namespace": row(
    { ...busybox, ...userns, "/process/args": ["/busybox", "sh", "-c", "id -u; cat /proc/self/uid_map | tr -s ' '"] },
    "chown -R 100000:100000 bundle/rootfs; $run",
    lines("0", " 0 100000 65536"),
  ),
  "hooks, in their order": row(
    {
      ...shell("echo program"),
      "/hooks": {
        createRuntime: [{ path: "/bin/busybox", args: ["sh", "-c", "echo createRuntime >>../said"] }],
        poststop: [{ path: "/bin/busybox", args: ["sh", "-c", "echo poststop >>../said"] }],
      },
    },
    "$run; cat said",
    lines("program", "createRuntime", "poststop"),
  ),
  "a seccomp filter, with the numbers of aarch64": row(
    {
      ...shell("umask 77; mkdir /tmp/a; ls -d /tmp/a"),
      "/linux/seccomp": {
        defaultAction: "SCMP_ACT_ALLOW",
        architectures: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
        syscalls: [{ names: ["mkdirat", "mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 38 }],
      },
    },
    "$run 2>&1 || echo $?",
    /Function not implemented[\s\S]*\n1\n$/,
  ),
  "devices: those of the config, and no others": row(
    {
      ...shell("ls /dev | tr '\\n' ' '; mknod /tmp/m c 1 11 2>&1 || echo denied"),
      "/linux/devices": [{ path: "/dev/x", type: "c", major: 1, minor: 5 }],
    },
    "$run",
    /(?:^| )urandom x zero .*\n?[\s\S]*denied\n$/,
  ),
  "nothing is left": row(
    {},
    "$run >/dev/null; ls state; ls /sys/fs/cgroup/coffer-test | grep $tag || true; grep -c /b/ /proc/mounts || true",
    "0\n",
  ),
};
