import { isNative } from "../../helpers/callers/front.ts";
import type { Row } from "../rows.ts";
import { awaits, counter, counts } from "../rows.ts";

const sleeper = "sh -c 'trap \"exit 7\" TERM; echo ready; while :; do sleep 0.1; done'";
const state = "podman inspect -f '{{.State.Status}}' c";
const awaitReady = awaits("podman logs c 2>&1 | grep -q ready");
const count = "podman exec c cat /count";

/** Starting programs, their output and how they end. */
export const runRows: readonly Row[] = [
  { title: "run", script: "run bb echo hello", prints: "hello\n" },
  { title: "exit status", script: "run bb sh -c 'exit 3'; echo $?", prints: "3\n" },
  {
    title: "ended by a signal",
    script: "detached --name c bb sleep 60; podman kill c >/dev/null; podman wait c",
    prints: "137\n",
  },
  { title: "no such command: 127", script: "run bb nonsense; echo $?", prints: "127\n" },
  { title: "no such path: 127", script: "run bb /no/such; echo $?", prints: "127\n" },
  { title: "not executable: 126", script: "run bb /etc/passwd; echo $?", prints: "126\n" },
  {
    title: "no such command: the words",
    script: "run bb nonsense 2>&1",
    prints: /executable file not found in \$PATH/,
  },
  { title: "run -i", script: "echo in | run -i bb cat", prints: "in\n" },
  {
    title: "run -it in a terminal",
    script: `T=$(command -v podman); mkfifo $BASE/fifo 2>/dev/null; script -qec "$T --runtime $RUNTIME run --rm -it $PARENT bb sh -c 'test -t 0 && tty'" /dev/null <>$BASE/fifo`,
    prints: /\/dev\/(pts\/0|console)\r\n/,
  },
  {
    title: "run -d, logs",
    script: `detached --name c bb sh -c 'echo out; echo err >&2'; podman wait c; podman logs c 2>&1 | sort`,
    prints: "0\nerr\nout\n",
  },
  {
    title: "attach by start -a",
    script: "podman create --name c $PARENT bb echo hi >/dev/null; podman start -a c",
    prints: "hi\n",
  },
  { title: "run --init", script: "run --init bb cat /proc/1/comm", prints: "podman-init\n" },
  { title: "run --timeout", script: "run --timeout 1 bb sleep 60; echo $?", prints: /^(137|255)\n$/ },
  {
    title: "--preserve-fds",
    script: "echo kept >$BASE/kept; run --preserve-fds 1 bb cat /proc/self/fd/3 3<$BASE/kept",
    prints: "kept\n",
  },
  {
    title: "--preserve-fd without the one before it",
    script: "echo kept >$BASE/kept; run --preserve-fd 4 bb cat /proc/self/fd/4 4<$BASE/kept",
    prints: "kept\n",
    ...(isNative ? {} : { gap: "Node's own descriptors cannot be told from the caller's" }),
  },
  {
    title: "--entrypoint, --workdir, --env",
    script: "run --entrypoint '[\"sh\",\"-c\"]' -w /tmp -e A=b bb 'echo $A $PWD'",
    prints: "b /tmp\n",
  },
  {
    title: "--runtime-flag policy",
    script: `echo '{"version":1,"capabilities":{"allowed":[]}}' >$BASE/policy; test "$RUNTIME" = coffer-oci || exec echo refused
run --rm bb true; podman --runtime-flag policy=$BASE/policy run --rm $PARENT bb true 2>&1 | grep -q '/process/capabilities' && echo refused`,
    prints: "refused\n",
  },
  { title: "--cgroups=disabled", script: "podman run --rm --cgroups=disabled bb echo hi", prints: "hi\n" },
  {
    title: "--pidfile",
    script: "detached --name c --pidfile $BASE/pid bb sleep 60; test -d /proc/$(cat $BASE/pid) && echo there",
    prints: "there\n",
  },
];

/** Containers that are written to disk and go on; only root may. */
export const checkpointRows: readonly Row[] = [
  {
    title: "checkpoint, restore",
    script: `detached --name c bb ${counter}; ${counts(count, "5")}; podman container checkpoint c >/dev/null; a=$(podman inspect -f '{{.State.Status}} {{.State.Checkpointed}}' c)
podman container restore c >/dev/null; n=$(${count}); test "$n" -ge 5 && ${counts(count, '"$n"')} && echo "$a"`,
    prints: "exited true\n",
  },
  {
    title: "checkpoint --leave-running, --export; restore --import",
    script: `detached --name c bb ${counter}; ${counts(count, "5")}; podman container checkpoint --leave-running --export $BASE/c.tar.gz c >/dev/null; podman inspect -f '{{.State.Status}}' c
podman rm -f -t 0 c >/dev/null; podman container restore --import $BASE/c.tar.gz >/dev/null
n=$(${count}); ${counts(count, '"$n"')} && echo goes on`,
    prints: "running\ngoes on\n",
  },
];

