// What Kubernetes' kubelet asks of containerd where systemd makes the cgroups (SystemdCgroup = true), on pure cgroup v2: with
// runc and with coffer-oci, and both have to print the same.
import { join } from "node:path";
import { buildSync } from "esbuild";
import { repository } from "../helpers/build.ts";
import { control, lines, prints, testScripts } from "./batch/batch-rows.ts";
import { cofferOci, debianSetup, gone, rootfs } from "./systemd-setup.ts";

/** The client, as one file without imports of this repository. */
function client(): string {
  const entryPoints = [join(repository, "test/clients/cri/cri.ts")];
  const [file] = buildSync({ entryPoints, bundle: true, platform: "node", format: "esm", write: false }).outputFiles;
  return file?.text ?? "";
}

const runtimes = `
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "localhost/box:latest"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = true
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.coffer]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.coffer.options]
BinaryName = "${cofferOci}"
SystemdCgroup = true
`;

/** containerd with its CRI, an image whose programs wait, and `cri METHOD JSON FIELD`. */
const setup = (): string => `${debianSetup}
cat >/run/cri.mjs <<'END'
${client()}
END
cat >/usr/local/bin/cri <<END
#!/bin/sh
exec $(readlink -f "$(command -v node)") /run/cri.mjs "\\$@"
END
chmod 755 /usr/local/bin/cri
cat >/run/containerd.toml <<'END'
version = 2
${runtimes}
END
containerd --config /run/containerd.toml --root /var/lib/containers/containerd --state /run/containerd >/run/containerd.log 2>&1 &
tar -C ${rootfs} -c . | podman import --change 'CMD ["sleep","1000"]' --change 'ENV PATH=/bin' - box >/dev/null 2>&1
podman save -q --format oci-archive -o /run/box.tar box
for try in $(seq 120); do ctr version >/dev/null 2>&1 && break; sleep 1; done
ctr -n k8s.io images import /run/box.tar >/dev/null || cat /run/containerd.log >&2
`;

/** The host's network: the guest has no plugin of CNI. */
const pod = (name: string): string =>
  JSON.stringify({
    metadata: { name, uid: name, namespace: "n", attempt: 0 },
    linux: {
      cgroup_parent: "cri-test.slice",
      security_context: { namespace_options: { network: 2 } },
    },
  });

const container = (memory: number): string =>
  JSON.stringify({
    metadata: { name: "c" },
    image: { image: "localhost/box:latest" },
    command: ["sleep", "1000"],
    linux: { resources: { memory_limit_in_bytes: memory, cpu_quota: 50000, cpu_period: 100000 } },
  });

const limits = "systemctl show -p MemoryMax,CPUQuotaPerSecUSec,Slice cri-containerd-$c.scope | sort";

const life = (runtime: string): string => `
p=$(cri RunPodSandbox '{"config":${pod(runtime)},"runtime_handler":"${runtime}"}' pod_sandbox_id)
c=$(cri CreateContainer '{"pod_sandbox_id":"'$p'","sandbox_config":${pod(runtime)},"config":${container(67108864)}}' container_id)
cri StartContainer '{"container_id":"'$c'"}'
cri ContainerStatus '{"container_id":"'$c'"}' status.state
${limits}
cri ExecSync '{"container_id":"'$c'","timeout":60,"cmd":["cat","/proc/self/cgroup","/sys/fs/cgroup/memory.max"]}' stdout
cri UpdateContainerResources '{"container_id":"'$c'","linux":{"memory_limit_in_bytes":33554432,"cpu_quota":20000,"cpu_period":100000}}'
${limits}
cat /sys/fs/cgroup/cri.slice/cri-test.slice/cri-containerd-$c.scope/memory.max
cri StopContainer '{"container_id":"'$c'","timeout":0}'
cri ContainerStatus '{"container_id":"'$c'"}' status.exit_code
cri StopPodSandbox '{"pod_sandbox_id":"'$p'"}' -- RemovePodSandbox '{"pod_sandbox_id":"'$p'"}'
${gone("systemctl list-units --all --no-legend 'cri-containerd-*.scope'")}`;

const before = ["1", "CPUQuotaPerSecUSec=500ms", "MemoryMax=67108864", "Slice=cri-test.slice", "0::/", "67108864"];
const after = ["CPUQuotaPerSecUSec=200ms", "MemoryMax=33554432", "Slice=cri-test.slice", "33554432", "137"];
const expected = lines(...before, ...after);

testScripts({
  guest: "debian",
  setup,
  rows: {
    "a pod and a container with limits that change, with runc": control(prints(life("runc"), expected)),
    "a pod and a container with limits that change, with coffer": prints(life("coffer"), expected),
  },
});
