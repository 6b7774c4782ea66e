import { bidirectional, config, container, hostToContainer, pod, waits } from "./cri/scripts.ts";
import { podRows } from "./cri-pod-rows.ts";
import { streamRows } from "./cri-stream-rows.ts";
import type { Row } from "./rows.ts";

const lifeRows: readonly Row[] = [
  {
    title: "Version, Status",
    script: "cri Version '{}' runtime_api_version -- Status '{}' status.conditions.status",
    prints: "true\ntrue\ntrue\n",
  },
  {
    title: "a pod: run, status, stop, remove",
    script: `${pod()}; cri PodSandboxStatus '{"pod_sandbox_id":"'$p'"}' status.state; cri PodSandboxStatus '{"pod_sandbox_id":"'$p'"}' status.network.ip
cri StopPodSandbox '{"pod_sandbox_id":"'$p'"}'; cri PodSandboxStatus '{"pod_sandbox_id":"'$p'"}' status.state; cri RemovePodSandbox '{"pod_sandbox_id":"'$p'"}'; cri ListPodSandbox '{}' items.id`,
    prints: /^0\n10\.93\.0\.\d+\n1\n$/,
  },
  {
    title: "a container: create, start, exec, stop, remove",
    script: `${pod()}; create ${config(waits, {}, {}, "c")}; status state; start; status state
inside 'hostname; id -u; exit 3'; inside 'exit 3' exit_code; stop 10; status state; status exit_code; cri RemoveContainer '{"container_id":"'$c'"}'; cri ListContainers '{}' containers.id`,
    prints: "0\n1\npodhost\n0\n3\n2\n0\n",
  },
  {
    title: "logs",
    script: `${pod()}; ${container("echo out; echo err >&2")}; ended; cut -d' ' -f2- $BASE/logs/c.log | sort`,
    prints: "stderr F err\nstdout F out\n",
  },
  {
    title: "exit status, and killed after its time",
    script: `${pod()}; ${container("exit 7")}; ended; status exit_code; status reason; ${container("trap : TERM; while :; do sleep 0.1; done", {}, {}, "d")}; stop 1; status exit_code`,
    prints: "7\nError\n137\n",
  },
  {
    title: "OOMKilled",
    script: `${pod()}; ${container("sleep 1; exec tail /dev/zero", {}, { resources: { memory_limit_in_bytes: 16777216 } })}; ended; status exit_code; status reason`,
    prints: "137\nOOMKilled\n",
  },
  {
    title: "no such command: the words",
    script: `${pod()}; create ${config("", { command: ["nonsense"] }, {}, "c")}; start 2>&1; status reason`,
    prints: /"nonsense": executable file not found in \$PATH[\s\S]*StartError\n$/,
  },
  {
    title: "exec: its time is over",
    script: `${pod()}; ${container(waits)}; cri ExecSync '{"container_id":"'$c'","timeout":1,"cmd":["sleep","60"]}' 2>&1; inside 'echo still there'`,
    prints: /timeout 1s exceeded[\s\S]*still there\n$/,
  },
  {
    title: "restart: another attempt in the same pod",
    script: `${pod()}; ${container("exit 1")}; ended; cri RemoveContainer '{"container_id":"'$c'"}'; ${container(waits, { metadata: { name: "c", attempt: 1 } })}; status state`,
    prints: "1\n",
  },
  {
    title: "stats",
    script: `${pod()}; ${container(waits)}; test $(cri ContainerStats '{"container_id":"'$c'"}' stats.memory.usage_bytes.value) -gt 0 && echo told`,
    prints: "told\n",
  },
  {
    title: "a pod is stopped with what runs in it",
    script: `there() { ls -d /sys/fs/cgroup/pids/$TAG/* 2>/dev/null | grep -c -e $p -e $c; }; ${pod()}; ${container(waits)}; there
cri StopPodSandbox '{"pod_sandbox_id":"'$p'"}'; status state; cri RemovePodSandbox '{"pod_sandbox_id":"'$p'"}'; there`,
    prints: "2\n2\n0\n",
  },
];

