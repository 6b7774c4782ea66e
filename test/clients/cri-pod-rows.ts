import { config, container, fetch, namespace, pod, serves, userns, waits } from "./cri/scripts.ts";
import type { Row } from "./rows.ts";

/** What the containers of a pod share, and pods with each other and with the host. */
export const podRows: readonly Row[] = [
  {
    title: "two containers of a pod share its network and ipc",
    script: `${pod()}; ${container(serves)}; ${container(waits, {}, {}, "d")}; inside '${fetch("localhost")}'; test "$(inside 'readlink /proc/self/ns/ipc')" = "$(readlink /proc/$(pgrep -x httpd)/ns/ipc)" && echo shared`,
    prints: "root:x:0:\nshared\n",
  },
  {
    title: "two pods reach each other",
    script: `${pod()}; ${container(serves)}; ip=$(cri PodSandboxStatus '{"pod_sandbox_id":"'$p'"}' status.network.ip); ${pod({ metadata: { name: "q", uid: "v", namespace: "n", attempt: 0 } })}; ${container(waits, {}, {}, "d")}; inside "${fetch("$ip")}"`,
    prints: "root:x:0:\n",
  },
  {
    title: "hostPort",
    script: `${pod({ port_mappings: [{ container_port: 80, host_port: 18083 }] })}; ${container(serves)}; busybox ${fetch(
      "$(ip -o -4 addr show pods0 | grep -o '10.93.0.1')",
    ).replace("/group", ":18083/group")}`,
    prints: "root:x:0:\n",
  },
  {
    title: "hostNetwork, hostPID, hostIPC",
    script: `${pod({ hostname: "" }, { security_context: { namespace_options: { network: namespace.node, pid: namespace.node, ipc: namespace.node } } })}
${container(waits, {}, { security_context: { namespace_options: { network: namespace.node, pid: namespace.node, ipc: namespace.node } } })}; for n in net pid ipc; do inside "readlink /proc/self/ns/$n" | grep -cF "$(readlink /proc/self/ns/$n)"; done`,
    prints: "1\n1\n1\n",
  },
  {
    title: "shareProcessNamespace",
    script: `${pod({}, { security_context: { namespace_options: { pid: namespace.pod } } })}; ${container(waits, {}, { security_context: { namespace_options: { pid: namespace.pod } } })}; inside 'cat /proc/1/comm; pidof sleep | wc -w'`,
    prints: "sleep\n2\n",
  },
  {
    title: "an ephemeral container sees its target's processes",
    script: `${pod()}; ${container(serves, {}, { security_context: { namespace_options: { pid: namespace.container } } })}; t=$c
create "$(printf '%s' ${config(waits, {}, { security_context: { namespace_options: { pid: namespace.target, target_id: "TARGET" } } }, "d")} | sed s/TARGET/$t/)"; start; inside 'cat /proc/1/comm'`,
    prints: "httpd\n",
  },
  {
    title: "sysctls, dnsConfig",
    script: `${pod({ dns_config: { servers: ["10.1.1.1"], searches: ["example.org"] } }, { sysctls: { "net.ipv4.ip_unprivileged_port_start": "77", "kernel.msgmax": "4096" } })}; ${container(waits)}
inside 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax; grep -v ^# /etc/resolv.conf'`,
    prints: "77\n4096\nsearch example.org\nnameserver 10.1.1.1\n",
  },
  {
    title: "a pod with a user namespace",
    script: `${pod({}, { security_context: userns })}; ${container(waits, {}, { security_context: userns })}; inside 'id -u; tr -s \\" \\" </proc/self/uid_map; touch /made && echo made'; stat -c %u /proc/$(pgrep -xn sleep)`,
    prints: "0\n 0 200000 65536\nmade\n200000\n",
  },
];