/** What is done to a container that runs. */
export const lifeRows: readonly Row[] = [
  {
    title: "exec",
    script: "detached --name c bb sleep 60; podman exec c sh -c 'echo in $(cat /proc/1/comm); exit 4'; echo $?",
    prints: "in sleep\n4\n",
  },
  {
    title: "exec: 127 and 126",
    script: "detached --name c bb sleep 60; podman exec c nonsense; echo $?; podman exec c /etc/passwd; echo $?",
    prints: "127\n126\n",
  },
  {
    title: "exec: user, env, workdir",
    script:
      "detached --name c bb sleep 60; podman exec -u 1000:1000 -e A=b -w /tmp c sh -c 'echo $(id -u):$(id -g) $A $PWD'",
    prints: "1000:1000 b /tmp\n",
  },
  { title: "exec -i", script: "detached --name c bb sleep 60; echo in | podman exec -i c cat", prints: "in\n" },
  {
    title: "exec -d",
    script: `detached --name c bb sleep 60; podman exec -d c sh -c 'echo x >/tmp/made' >/dev/null; ${awaits("podman exec c grep x /tmp/made 2>/dev/null")}`,
    prints: "x\n",
  },
  {
    title: "exec -it in a terminal",
    script: `detached --name c bb sleep 60; T=$(command -v podman); mkfifo $BASE/fifo 2>/dev/null; script -qec "$T --runtime $RUNTIME exec -it c sh -c 'test -t 0 && tty'" /dev/null <>$BASE/fifo`,
    prints: /\/dev\/(pts\/0|console)\r\n/,
  },
  {
    title: "exec --privileged",
    script:
      "detached --name c --cap-drop all bb sleep 60; podman exec --privileged c grep CapEff /proc/self/status | grep -v 0000000000000000 | cut -f1",
    prints: "CapEff:\n",
  },
  {
    title: "stop",
    script: `detached --name c bb ${sleeper}; ${awaitReady}; podman stop -t 10 c >/dev/null; podman inspect -f '{{.State.Status}} {{.State.ExitCode}}' c`,
    prints: "exited 7\n",
  },
  {
    title: "stop: killed after its time",
    script: `detached --name c bb sleep 60; podman stop -t 1 c >/dev/null 2>&1; podman inspect -f '{{.State.ExitCode}}' c`,
    prints: "137\n",
  },
  {
    title: "kill -s",
    script: `detached --name c bb sh -c 'trap "echo usr1; exit 5" USR1; echo ready; while :; do sleep 0.1; done'; ${awaitReady}; podman kill -s USR1 c >/dev/null; podman wait c; podman logs c`,
    prints: "5\nready\nusr1\n",
  },
  {
    title: "pause, unpause",
    script: `detached --name c bb sleep 60; podman pause c >/dev/null; ${state}; podman unpause c >/dev/null; ${state}`,
    prints: "paused\nrunning\n",
  },
  {
    title: "rm -f of a paused one",
    script: `detached --name c bb sleep 60; podman pause c >/dev/null; ${state}; podman rm -f -t 0 c`,
    prints: "paused\nc\n",
  },
  {
    title: "restart",
    script: `pid() { podman inspect -f '{{.State.Pid}}' c; }; detached --name c bb ${sleeper}; ${awaitReady}; p=$(pid); podman restart -t 5 c >/dev/null; test $p != $(pid) && ${state}`,
    prints: "running\n",
  },
  { title: "top", script: "detached --name c bb sleep 60; podman top c pid comm", prints: /PID +COMMAND\n1 +sleep\n/ },
  {
    title: "stats",
    script: "detached --name c bb sleep 60; podman stats --no-stream --format '{{.Name}} {{.PIDs}}' c",
    prints: "c 1\n",
  },
  {
    title: "cp",
    script:
      "detached --name c bb sleep 60; echo x >$BASE/x; podman cp $BASE/x c:/tmp/x && podman exec c cat /tmp/x; podman cp c:/etc/group - | tar -xO | head -1",
    prints: "x\nroot:x:0:\n",
  },
  {
    title: "update --memory",
    script:
      "detached --name c -m 64m bb sleep 60; podman update -m 32m c >/dev/null; podman exec c cat /sys/fs/cgroup/memory/memory.limit_in_bytes",
    prints: "33554432\n",
  },
  {
    title: "healthcheck",
    script:
      "detached --name c --health-cmd 'echo fine' --health-interval disable bb sleep 60; podman healthcheck run c; echo $?",
    prints: "0\n",
  },
  { title: "rm -f", script: "detached --name c bb sleep 60; podman rm -f -t 0 c; podman ps -aq", prints: "c\n" },
  {
    title: "commit, diff",
    script:
      "detached --name c bb sh -c 'echo x >/made'; podman wait c >/dev/null; podman container diff c; podman commit -q c changed >/dev/null; run changed cat /made; podman rmi -f changed >/dev/null",
    prints: "C /etc\nA /made\nx\n",
  },
  {
    title: "--pid container:",
    script: "detached --name c bb sleep 60; run --pid container:c bb ps -o comm | head -2 | tail -1",
    prints: "sleep\n",
  },
  {
    title: "pod",
    script:
      "podman pod create --share ipc,uts --infra-image bb --infra-command 'sleep 60' $PARENT p >/dev/null; podman run --rm --pod p bb hostname",
    prints: "p\n",
  },
];

