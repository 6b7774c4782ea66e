import type { Row } from "../rows.ts";

const pod = "podman pod create --infra-image bb --infra-command 'sleep 60' $PARENT";
const yaml = (name: string, args: string): string =>
  `printf '%s\\n' 'apiVersion: v1' 'kind: Pod' 'metadata: {name: k}' 'spec:' '  restartPolicy: Never' '  hostname: box' '  containers:' '  - {name: ${name}, image: localhost/bb:latest, imagePullPolicy: Never, ${args}}' >$BASE/pod.yaml`;
const play = `podman --cgroup-manager cgroupfs kube play -q --network none $BASE/pod.yaml >/dev/null`;

/** Containers that share namespaces. */
export const podRows: readonly Row[] = [
  {
    title: "pod: ipc, net, uts",
    script: `${pod} p >/dev/null; a=$(podman run --rm --pod p bb sh -c 'for n in ipc net uts; do readlink /proc/self/ns/$n; done'); b=$(podman run --rm --pod p bb sh -c 'for n in ipc net uts; do readlink /proc/self/ns/$n; done'); test "$a" = "$b" && echo "$a" | wc -l`,
    prints: "3\n",
  },
  {
    title: "pod: --share pid",
    script: `${pod} --share pid p >/dev/null; podman run -d --pod p bb sleep 4321 >/dev/null; podman run --rm --pod p bb ps -o args | grep -c '^sleep'`,
    prints: "2\n",
  },
  {
    title: "pod: stop, start, rm",
    script: `${pod} p >/dev/null; podman run -d --pod p --name c bb sleep 60 >/dev/null; podman pod stop -t 0 p >/dev/null 2>&1; podman inspect -f '{{.State.Status}}' c; podman pod start p >/dev/null; podman inspect -f '{{.State.Status}}' c; podman pod rm -f -t 0 p >/dev/null; podman ps -aq | wc -l`,
    prints: "exited\nrunning\n0\n",
  },
  {
    title: "pod: init container",
    script: `${pod} p >/dev/null; mkdir -p $BASE/pv; podman create --pod p --init-ctr always -v $BASE/pv:/data bb sh -c 'echo x >/data/init' >/dev/null; podman create --pod p --name c -v $BASE/pv:/data bb cat /data/init >/dev/null; podman pod start p >/dev/null 2>&1; podman wait c; podman logs c`,
    prints: "0\nx\n",
  },
  {
    title: "--network, --ipc, --uts container:",
    script:
      'L=\'for n in ipc net uts; do readlink /proc/self/ns/$n; done\'; detached --name c --ipc shareable bb sleep 60; a=$(podman exec c sh -c "$L"); b=$(run --network container:c --ipc container:c --uts container:c bb sh -c "$L"); test "$a" = "$b" && echo "$a" | wc -l',
    prints: "3\n",
  },
  {
    title: "kube play, down",
    script: `${yaml("c", "command: [hostname]")}; ${play}; podman wait k-c; podman logs k-c; podman kube down $BASE/pod.yaml >/dev/null 2>&1; podman ps -aq | wc -l`,
    prints: /^0\n(k|box)\n0\n$/,
  },
  {
    title: "kube play: limits, ids, read-only",
    script: `${yaml("c", 'command: [sh, -c, "id -u; touch /made 2>&1"], securityContext: {runAsUser: 1000, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}')}; ${play}; podman wait k-c >/dev/null; podman logs k-c`,
    prints: "1000\ntouch: /made: Read-only file system\n",
  },
];
