// What kubelet asks of the CRI for a pod with one container: its defaults, a service account, and limits. There is no kubelet in
// Debian; the requests are made as the kubelet of Kubernetes 1.31 makes them.
const maskedPaths = [
  ..."/proc/asound /proc/acpi /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/timer_stats".split(" "),
  ..."/proc/sched_debug /proc/scsi /sys/firmware /sys/devices/virtual/powercap".split(" "),
];
const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];
/** The pod's name for the machine. */
export const podUid = "0f1e2d3c-0000-4000-8000-000000000000";
const directory = `$BASE/kubelet/pods/${podUid}`;
const etcHosts = `${directory}/etc-hosts`;
const termination = `${directory}/containers/app/termination-log`;
const token = `${directory}/volumes/kubernetes.io~projected/kube-api-access`;

/** JSON between single quotes, in which the shell's `$TAG` and `$BASE` are put in. */
const quoted = (value: object): string => `'${JSON.stringify(value).replaceAll(/\$(TAG|BASE)/g, "'\"$$$1\"'")}'`;

/** The script that asks for the pod and its container. */
export function podScript(privileged: boolean): string {
  // runtime/default of a container, by its number in the CRI.
  const security = privileged
    ? { privileged }
    : { masked_paths: maskedPaths, readonly_paths: readonlyPaths, seccomp: { profile_type: 0 } };
  const sandbox = {
    metadata: { name: "example", uid: podUid, namespace: "default", attempt: privileged ? 1 : 0 },
    hostname: "example",
    log_directory: `${directory}/logs`,
    linux: { cgroup_parent: "/$TAG", security_context: { privileged } },
  };
  const container = {
    metadata: { name: "app" },
    image: { image: "localhost/box:latest" },
    command: ["sh"],
    log_path: "app.log",
    envs: [
      { key: "KUBERNETES_SERVICE_HOST", value: "10.96.0.1" },
      { key: "KUBERNETES_SERVICE_PORT", value: "443" },
    ],
    mounts: [
      { container_path: "/etc/hosts", host_path: etcHosts },
      { container_path: "/dev/termination-log", host_path: termination },
      { container_path: "/var/run/secrets/kubernetes.io/serviceaccount", host_path: token, readonly: true },
    ],
    linux: {
      security_context: security,
      resources: {
        cpu_period: 100_000,
        cpu_quota: 50_000,
        cpu_shares: 102,
        memory_limit_in_bytes: 134_217_728,
        oom_score_adj: 979,
      },
    },
  };
  return `mkdir -p ${directory}/containers/app ${token}; touch ${etcHosts} ${termination}
p=$(cri RunPodSandbox '{"config":'${quoted(sandbox)}'}' pod_sandbox_id)
c=$(cri CreateContainer '{"pod_sandbox_id":"'$p'","sandbox_config":'${quoted(sandbox)}',"config":'${quoted(container)}'}' container_id)
cri StartContainer '{"container_id":"'$c'"}'
cri StopPodSandbox '{"pod_sandbox_id":"'$p'"}'; cri RemovePodSandbox '{"pod_sandbox_id":"'$p'"}'`;
}