const limitRows: readonly Row[] = [
  {
    title: "limits, and UpdateContainerResources",
    script: `${pod()}; ${container(waits, {}, { resources: { memory_limit_in_bytes: 67108864, cpu_quota: 50000, cpu_period: 100000, cpu_shares: 512 } })}
look() { cat /sys/fs/cgroup/memory/$TAG/$c/memory.limit_in_bytes /sys/fs/cgroup/cpu/$TAG/$c/cpu.cfs_quota_us /sys/fs/cgroup/cpu/$TAG/$c/cpu.shares; }
look; cri UpdateContainerResources '{"container_id":"'$c'","linux":{"memory_limit_in_bytes":33554432,"cpu_quota":20000}}'; look`,
    prints: "67108864\n50000\n512\n33554432\n20000\n512\n",
  },
  {
    title: "securityContext: user, groups, capabilities, no_new_privs, read-only",
    script: `${pod()}; ${container(
      waits,
      {},
      {
        security_context: {
          run_as_user: { value: 1000 },
          run_as_group: { value: 1000 },
          supplemental_groups: [7],
          capabilities: { drop_capabilities: ["ALL"] },
          no_new_privs: true,
          readonly_rootfs: true,
          seccomp: { profile_type: 0 },
        },
      },
    )}; inside 'id -u; id -G; grep -E \\"CapBnd|NoNew|Seccomp:\\" /proc/self/status; touch /made || echo refused'`,
    prints: "1000\n1000 7\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\nrefused\n",
  },
  {
    title: "securityContext: privileged",
    script: `${pod({}, { security_context: { privileged: true } })}; ${container(waits, {}, { security_context: { privileged: true } })}; inside 'mount -t tmpfs t /data && echo mounted'`,
    prints: "mounted\n",
  },
  {
    title: "securityContext: maskedPaths, readonlyPaths",
    script: `${pod()}; ${container(waits, {}, { security_context: { masked_paths: ["/proc/kcore", "/proc/keys"], readonly_paths: ["/proc/sys"] } })}; inside 'wc -c </proc/keys; grep -c \\" /proc/sys ro\\" /proc/self/mountinfo'`,
    prints: "0\n1\n",
  },
  {
    title: "volumes: read-only, and from the host later",
    script: `mkdir -p $BASE/v $BASE/w; echo x >$BASE/v/f; mountpoint -q $BASE/w || { mount -t tmpfs t $BASE/w; mount --make-shared $BASE/w; mkdir $BASE/w/later; }
${pod()}; ${container(waits, {
      mounts: [
        { container_path: "/data", host_path: "$BASE/v", readonly: true },
        { container_path: "/seen", host_path: "$BASE/w", propagation: hostToContainer },
      ],
    })}; inside 'cat /data/f; touch /data/g || echo refused'; mount -t tmpfs t $BASE/w/later; touch $BASE/w/later/new; inside 'ls /seen/later'; umount $BASE/w/later`,
    prints: "x\nrefused\nnew\n",
  },
  {
    title: "volumes: to the host, too",
    script: `mkdir -p $BASE/b; mountpoint -q $BASE/b || { mount -t tmpfs t $BASE/b; mount --make-shared $BASE/b; mkdir $BASE/b/in; }
${pod({}, { security_context: { privileged: true } })}; ${container(
      waits,
      { mounts: [{ container_path: "/both", host_path: "$BASE/b", propagation: bidirectional }] },
      { security_context: { privileged: true } },
    )}; inside 'mount -t tmpfs t /both/in && touch /both/in/f'; ls $BASE/b/in; inside 'umount /both/in'; ls $BASE/b/in | wc -l`,
    prints: "f\n0\n",
  },
  {
    title: "devices, environment, working directory",
    script: `${pod()}; ${container(waits, {
      devices: [{ container_path: "/dev/xnull", host_path: "/dev/null", permissions: "rw" }],
      envs: [{ key: "A", value: "b" }],
      working_dir: "/tmp",
    })}; inside 'test -c /dev/xnull && echo x >/dev/xnull && echo $A $PWD'`,
    prints: "b /tmp\n",
  },
];

/** What a kubelet asks for. */
export const criRows: readonly Row[] = [...lifeRows, ...limitRows, ...podRows, ...streamRows];
