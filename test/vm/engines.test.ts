// Engines on pure cgroup v2 with systemd's cgroups, in one resumed Debian guest. Each row runs with the engine's own
// runtime, and with coffer-oci, and both have to print the same.

import { seen } from "../clients/rows.ts";
import type { ScriptRow } from "./batch/batch-rows.ts";
import { control, lines, prints, testScripts } from "./batch/batch-rows.ts";
import { cofferOci, debianSetup, gone, rootfs } from "./systemd-setup.ts";

const state = "/var/lib/containers";

/** A program that ends when it is asked to, images of the rootfs, and daemons. */
const setup = (): string => `${debianSetup}
cat >${rootfs}/bin/serve <<'END'
#!/bin/sh
trap 'exit 0' TERM
sleep 1000 &
wait
END
chmod 755 ${rootfs}/bin/serve
cp -a ${rootfs}/bin/serve /home/tester/b/rootfs/bin/
chown -R tester:tester /home/tester/b

printf 'version = 2\\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\\n' >/run/containerd.toml
containerd --config /run/containerd.toml --root ${state}/containerd --state /run/containerd >/run/containerd.log 2>&1 &
dockerd --exec-opt native.cgroupdriver=systemd --add-runtime coffer=${cofferOci} --containerd /run/containerd/containerd.sock \\
	--iptables=false --ip6tables=false --bridge=none --data-root ${state}/docker >/run/dockerd.log 2>&1 &
tar -C ${rootfs} -c . | podman import - box >/dev/null 2>&1
for try in $(seq 120); do docker version >/dev/null 2>&1 && break; sleep 1; done
tar -C ${rootfs} -c . | docker import - box >/dev/null || cat /run/containerd.log /run/dockerd.log >&2

mkdir -p /home/system/usr /home/system/var /home/system/tmp
for name in bin sbin lib lib64; do ln -s usr/$name /home/system/$name; done
cp -a /etc /home/system/etc
rm /home/system/etc/fstab /home/system/etc/systemd/system/multi-user.target.wants/agent.service
`;

type Script = (runtime: string, id: string) => string;

const containerd: Script = (runtime, id) => `
BASE=/run
${seen}
ctr run -d --null-io --rootfs --runc-binary ${runtime} --runc-systemd-cgroup --cgroup machine.slice:ctr:${id} \\
	--memory-limit 67108864 ${rootfs} ${id} /bin/serve
systemctl show -p MemoryMax,Slice ctr-${id}.scope | sort
seen ctr task exec --exec-id e ${id} /bin/sh -c 'cat /proc/self/cgroup; cat >/dev/null'
cat /sys/fs/cgroup/machine.slice/ctr-${id}.scope/memory.max
ctr task kill -s SIGTERM ${id}
for try in $(seq 50); do ctr task ls | grep -q "^${id} .*STOPPED" && break; sleep 0.2; done
ctr task delete ${id} || echo status $?
ctr container delete ${id}
${gone(`systemctl list-units --all --no-legend ctr-${id}.scope`)}`;

const docker: Script = (runtime, id) => `
docker run --rm --runtime ${runtime} --network none box sh -c 'cat /proc/self/attr/apparmor/current; exit 3' || echo status $?
docker run -d --runtime ${runtime} --network none --memory 64m --pids-limit 50 --name ${id} box serve >/run/${id}
systemctl show -p MemoryMax,TasksMax,Slice docker-$(cat /run/${id}).scope | sort
docker exec ${id} cat /proc/self/cgroup /sys/fs/cgroup/memory.max
docker stop ${id} >/dev/null
docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' ${id}
docker rm ${id} >/dev/null
${gone(`systemctl list-units --all --no-legend docker-$(cat /run/${id}).scope`)}`;

const scoped = (podman: string, systemctl: string, root: string, id: string): string => `
${podman} run -d --network none --memory 64m --pids-limit 50 --name ${id} --rootfs ${root} serve >/run/${id}
${systemctl} show -p MemoryMax,TasksMax libpod-$(cat /run/${id}).scope | sort
${podman} exec ${id} cat /proc/self/cgroup /sys/fs/cgroup/memory.max
${podman} stop ${id} >/dev/null
${podman} inspect -f '{{.State.Status}} {{.State.ExitCode}}' ${id}
${podman} rm ${id} >/dev/null
${gone(`${systemctl} list-units --all --no-legend libpod-$(cat /run/${id}).scope`)}`;

