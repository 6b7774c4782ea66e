import type { Row } from "../rows.ts";

// The table of subordinate ids is the place's own: the machine's may have nobody of that name.
const subordinate =
  "grep -q containers /etc/subuid || { cp /etc/subuid $BASE/subid; echo containers:200000:65536 >>$BASE/subid; mount --bind $BASE/subid /etc/subuid; mount --bind $BASE/subid /etc/subgid; }";

/** Options of `run` that reach the runtime, for root and others. */
export const optionRows: readonly Row[] = [
  { title: "--network none", script: "run --network none bb ls /sys/class/net", prints: "lo\n" },
  {
    title: "--network slirp4netns",
    script: "run --network slirp4netns bb ip addr show tap0 | grep -c 10.0.2.100",
    prints: "1\n",
  },
  {
    title: "--cap-add",
    script: "run --cap-add sys_admin bb sh -c 'mount -t tmpfs t /data && echo mounted'",
    prints: "mounted\n",
  },
  {
    title: "--cap-add of a user: ambient",
    script: "run --user 1000 --cap-drop all --cap-add net_raw bb grep -E 'Cap(Eff|Amb)' /proc/self/status",
    prints: "CapEff:\t0000000000002000\nCapAmb:\t0000000000002000\n",
  },
  {
    title: "--security-opt label, apparmor",
    script:
      "run --security-opt label=disable --security-opt apparmor=unconfined bb echo hi; run -v $BASE:/data:ro,z bb echo hi",
    prints: "hi\nhi\n",
  },
  {
    title: "--security-opt proc-opts",
    script: "run --security-opt proc-opts=nosuid,exec bb grep ' /proc proc' /proc/mounts | cut -d' ' -f4",
    prints: /^rw,nosuid(,relatime)?\n$/,
  },
  { title: "--umask", script: "run --umask 0077 bb sh -c umask", prints: "0077\n" },
  { title: "--personality", script: "run --personality LINUX32 bb uname -m", prints: /^i[36]86\n$/ },
  {
    title: "--systemd=always",
    script:
      "run --systemd=always bb sh -c 'echo $container; grep -c -E \" /(run|run/lock|tmp|var/log/journal) tmpfs \" /proc/mounts; test -d /sys/fs/cgroup && echo cgroup'",
    prints: "podman\n4\ncgroup\n",
  },
  {
    title: "--tmpfs with options",
    script:
      'run --tmpfs /data:ro,noexec,nosuid,size=1m,mode=700 bb sh -c \'grep " /data tmpfs" /proc/mounts | cut -d" " -f4\'',
    prints: /^ro,nosuid,nodev,noexec,relatime,size=1024k,mode=700/,
  },
  {
    title: "--mount devpts, ramfs",
    script:
      "run --mount type=devpts,dst=/data bb ls /data/ptmx; run --mount type=ramfs,dst=/data bb grep -c ' /data ramfs' /proc/mounts",
    prints: "/data/ptmx\n1\n",
  },
  { title: "--rootfs", script: "podman run --rm $PARENT --rootfs $BASE/image /bin/echo hi", prints: "hi\n" },
  {
    title: "--rootfs :O",
    script:
      "podman run --rm $PARENT --rootfs $BASE/image:O /bin/sh -c 'echo x >/made && cat /made'; test -e $BASE/image/made || echo kept",
    prints: "x\nkept\n",
  },
  {
    title: "-v :O",
    script:
      "mkdir -p $BASE/ov; echo x >$BASE/ov/f; run -v $BASE/ov:/data:O bb sh -c 'cat /data/f; echo y >/data/f; cat /data/f'; cat $BASE/ov/f",
    prints: "x\ny\nx\n",
  },
  {
    title: "--volumes-from",
    script:
      "mkdir -p $BASE/vf; echo x >$BASE/vf/f; podman create --name c -v $BASE/vf:/data bb true >/dev/null; run --volumes-from c bb cat /data/f",
    prints: "x\n",
  },
  {
    title: "--cgroup-parent, --cgroupns host",
    script: "run --cgroupns host bb grep -c $TAG /proc/self/cgroup | grep -qv '^0' && echo there",
    prints: "there\n",
  },
  {
    title: "--device-cgroup-rule",
    script:
      "run --device-cgroup-rule 'c 10:229 rwm' --cap-add mknod bb sh -c 'mknod /data/k c 10 229 && head -c 0 /data/k && echo open; mknod /data/m c 10 237; head -c 0 </data/m' 2>&1",
    prints: /^open\n.*Operation not permitted\n$/,
  },
  {
    title: "--memory-swap, --memory-reservation",
    script:
      "run -m 64m --memory-swap 96m --memory-reservation 32m bb sh -c 'cd /sys/fs/cgroup/memory; cat memory.memsw.limit_in_bytes memory.soft_limit_in_bytes'",
    prints: "100663296\n33554432\n",
  },
  {
    title: "--userns auto",
    script: `${subordinate}; run --userns auto:size=1024 bb sh -c 'tr -s " " </proc/self/uid_map | cut -d" " -f4'`,
    prints: "1024\n",
  },
  {
    // The others pass over the annotation, and print that the mask is off too.
    title: "--annotation coffer.lock-mounts",
    script: `${subordinate}; run --userns auto:size=1024 --cap-add sys_admin --annotation coffer.lock-mounts=true bb sh -c 'umount /proc/timer_list 2>/dev/null && echo off; mount -t tmpfs t /data && echo mounted'`,
    prints: "mounted\n",
  },
  {
    title: "-v :idmap",
    script:
      "mkdir -p $BASE/im; echo x >$BASE/im/f; run --uidmap 0:100000:65536 --gidmap 0:100000:65536 -v $BASE/im:/data:idmap bb sh -c 'stat -c %u /data/f; echo y >/data/g'; stat -c %u $BASE/im/g",
    prints: "0\n0\n",
  },
];