/** What the container sees. */
export const viewRows: readonly Row[] = [
  {
    title: "-v, read-write and read-only",
    script:
      "mkdir -p $BASE/v; run -v $BASE/v:/data bb sh -c 'echo x >/data/f'; cat $BASE/v/f; run -v $BASE/v:/data:ro bb sh -c 'echo y >/data/f' 2>&1",
    prints: "x\nsh: can't create /data/f: Read-only file system\n",
  },
  {
    title: "-v of a file, :U, noexec",
    script:
      "echo x >$BASE/f1; run -v $BASE/f1:/data/f1:U,noexec bb sh -c 'cat /data/f1; grep -c \" /data/f1 .*noexec\" /proc/mounts'",
    prints: "x\n1\n",
  },
  {
    title: "named volume",
    script:
      "podman volume create vol >/dev/null; run -v vol:/data bb sh -c 'echo x >/data/f'; run -v vol:/data bb cat /data/f; podman volume rm vol >/dev/null",
    prints: "x\n",
  },
  {
    title: "--tmpfs, --mount, --shm-size",
    script:
      "run --tmpfs /data:size=1m --mount type=tmpfs,dst=/tmp --shm-size 2m bb df -k /data /tmp /dev/shm | awk '{print $6,$2}'",
    prints: /\/data 1024\n\/tmp \d+\n\/dev\/shm 2048\n/,
  },
  {
    title: "--user, --group-add",
    script: "run --user 1000:1000 --group-add 7 bb id",
    prints: "uid=1000(user) gid=1000(user) groups=7,1000(user)\n",
  },
  {
    title: "--read-only",
    script: "run --read-only bb sh -c 'echo x >/made' 2>&1; run --read-only bb sh -c 'echo x >/tmp/made && echo ok'",
    prints: "sh: can't create /made: Read-only file system\nok\n",
  },
  {
    title: "--cap-drop",
    script: "run --cap-drop all --cap-add chown,net_bind_service bb grep -E 'Cap(Eff|Bnd)' /proc/self/status",
    prints: "CapEff:\t0000000000000401\nCapBnd:\t0000000000000401\n",
  },
  {
    title: "no-new-privileges",
    script: "run --security-opt no-new-privileges bb grep NoNewPrivs /proc/self/status",
    prints: "NoNewPrivs:\t1\n",
  },
  { title: "seccomp: the default", script: "run bb grep Seccomp: /proc/self/status", prints: "Seccomp:\t2\n" },
  {
    title: "seccomp: a file",
    script: `echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":38}]}' >$BASE/s.json; run --security-opt seccomp=$BASE/s.json bb mkdir /x 2>&1`,
    prints: "mkdir: can't create directory '/x': Function not implemented\n",
  },
  {
    title: "seccomp: unconfined",
    script: "run --security-opt seccomp=unconfined bb grep Seccomp: /proc/self/status",
    prints: "Seccomp:\t0\n",
  },
  {
    title: "mask, unmask",
    script:
      "run --security-opt mask=/proc/version bb sh -c 'wc -c </proc/version'; run --security-opt unmask=all bb sh -c 'grep -c /proc/ /proc/mounts'",
    prints: "0\n0\n",
  },
  { title: "--hostname", script: "run --hostname box bb hostname", prints: "box\n" },
  {
    title: "--sysctl",
    script:
      "run --sysctl kernel.msgmax=4096 --sysctl net.ipv4.ip_forward=1 bb cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward",
    prints: "4096\n1\n",
  },
  {
    title: "--ulimit",
    script: "run --ulimit nofile=100:200 --ulimit core=0:0 bb sh -c 'ulimit -n; ulimit -Hn; ulimit -c'",
    prints: "100\n200\n0\n",
  },
  {
    title: "--memory, --pids-limit",
    script:
      "run -m 64m --pids-limit 50 bb cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max",
    prints: "67108864\n50\n",
  },
  {
    title: "--cpus, --cpu-shares",
    script: "run --cpus 0.5 --cpu-shares 512 bb sh -c 'cd /sys/fs/cgroup/cpu; cat cpu.cfs_quota_us cpu.shares'",
    prints: "50000\n512\n",
  },
  {
    title: "--cpuset-cpus",
    script: "run --cpuset-cpus 0 bb grep Cpus_allowed_list /proc/self/status",
    prints: "Cpus_allowed_list:\t0\n",
  },
  {
    title: "--memory is enforced",
    script: "run -m 16m --memory-swap 16m bb tail /dev/zero 2>/dev/null; echo $?",
    prints: "137\n",
  },
  {
    title: "--device-read-bps",
    script: "run --device-read-bps /dev/vda:1mb bb cut -d' ' -f2 /sys/fs/cgroup/blkio/blkio.throttle.read_bps_device",
    prints: "1048576\n",
  },
  {
    title: "--device",
    script: "run --device /dev/null:/dev/xnull:rw bb sh -c 'echo x >/dev/xnull && ls -l /dev/xnull | cut -c1'",
    prints: "c\n",
  },
  {
    title: "--privileged",
    script: "run --privileged bb sh -c 'mount -t tmpfs tmpfs /data && echo mounted'",
    prints: "mounted\n",
  },
  {
    title: "--network host",
    script:
      "run --network host --uts host bb sh -c 'for n in net uts; do readlink /proc/self/ns/$n; done' | grep -cF \"$(readlink /proc/self/ns/net /proc/self/ns/uts)\"",
    prints: "2\n",
  },
  {
    title: "--ipc host",
    script: 'run --ipc host bb readlink /proc/self/ns/ipc | grep -cF "$(readlink /proc/self/ns/ipc)"',
    prints: "1\n",
  },
  { title: "--pid host", script: "run --pid host bb sh -c 'test $$ != 1 && echo host'", prints: "host\n" },
  {
    title: "--uidmap",
    script:
      "run --uidmap 0:100000:65536 --gidmap 0:100000:65536 bb sh -c 'cat /proc/self/uid_map | tr -s \" \"; id -u'",
    prints: " 0 100000 65536\n0\n",
  },
  { title: "--oom-score-adj", script: "run --oom-score-adj 500 bb cat /proc/self/oom_score_adj", prints: "500\n" },
  {
    title: "--cgroupns",
    script:
      "run --cgroupns private bb cat /proc/self/cgroup | grep pids | cut -d: -f3; run --cgroupns host bb cat /proc/self/cgroup | grep pids | grep -c $TAG",
    prints: "/\n1\n",
  },
  {
    title: "--hooks-dir",
    script: `mkdir -p $BASE/hooks; echo '{"version":"1.0.0","hook":{"path":"/usr/bin/touch","args":["touch","'$BASE/hooked'"]},"when":{"always":true},"stages":["createRuntime"]}' >$BASE/hooks/a.json; podman --hooks-dir $BASE/hooks run --rm $PARENT bb echo hi; ls $BASE/hooked && rm $BASE/hooked`,
    prints: /^hi\n.*hooked\n$/,
  },
  {
    title: "build",
    script: `printf 'FROM bb\\nRUN echo x >/made && test $(id -u) = 0\\nUSER 1000\\nRUN id -u\\n' >$BASE/Containerfile; mkdir -p $BASE/context; podman build -q --network none -f $BASE/Containerfile -t built $BASE/context >/dev/null && run built sh -c 'cat /made; id -u'; podman rmi -f built >/dev/null`,
    prints: "x\n1000\n",
  },
];
