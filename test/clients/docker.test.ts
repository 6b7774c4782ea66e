// dockerd, its containerd and the shim with coffer-oci, beside runc and crun.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { makeImageTar } from "./image.ts";
import type { ClientRuntime, Place } from "./place.ts";
import { makePlace, programOf } from "./place.ts";
import type { EngineKind, Row } from "./rows.ts";
import { runRows } from "./rows.ts";

const state = "docker inspect -f '{{.State.Status}}' box";

const rows: readonly Row[] = [
  { title: "run", script: "run bb echo hi", prints: "hi\n" },
  { title: "exit status", script: "run bb sh -c 'exit 3'; echo $?", prints: "3\n" },
  { title: "no such command: 127", script: "run bb nonsense; echo $?", prints: "127\n" },
  { title: "no such path: 127", script: "run bb /no/such; echo $?", prints: "127\n" },
  { title: "not executable: 126", script: "run bb /etc/passwd; echo $?", prints: "126\n" },
  { title: "run -i", script: "echo in | run -i bb cat", prints: "in\n" },
  {
    title: "run -it in a terminal",
    script: `mkfifo $BASE/fifo 2>/dev/null; script -qec "docker run --rm -it --network none --cgroup-parent /$TAG bb tty" /dev/null <>$BASE/fifo`,
    prints: /\/dev\/(pts\/0|console)\r\n/,
  },
  {
    title: "run -d, logs, wait",
    script: "detached bb sh -c 'echo out; exit 5'; docker wait box; docker logs box",
    prints: "5\nout\n",
  },
  {
    title: "stop",
    script: `detached bb sh -c 'trap "exit 7" TERM; while :; do sleep 0.1; done'; sleep 0.5; docker stop -t 10 box >/dev/null; docker inspect -f '{{.State.ExitCode}}' box`,
    prints: "7\n",
  },
  { title: "kill", script: "detached bb sleep 60; docker kill box >/dev/null; docker wait box", prints: "137\n" },
  {
    title: "exec",
    script:
      "detached bb sleep 60; docker exec -u 1000 -e A=b -w /tmp box sh -c 'echo $(id -u) $A $PWD; exit 4'; echo $?",
    prints: "1000 b /tmp\n4\n",
  },
  {
    title: "exec: 127 and 126",
    script:
      "detached bb sleep 60; docker exec box nonsense >/dev/null; echo $?; docker exec box /etc/passwd >/dev/null; echo $?",
    prints: "126\n126\n",
  },
  {
    title: "exec -it in a terminal",
    script: `detached bb sleep 60; mkfifo $BASE/fifo 2>/dev/null; script -qec "docker exec -it box tty" /dev/null <>$BASE/fifo`,
    prints: /\/dev\/(pts\/0|console)\r\n/,
  },
  {
    title: "exec --privileged",
    script:
      "detached --cap-drop all bb sleep 60; docker exec --privileged box grep CapEff /proc/self/status | grep -c 0000000000000000",
    prints: "0\n",
  },
  {
    title: "pause, unpause",
    script: `detached bb sleep 60; docker pause box >/dev/null; ${state}; docker unpause box >/dev/null; ${state}`,
    prints: "paused\nrunning\n",
  },
  {
    title: "restart",
    script: `detached bb sleep 60; docker restart -t 1 box >/dev/null; ${state}`,
    prints: "running\n",
  },
  {
    title: "restart policy",
    script: "detached --restart on-failure:2 bb sh -c 'exit 1'; sleep 3; docker inspect -f '{{.RestartCount}}' box",
    prints: "2\n",
  },
  {
    title: "top",
    script: "detached bb sleep 60; docker top box -o pid,comm | tail -1 | awk '{print $2}'",
    prints: "sleep\n",
  },
  {
    title: "stats",
    script: "detached bb sleep 60; docker stats --no-stream --format '{{.Name}} {{.PIDs}}' box",
    prints: "box 1\n",
  },
  {
    title: "update",
    script:
      "detached -m 64m --memory-swap 64m bb sleep 60; docker update -m 32m --memory-swap 32m box >/dev/null; docker exec box cat /sys/fs/cgroup/memory/memory.limit_in_bytes",
    prints: "33554432\n",
  },
  {
    title: "cp",
    script: "detached bb sleep 60; echo x >$BASE/x; docker cp -q $BASE/x box:/tmp/x && docker exec box cat /tmp/x",
    prints: "x\n",
  },
  { title: "--init", script: "run --init bb cat /proc/1/comm", prints: "docker-init\n" },
  {
    title: "-v, --read-only, --tmpfs",
    script:
      "mkdir -p $BASE/v; run --read-only --tmpfs /tmp -v $BASE/v:/data bb sh -c 'echo x >/data/f; echo y >/tmp/f; echo z >/made' 2>&1; cat $BASE/v/f",
    prints: "sh: can't create /made: Read-only file system\nx\n",
  },
  {
    title: "limits",
    script:
      "run -m 64m --cpus 0.5 --pids-limit 50 --ulimit nofile=100:200 bb sh -c 'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us pids/pids.max; ulimit -n'",
    prints: "67108864\n50000\n50\n100\n",
  },
  {
    title: "--cap-drop, --security-opt",
    script: "run --cap-drop all --security-opt no-new-privileges bb grep -E 'CapBnd|NoNew|Seccomp:' /proc/self/status",
    prints: "CapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n",
  },
  {
    title: "--privileged",
    script: "run --privileged bb sh -c 'mount -t tmpfs t /data && echo mounted'",
    prints: "mounted\n",
  },
  {
    title: "--hostname, --sysctl, --user",
    script:
      "run --hostname box --sysctl kernel.msgmax=4096 --user 1000 bb sh -c 'hostname; cat /proc/sys/kernel/msgmax; id -u'",
    prints: "box\n4096\n1000\n",
  },
  {
    title: "--pid container:",
    script: "detached bb sleep 60; run --pid container:box bb cat /proc/1/comm",
    prints: "sleep\n",
  },
  {
    title: "build",
    script: `printf 'FROM bb\\nRUN echo x >/made\\nRUN cat /made\\n' >$BASE/Dockerfile; DOCKER_BUILDKIT=0 docker build --no-cache --cgroup-parent /$TAG --network none -f $BASE/Dockerfile $BASE/conf 2>/dev/null | grep -c ^x`,
    prints: "1\n",
  },
];

