// containerd and its shim with coffer-oci, beside runc and crun.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { Place } from "./place.ts";
import { makePlace, programOf } from "./place.ts";
import { preparePodman } from "./podman.ts";
import type { EngineKind, Row } from "./rows.ts";
import { runRows } from "./rows.ts";

const task = "ctr task ls | awk '$1 == \"c\" {print $3}'";

const rows: readonly Row[] = [
  { title: "run", script: "run '' echo hi", prints: "hi\n" },
  { title: "exit status", script: "run '' sh -c 'exit 3'; echo $?", prints: "3\n" },
  {
    title: "no such command: the words",
    script: "run '' nonsense 2>&1",
    prints: /"nonsense": executable file not found in \$PATH/,
  },
  {
    title: "not executable: the words",
    script: "run '' /etc/passwd 2>&1",
    prints: /"\/etc\/passwd": permission denied/,
  },
  {
    title: "run --tty",
    script: `mkfifo $BASE/fifo 2>/dev/null; script -qec "ctr run --rm --tty --runc-binary $PROGRAM --cgroup /$TAG/c $IMAGE c sh -c 'sleep 0.5; tty'" /dev/null <>$BASE/fifo`,
    prints: /\/dev\/(pts\/0|console)\r/,
  },
  {
    title: "--env, --cwd, --user",
    script: "run '--env A=b --cwd /tmp --user 1000:1000' sh -c 'echo $A $PWD $(id -u)'",
    prints: "b /tmp 1000\n",
  },
  {
    title: "--read-only, --mount",
    script:
      "mkdir -p $BASE/v; echo x >$BASE/v/f; run \"--read-only --mount type=bind,src=$BASE/v,dst=/data,options=rbind:ro\" sh -c 'cat /data/f; echo y >/made' 2>&1 | sort",
    prints: "sh: can't create /made: Read-only file system\nx\n",
  },
  {
    title: "--memory-limit, --cpus",
    script:
      "ctr run -d --memory-limit 67108864 --cpus 0.5 --runc-binary $PROGRAM --cgroup /$TAG/c $IMAGE c sleep 60; cat /sys/fs/cgroup/memory/$TAG/c/memory.limit_in_bytes /sys/fs/cgroup/cpu/$TAG/c/cpu.cfs_quota_us",
    prints: "67108864\n50000\n",
  },
  {
    title: "--seccomp, --no-new-privs",
    script: "run '--seccomp' sh -c 'grep -E \"Seccomp:|NoNew\" /proc/self/status'",
    prints: "NoNewPrivs:\t1\nSeccomp:\t2\n",
  },
  {
    title: "--privileged, --device",
    script: "run '--privileged --device /dev/null' sh -c 'mount -t tmpfs t /data && echo mounted'",
    prints: "mounted\n",
  },
  {
    title: "--net-host",
    script: 'run --net-host readlink /proc/self/ns/net | grep -cF "$(readlink /proc/self/ns/net)"',
    prints: "1\n",
  },
  { title: "--hostname, --cap-drop", script: "run '--hostname box --cap-drop CAP_CHOWN' hostname", prints: "box\n" },
  {
    title: "--uidmap",
    script: "run '--uidmap 0:100000:65536 --gidmap 0:100000:65536 --remap-labels' sh -c 'id -u' 2>&1",
    prints: "0\n",
  },
  {
    title: "run -d, kill",
    script: `detached sleep 60; ${task}; ctr task kill -s KILL c; sleep 0.5; ${task}`,
    prints: "RUNNING\nSTOPPED\n",
  },
  {
    title: "exec",
    script: "detached sleep 60; ctr task exec --exec-id e c sh -c 'cat /proc/1/comm; exit 4'; echo $?",
    prints: "sleep\n4\n",
  },
  {
    title: "exec --tty",
    script: `detached sleep 60; mkfifo $BASE/fifo 2>/dev/null; script -qec "ctr task exec --tty --exec-id e c sh -c 'sleep 0.5; tty'" /dev/null <>$BASE/fifo`,
    prints: /\/dev\/(pts\/0|console)\r/,
  },
  {
    title: "exec: no such command",
    script: "detached sleep 60; ctr task exec --exec-id e c nonsense 2>&1",
    prints: /"nonsense": executable file not found in \$PATH/,
  },
  {
    title: "pause, resume",
    script: `detached sleep 60; ctr task pause c; ${task}; ctr task resume c; ${task}`,
    prints: "PAUSED\nRUNNING\n",
  },
  { title: "ps", script: "detached sleep 60; ctr task ps c | wc -l", prints: "2\n" },
  {
    title: "metrics",
    script: "detached sleep 60; ctr task metrics --format json c 2>&1 | grep -c '\"pids\"'",
    prints: "1\n",
  },
  {
    title: "kill --all",
    script: `detached sh -c 'sleep 60 & sleep 60'; ctr task kill -a -s KILL c; sleep 0.5; ${task}`,
    prints: "STOPPED\n",
  },
  { title: "rm -f", script: `detached sleep 60; ctr task rm -f c; ${task}`, prints: "" },
];

async function startContainerd(place: Place): Promise<void> {
  const env = await preparePodman(place);
  const root = join(place.base, "containerd");
  mkdirSync(root);
  const config = `version = 2
root = "${root}/root"
state = "/run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "/run/containerd/containerd.sock"
`;
  writeFileSync(join(root, "config.toml"), config);
  const script = `containerd -c ${root}/config.toml >${root}/log 2>&1 </dev/null &
tries=0; until ctr version >/dev/null 2>&1; do tries=$((tries + 1)); test $tries -lt 100 || exit 1; sleep 0.1; done
podman save -q --format oci-archive -o ${root}/bb.tar bb && ctr images import ${root}/bb.tar`;
  const { exitCode, stderr } = await place.sh(script, { env });
  if (exitCode !== 0) throw new Error(`containerd does not start: ${stderr}`);
}

const containerd: EngineKind = {
  name: "containerd",
  start: async (t, runtime) => {
    const place = await makePlace(t);
    await startContainerd(place);
    return {
      place,
      leaves: /./,
      prelude: `PROGRAM=${programOf(place, runtime)}
IMAGE=localhost/bb:latest
run() { flags=$1; shift; ctr run --rm --runc-binary "$PROGRAM" --cgroup "/$TAG/c" $flags $IMAGE c "$@"; }
detached() { ctr run -d --runc-binary "$PROGRAM" --cgroup "/$TAG/c" $IMAGE c "$@"; }`,
      cleanUp: "ctr task rm -f c; ctr container rm c; ctr snapshot rm c; true",
    };
  },
};

test.serial("containerd, as root", async (t) => {
  t.timeout(600_000);
  await runRows(t, containerd, rows);
});
