import type { Row } from "../rows.ts";

/** Networks of netavark's, made by the first row that needs them. */
const one = "podman network exists one || podman network create --subnet 10.90.1.0/24 one >/dev/null";
const two = "podman network exists two || podman network create --subnet 10.90.2.0/24 two >/dev/null";
/** A server that tells the file `/etc/group`, of which the first line is looked at. */
const serve = "bb httpd -f -p 80 -h /etc";
const fetch = (host: string): string => `wget -T 5 -qO- http://${host}/group | head -1`;
const served = "root:x:0:\n";
const addresses = "podman exec c ip -o -4 addr | awk '{print $2, $4}'";

/** Bridges, addresses, names and ports: what podman makes before the runtime, which joins the namespace that it made. */
export const networkRows: readonly Row[] = [
  {
    title: "network create, inspect, ls, rm",
    script:
      "podman network create --subnet 10.90.9.0/24 nine; podman network inspect -f '{{.Driver}}' nine; podman network ls -q | grep -c nine; podman network rm nine",
    prints: "nine\nbridge\n1\nnine\n",
  },
  {
    title: "bridge: by address, by name, by alias",
    script: `${one}; detached --name c --network one:ip=10.90.1.7,alias=other ${serve}
run --network one bb sh -c '${fetch("10.90.1.7")}; ${fetch("c")}; ${fetch("other")}'`,
    prints: served.repeat(3),
  },
  {
    title: "bridge: of two networks, neither reaches the other",
    script: `${one}; ${two}; detached --name c --network one ${serve}; run --network two bb sh -c 'nslookup c >/dev/null 2>&1 || echo unknown'`,
    prints: "unknown\n",
  },
  {
    title: "-p",
    script: `${one}; detached --name c --network one -p 18080:80 ${serve}; podman port c; busybox ${fetch("127.0.0.1:18080")}`,
    prints: `80/tcp -> 0.0.0.0:18080\n${served}`,
  },
  {
    title: "--network :ip=,mac=,interface_name=",
    script: `${one}; run --network one:ip=10.90.1.9,mac=02:00:00:00:00:07,interface_name=net7 bb sh -c 'ip -o -4 addr show net7 | grep -o 10.90.1.9/24; cat /sys/class/net/net7/address'`,
    prints: "10.90.1.9/24\n02:00:00:00:00:07\n",
  },
  {
    title: "network connect, disconnect",
    script: `${one}; ${two}; detached --name c --network one:ip=10.90.1.7 bb sleep 60; podman network connect --ip 10.90.2.9 two c; ${addresses}; podman network disconnect two c; ${addresses}`,
    prints: "lo 127.0.0.1/8\neth0 10.90.1.7/24\neth1 10.90.2.9/24\nlo 127.0.0.1/8\neth0 10.90.1.7/24\n",
  },
  {
    title: "network connect: reached from the other network",
    script: `${one}; ${two}; detached --name c --network one ${serve}; podman network connect two c; run --network two bb ${fetch("c")}`,
    prints: served,
  },
  {
    title: "network reload, restart",
    script: `${one}; detached --name c --network one:ip=10.90.1.7 ${serve}; podman network reload c >/dev/null; podman restart -t 0 c >/dev/null; run --network one bb ${fetch("c")}; ${addresses}`,
    prints: `${served}lo 127.0.0.1/8\neth0 10.90.1.7/24\n`,
  },
  {
    title: "--internal: no way out",
    script:
      "podman network create --internal --subnet 10.90.3.0/24 three >/dev/null; run --network three bb sh -c 'ip route | cut -d\" \" -f1'; podman network rm three >/dev/null",
    prints: "10.90.3.0/24\n",
  },
  {
    title: "--network container: on a bridge",
    script: `${one}; detached --name c --network one ${serve}; run --network container:c bb ${fetch("127.0.0.1")}`,
    prints: served,
  },
  {
    title: "a pod on a bridge with -p",
    script: `${one}; podman pod create --name p --network one -p 18081:80 >/dev/null; podman run -d --name c --pod p ${serve} >/dev/null; podman run --rm --pod p bb ${fetch("localhost")}; busybox ${fetch("127.0.0.1:18081")}`,
    prints: served.repeat(2),
  },
  {
    title: "--sysctl net. on a bridge",
    script: `${one}; run --network one --sysctl net.ipv4.ip_unprivileged_port_start=77 bb cat /proc/sys/net/ipv4/ip_unprivileged_port_start`,
    prints: "77\n",
  },
  {
    title: "--dns, --dns-search, --add-host",
    script: `${one}; run --network one --dns 10.1.1.1 --dns-search example.org --add-host far:10.2.2.2 bb sh -c 'grep -c ^nameserver /etc/resolv.conf; grep ^search /etc/resolv.conf; grep -w far /etc/hosts'`,
    prints: "1\nsearch example.org\n10.2.2.2\tfar\n",
  },
];

/** What of it needs host ids. */
export const networkRootRows: readonly Row[] = [
  {
    title: "--uidmap on a bridge",
    script: `${one}; detached --name c --network one ${serve}; run --network one --uidmap 0:200000:65536 bb sh -c 'id -u; tr -s " " </proc/self/uid_map; ${fetch("c")}'`,
    prints: `0\n 0 200000 65536\n${served}`,
  },
  {
    title: "macvlan",
    script:
      "ip link add parent0 type veth peer name parent1; podman network create -d macvlan -o parent=parent0 --subnet 10.90.5.0/24 five >/dev/null; run --network five:ip=10.90.5.5 bb sh -c 'ip -o -4 addr show eth0 | grep -o 10.90.5.5/24'; podman network rm five >/dev/null; ip link del parent0",
    prints: "10.90.5.5/24\n",
  },
];
