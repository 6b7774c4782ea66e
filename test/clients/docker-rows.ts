import type { Row } from "./rows.ts";
import { awaits } from "./rows.ts";

const state = "docker inspect -f '{{.State.Status}}' box";

/** What is done with docker, and what it prints. */
export const dockerRows: readonly Row[] = [
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
    script: `detached bb sh -c 'trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done'; ${awaits("docker logs box | grep -q ready")}; docker stop -t 10 box >/dev/null; docker inspect -f '{{.State.ExitCode}}' box`,
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
      "detached --cap-drop all bb sleep 60; docker exec --privileged box grep CapEff /proc/self/status | grep -v 0000000000000000 | cut -f1",
    prints: "CapEff:\n",
  },
  {
    title: "pause, unpause",
    script: `detached bb sleep 60; docker pause box >/dev/null; ${state}; docker unpause box >/dev/null; ${state}`,
    prints: "paused\nrunning\n",
  },
  {
    title: "restart",
    script: `pid() { docker inspect -f '{{.State.Pid}}' box; }; detached bb sleep 60; p=$(pid); docker restart -t 1 box >/dev/null; test $p != $(pid) && ${state}`,
    prints: "running\n",
  },
  {
    title: "restart policy",
    script:
      "detached --restart on-failure:2 bb sh -c 'exit 1'; timeout 20 sh -c 'until test \"$(docker inspect -f \"{{.RestartCount}} {{.State.Status}}\" box)\" = \"2 exited\"; do sleep 0.2; done'; docker inspect -f '{{.RestartCount}}' box",
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
  {
    title: "docker's own error: 125",
    script: "run --no-such-flag bb true 2>/dev/null; echo $?",
    prints: "125\n",
  },
  {
    title: "a directory: 126",
    script: "run bb /tmp 2>/dev/null; echo $?",
    prints: "126\n",
  },
  {
    title: "exec: no such working directory",
    script: "detached bb sleep 60; docker exec -w /no/such box true >/dev/null 2>&1; echo $?",
    prints: /^(126|127)\n$/,
  },
  {
    title: "exec -d, -i",
    script: `detached bb sleep 60; docker exec -d box sh -c 'echo x >/tmp/made'; echo in | docker exec -i box cat; ${awaits("docker exec box grep x /tmp/made 2>/dev/null")}`,
    prints: "in\nx\n",
  },
  {
    title: "exec: of a paused container",
    script:
      "detached bb sleep 60; docker pause box >/dev/null; docker exec box true 2>/dev/null; test $? -ne 0 && echo failed; docker unpause box >/dev/null; docker exec box echo works",
    prints: "failed\nworks\n",
  },
  {
    title: "rm -f of a paused one",
    script: `detached bb sleep 60; docker pause box >/dev/null; ${state}; docker rm -f box; docker ps -aq | wc -l`,
    prints: "paused\nbox\n0\n",
  },
  {
    title: "restart policy: unless-stopped",
    script: `detached --restart unless-stopped bb sh -c 'sleep 0.2'; timeout 20 sh -c 'until test "$(docker inspect -f "{{.RestartCount}}" box)" -ge 2; do sleep 0.1; done'; docker stop -t 1 box >/dev/null; sleep 1; ${state}`,
    prints: "exited\n",
  },
  {
    title: "restart policy: always, killed inside",
    script: `detached --restart always --init bb sleep 60; docker exec box sh -c 'kill -9 $(pidof sleep)'; timeout 20 sh -c 'until test "$(docker inspect -f "{{.RestartCount}} {{.State.Status}}" box)" = "1 running"; do sleep 0.1; done'; ${state}`,
    prints: "running\n",
  },
  {
    title: "--cgroup-parent",
    script:
      "docker run -d --name box --network none --cgroup-parent /$TAG/sub bb sleep 60 >/dev/null; cat /sys/fs/cgroup/pids/$TAG/sub/$(docker inspect -f '{{.Id}}' box)/cgroup.procs | wc -l",
    prints: "1\n",
  },
  {
    title: "healthcheck",
    script:
      "detached --health-cmd 'test -e /tmp/well' --health-interval 200ms --health-retries 1 bb sleep 60; timeout 20 sh -c 'until docker inspect -f \"{{.State.Health.Status}}\" box | grep -x unhealthy; do sleep 0.1; done'; docker exec box touch /tmp/well; timeout 20 sh -c 'until docker inspect -f \"{{.State.Health.Status}}\" box | grep -x healthy; do sleep 0.1; done'",
    prints: "unhealthy\nhealthy\n",
  },
  {
    title: "--ipc, --network container:",
    script:
      'detached --ipc shareable bb sleep 60; a=$(docker exec box readlink /proc/self/ns/ipc /proc/self/ns/net); b=$(docker run --rm --cgroup-parent /$TAG --ipc container:box --network container:box bb readlink /proc/self/ns/ipc /proc/self/ns/net); test "$a" = "$b" && echo shared',
    prints: "shared\n",
  },
  {
    title: "--device, --cap-add, --group-add",
    script:
      "run --device /dev/null:/dev/xnull --cap-add sys_admin --group-add 7 bb sh -c 'test -c /dev/xnull && id -G && mount -t tmpfs t /data && echo mounted'",
    prints: /(^| )7(| .*)\nmounted\n$/,
  },
  {
    title: "seccomp: a file",
    script:
      'echo \'{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":38}]}\' >$BASE/s.json; run --security-opt seccomp=$BASE/s.json bb mkdir /x 2>&1',
    prints: "mkdir: can't create directory '/x': Function not implemented\n",
  },
  {
    title: "commit, diff",
    script:
      "detached bb sh -c 'echo x >/made'; docker wait box >/dev/null; docker diff box | grep made; docker commit box changed >/dev/null; run changed cat /made; docker rmi -f changed >/dev/null",
    prints: "A /made\nx\n",
  },
];
