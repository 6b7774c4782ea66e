import type { Row } from "./rows.ts";
import { awaits, counter, counts } from "./rows.ts";

const task = "ctr task ls | awk '$1 == \"c\" {print $3}'";
const stopped = awaits(`${task} | grep -q STOPPED`);
const count = (id: string): string => `seen ctr task exec --exec-id ${id} c sh -c 'cat /count; cat >/dev/null'`;

/** What is done with ctr, and what it prints. */
export const containerdRows: readonly Row[] = [
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
    script:
      'mknod $BASE/xnull c 1 3; run "--privileged --device $BASE/xnull" sh -c "test -c $BASE/xnull && mount -t tmpfs t /data && echo mounted"',
    prints: "mounted\n",
  },
  {
    title: "--net-host",
    script: 'run --net-host readlink /proc/self/ns/net | grep -cF "$(readlink /proc/self/ns/net)"',
    prints: "1\n",
  },
  {
    title: "--hostname, --cap-drop",
    script: "run '--hostname box --cap-drop CAP_CHOWN' sh -c 'hostname; grep CapBnd /proc/self/status'",
    prints: "box\nCapBnd:\t00000000a80425fa\n",
  },
  {
    title: "--uidmap",
    script: "run '--uidmap 0:100000:65536 --gidmap 0:100000:65536 --remap-labels' sh -c 'id -u' 2>&1",
    prints: "0\n",
  },
  {
    title: "run -d, kill",
    script: `detached sleep 60; ${task}; ctr task kill -s KILL c; ${stopped}; ${task}`,
    prints: "RUNNING\nSTOPPED\n",
  },
  {
    title: "exec",
    script:
      "detached sleep 60; seen ctr task exec --exec-id e c sh -c 'cat /proc/1/comm; cat >/dev/null; exit 4'; echo $?",
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
    script: `detached sh -c 'sleep 60 & sleep 60'; ctr task kill -a -s KILL c; ${stopped}; ${task}`,
    prints: "STOPPED\n",
  },
  { title: "rm -f", script: `detached sleep 60; ${task}; ctr task rm -f c; ${task}`, prints: "RUNNING\n" },
  {
    title: "exec: user, cwd",
    script:
      "detached sleep 60; seen ctr task exec --exec-id e --user 1000:1000 --cwd /tmp c sh -c 'echo $(id -u) $PWD; cat >/dev/null'",
    prints: "1000 /tmp\n",
  },
  {
    title: "exec -d",
    script: `detached sleep 60; ctr task exec -d --exec-id e c sh -c 'echo x >/tmp/made' >/dev/null; ${awaits("ctr task exec --exec-id f c cat /tmp/made 2>/dev/null | grep x")}`,
    prints: "x\n",
  },
  {
    title: "exec: not executable",
    script: "detached sleep 60; ctr task exec --exec-id e c /etc/passwd 2>&1",
    prints: /"\/etc\/passwd": permission denied/,
  },
  {
    title: "rm -f of a paused one",
    script: `detached sleep 60; ctr task pause c; ${task}; ctr task rm -f c; ${task}`,
    prints: "PAUSED\n",
  },
  {
    title: "user namespace: exec, ids",
    script:
      "ctr run -d --uidmap 0:100000:65536 --gidmap 0:100000:65536 --remap-labels --runc-binary $PROGRAM --cgroup /$TAG/c $IMAGE c sleep 60 2>/dev/null; seen ctr task exec --exec-id e c sh -c 'id -u; tr -s \" \" </proc/self/uid_map; cat >/dev/null'",
    prints: "0\n 0 100000 65536\n",
  },
  {
    title: "--with-ns",
    script:
      "detached sleep 60; p=$(ctr task ls | awk '$1 == \"c\" {print $2}'); ctr run --rm --runc-binary $PROGRAM --cgroup /$TAG/d --with-ns pid:/proc/$p/ns/pid $IMAGE d cat /proc/1/comm",
    prints: "sleep\n",
  },
  {
    title: "--pid-file",
    script:
      "ctr run -d --pid-file $BASE/pid --runc-binary $PROGRAM --cgroup /$TAG/c $IMAGE c sleep 60; test -d /proc/$(cat $BASE/pid) && echo there",
    prints: "there\n",
  },
  {
    title: "checkpoint, restore",
    script: `detached ${counter}; ${counts(count("d"), "5")}; ctr container checkpoint --rw --task --image c localhost/cp:latest >/dev/null || exit 1
ctr task rm -f c; ctr container rm c; ctr snapshot rm c; ctr container restore --rw --live c localhost/cp:latest
n=$(${count("e")}); test "$n" -ge 5 && ${counts(count("f"), '"$n"')} && echo goes on; ctr images rm localhost/cp:latest >/dev/null`,
    prints: /goes on\n$/,
  },
];
