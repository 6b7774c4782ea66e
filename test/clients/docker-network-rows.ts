import type { Row } from "./rows.ts";
import { counter, counts } from "./rows.ts";

const one = "docker network inspect one >/dev/null 2>&1 || docker network create --subnet 10.92.1.0/24 one >/dev/null";
const two = "docker network inspect two >/dev/null 2>&1 || docker network create --subnet 10.92.2.0/24 two >/dev/null";
/** A server that tells the file `/etc/group`, of which the first line is looked at. */
const serve = "bb httpd -f -p 80 -h /etc";
const served = "root:x:0:\n";
const fetch = (host: string): string => `wget -T 5 -qO- http://${host}/group | head -1`;
const addresses = "docker exec box ip -o -4 addr | awk '{print $2, $4}'";
/** The prelude's are without a network. */
const box = 'docker run -d --name box --cgroup-parent "/$TAG"';
const run = 'docker run --rm --cgroup-parent "/$TAG"';

/** dockerd's bridges: it makes the network namespace, or fills that of the container from a hook. */
export const dockerNetworkRows: readonly Row[] = [
  {
    title: "the default bridge, -p, port",
    script: `${box} -p 18080:80 ${serve} >/dev/null; docker port box 80/tcp | head -1; busybox ${fetch("127.0.0.1:18080")}; ${addresses}`,
    prints: `0.0.0.0:18080\n${served}lo 127.0.0.1/8\neth0 172.17.0.2/16\n`,
  },
  {
    title: "a network: by address, by name, by alias",
    script: `${one}; ${box} --network one --ip 10.92.1.9 --network-alias other ${serve} >/dev/null
${run} --network one bb sh -c '${fetch("10.92.1.9")}; ${fetch("box")}; ${fetch("other")}'`,
    prints: served.repeat(3),
  },
  {
    title: "network connect, disconnect",
    script: `${one}; ${two}; ${box} --network one --ip 10.92.1.9 ${serve} >/dev/null; docker network connect --ip 10.92.2.9 --alias other two box; ${addresses}
${run} --network two bb ${fetch("other")}; docker network disconnect two box; ${addresses}`,
    prints: `lo 127.0.0.1/8\neth0 10.92.1.9/24\neth1 10.92.2.9/24\n${served}lo 127.0.0.1/8\neth0 10.92.1.9/24\n`,
  },
  {
    title: "--network container: on a bridge, --link",
    script: `${box} ${serve} >/dev/null; ${run} --network container:box bb ${fetch("127.0.0.1")}; ${run} --link box:linked bb ${fetch("linked")}`,
    prints: served.repeat(2),
  },
  {
    title: "--network host, --add-host, --dns, --mac-address",
    script: `${run} --network host bb readlink /proc/self/ns/net | grep -cF "$(readlink /proc/self/ns/net)"
${run} --add-host far:10.2.2.2 --dns 10.1.1.1 --mac-address 02:00:00:00:00:07 bb sh -c 'grep far /etc/hosts; grep ^nameserver /etc/resolv.conf; cat /sys/class/net/eth0/address'`,
    prints: "1\n10.2.2.2\tfar\nnameserver 10.1.1.1\n02:00:00:00:00:07\n",
  },
  {
    title: "restart on a bridge",
    script: `${box} -p 18081:80 ${serve} >/dev/null; docker restart -t 0 box >/dev/null; busybox ${fetch("127.0.0.1:18081")}`,
    prints: served,
  },
  {
    title: "compose: two services, a network, a port, limits",
    script: `cat >$BASE/compose.yaml <<END
services:
  web: {image: bb, command: httpd -f -p 80 -h /etc, ports: ["18082:80"], cgroup_parent: /$TAG, mem_limit: 64m, read_only: true, stop_grace_period: 0s}
  once: {image: bb, command: sh -c 'wget -T 5 -qO- http://web/group | head -1', depends_on: [web], cgroup_parent: /$TAG}
END
compose="docker-compose --ansi never -p box -f $BASE/compose.yaml"; $compose up -d 2>/dev/null; docker wait box-once-1; docker logs box-once-1; busybox ${fetch("127.0.0.1:18082")}
$compose ps -q | wc -l; $compose exec -T web cat /proc/1/comm; $compose down 2>/dev/null; docker ps -aq | wc -l`,
    prints: `0\n${served}${served}1\nhttpd\n0\n`,
  },
];

const count = "docker exec box cat /count";

/**
 * A checkpoint leaves its image in the store of containerd, which collects it some time later. The restore uploads the
 * same again, and fails while it is there ("already exists"). The end of a lease has containerd collect at once.
 */
const collected = `store() { ctr -a /run/docker-exec/containerd/containerd.sock -n moby leases "$@"; }; store delete --sync "$(store create)" >/dev/null`;

/** Experimental in dockerd. */
export const dockerCheckpointRows: readonly Row[] = [
  {
    title: "checkpoint create, ls; start --checkpoint",
    script: `detached bb ${counter}; ${counts(count, "3")}; docker checkpoint create box one; docker checkpoint ls box | tail -1; docker inspect -f '{{.State.Status}}' box
n=$(docker cp -q box:/count - | tar -xO); ${collected}; docker start --checkpoint one box; test "$n" -ge 3 && ${counts(count, '"$n"')} && echo goes on`,
    prints: "one\none\nexited\ngoes on\n",
  },
  {
    title: "checkpoint create --leave-running",
    script: `detached bb ${counter}; ${counts(count, "3")}; docker checkpoint create --leave-running box two; n=$(${count}); ${counts(count, '"$n"')} && echo goes on`,
    prints: "two\ngoes on\n",
  },
];