/** The builder has no flag for the runtime: it is the daemon's own. */
async function startDockerd(place: Place, runtime: ClientRuntime): Promise<void> {
  const root = join(place.base, "docker");
  mkdirSync(join(root, "conf"), { recursive: true });
  mkdirSync(join(place.base, "conf"));
  const config = {
    runtimes: { crun: { path: programOf(place, "crun") }, coffer: { path: programOf(place, "coffer") } },
    "default-runtime": runtime,
    "exec-opts": ["native.cgroupdriver=cgroupfs"],
    iptables: false,
    ip6tables: false,
    bridge: "none",
    "data-root": join(root, "data"),
    "exec-root": "/run/docker-exec",
    pidfile: "/run/docker.pid",
    hosts: ["unix:///run/docker.sock"],
  };
  writeFileSync(join(root, "daemon.json"), JSON.stringify(config));
  const script = `dockerd --config-file ${root}/daemon.json >${root}/log 2>&1 </dev/null &
tries=0; until docker version >/dev/null 2>&1; do tries=$((tries + 1)); test $tries -lt 200 || exit 1; sleep 0.1; done
docker import ${makeImageTar(place)} bb`;
  const { exitCode, stderr } = await place.sh(script);
  if (exitCode !== 0) throw new Error(`dockerd does not start: ${stderr}`);
}

const docker: EngineKind = {
  name: "docker",
  start: async (t, runtime) => {
    const place = await makePlace(t);
    await startDockerd(place, runtime);
    return {
      place,
      leaves: /detached/,
      prelude: `run() { docker run --rm --network none --cgroup-parent "/$TAG" "$@"; }
detached() { docker run -d --name box --network none --cgroup-parent "/$TAG" "$@" >/dev/null; }`,
      cleanUp: "docker rm -f box; true",
    };
  },
};

test.serial("docker, as root", async (t) => {
  t.timeout(900_000);
  await runRows(t, docker, rows);
});