const podman = (runtime: string): string => `podman --cgroup-manager=systemd --runtime ${runtime}`;

const rooted: Script = (runtime, id) => scoped(podman(runtime), "systemctl", rootfs, id);

const rootless: Script = (runtime, id) =>
  scoped(`/run/as-tester ${podman(runtime)}`, "/run/as-tester systemctl --user", "/home/tester/b/rootfs", id);

const quadlet: Script = (runtime, id) => `
mkdir -p /etc/containers/systemd
cat >/etc/containers/systemd/${id}.container <<'END'
[Container]
ContainerName=${id}
Rootfs=${rootfs}
Exec=serve
Network=none
GlobalArgs=--runtime=${runtime}
PodmanArgs=--memory=64m
END
systemctl daemon-reload
systemctl start ${id}.service
systemctl is-active ${id}.service
podman exec ${id} cat /proc/self/cgroup /sys/fs/cgroup/memory.max
systemctl stop ${id}.service
systemctl show -p ActiveState,Result ${id}.service | sort
podman ps --all --quiet`;

const kube: Script = (runtime, id) => `
cat >/run/${id}.yaml <<'END'
apiVersion: v1
kind: Pod
metadata: {name: ${id}}
spec:
  containers:
  - {name: c, image: localhost/box, imagePullPolicy: Never, command: [serve], resources: {limits: {memory: 64Mi}}}
END
${podman(runtime)} kube play --network none /run/${id}.yaml >/dev/null
podman pod ps --format '{{.Name}} {{.Status}} {{.NumberOfContainers}}'
podman exec ${id}-c cat /proc/self/cgroup /sys/fs/cgroup/memory.max
podman kube down /run/${id}.yaml >/dev/null
podman ps --all --quiet`;

const booted: Script = (runtime, id) => `
${podman(runtime)} run -d --systemd=always --network none --name ${id} -v /usr:/usr:ro --rootfs /home/system \\
	/usr/lib/systemd/systemd >/dev/null
for try in $(seq 120); do podman exec ${id} systemctl is-active multi-user.target >/run/${id} 2>&1 && break; sleep 1; done
cat /run/${id}
podman exec ${id} cat /proc/1/comm
podman stop ${id} >/dev/null
podman inspect -f '{{.State.Status}} {{.State.ExitCode}}' ${id}
podman rm ${id} >/dev/null`;

const inside = ["0::/", "67108864"];

const engines: Readonly<Record<string, readonly [script: Script, peer: string, expected: string]>> = {
  "containerd: run, exec, kill, delete": [
    containerd,
    "runc",
    lines("MemoryMax=67108864", "Slice=machine.slice", "0::/machine.slice/ctr-NAME.scope", "67108864"),
  ],
  "docker: run, exec, stop": [
    docker,
    "runc",
    lines(
      ...["docker-default (enforce)", "status 3", "MemoryMax=67108864", "Slice=system.slice", "TasksMax=50"],
      ...[...inside, "exited 0"],
    ),
  ],
  "podman of root": [rooted, "crun", lines("MemoryMax=67108864", "TasksMax=50", ...inside, "exited 0")],
  "podman of a user": [rootless, "crun", lines("MemoryMax=67108864", "TasksMax=50", ...inside, "exited 0")],
  "a quadlet": [quadlet, "crun", lines("active", ...inside, "ActiveState=inactive", "Result=success")],
  "podman kube play": [kube, "crun", lines("NAME Running 2", ...inside)],
  "systemd in a container": [booted, "crun", lines("active", "systemd", "exited 0")],
};

const rows = Object.entries(engines).flatMap(([title, [script, peer, expected]], index) => {
  const row = (name: string, runtime: string): readonly [string, ScriptRow] => {
    const id = `${name}${index}`;
    const made = prints(script(runtime, id), expected.replaceAll("NAME", id));
    return [`${title}, with ${name}`, name === peer ? control(made) : made];
  };
  const ours = script === docker ? "coffer" : cofferOci;
  return [row(peer, peer), row("coffer", ours)];
});

testScripts({ guest: "debian", setup, days: 3, rows: Object.fromEntries(rows) });
