// What Kubernetes' kubelet asks of a container runtime: containerd's CRI with coffer-oci, beside runc and crun.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { buildSync } from "esbuild";
import { repository } from "../helpers/build.ts";
import { startContainerd } from "./containerd.ts";
import { criRows } from "./cri-rows.ts";
import type { ClientRuntime, Place } from "./place.ts";
import { makePlace, programOf } from "./place.ts";
import type { EngineKind } from "./rows.ts";
import { runRows } from "./rows.ts";

/** The pods' network. The state of its addresses would be the machine's, too. */
function writeNetwork(directory: string): void {
  mkdirSync(directory);
  const ranges = [[{ subnet: "10.93.0.0/24" }]];
  const ipam = { type: "host-local", dataDir: join(directory, "state"), ranges, routes: [{ dst: "0.0.0.0/0" }] };
  const bridge = { type: "bridge", bridge: "pods0", isGateway: true, hairpinMode: true, ipam };
  const plugins = [bridge, { type: "portmap", capabilities: { portMappings: true }, snat: true }];
  writeFileSync(join(directory, "pods.conflist"), JSON.stringify({ cniVersion: "1.0.0", name: "pods", plugins }));
}

/** Sandboxes ask for an OOM score that a machine may not let its root have. */
const config = (place: Place, runtime: ClientRuntime): string => `[plugins."io.containerd.grpc.v1.cri"]
restrict_oom_score_adj = true
sandbox_image = "localhost/box:latest"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "${place.base}/net.d"
[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "compared"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.compared]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.compared.options]
BinaryName = "${programOf(place, runtime)}"
`;

/** The image of the pods and of their containers. */
const images = `podman import -q --change 'CMD ["sleep","1000"]' --change 'ENV PATH=/bin' ../image.tar box
podman save -q --format oci-archive -o box.tar box && ctr -n k8s.io images import box.tar`;

/** `pod CONFIG` and `container CONFIG` start one; $p and $c are their ids. */
const prelude = `pod() { POD=$1; p=$(cri RunPodSandbox '{"config":'"$POD"'}' pod_sandbox_id); }
made() { config=$1; shift; cri CreateContainer '{"pod_sandbox_id":"'$p'","sandbox_config":'"$POD"',"config":'"$config"'}' container_id "$@"; }
create() { c=$(made "$1"); }
start() { cri StartContainer '{"container_id":"'$c'"}'; }
container() { c=$(made "$1" -- StartContainer '{"container_id":"%"}'); }
inside() { cri ExecSync '{"container_id":"'$c'","timeout":10,"cmd":["sh","-c","'"$1"'"]}' "\${2:-stdout}"; }
status() { cri ContainerStatus '{"container_id":"'$c'"}' status.$1; }
stop() { cri StopContainer '{"container_id":"'$c'","timeout":'\${1:-0}'}'; }
ended() { i=0; until test "$(status state)" = 2 || test $i -ge 100; do i=$((i+1)); sleep 0.1; done; }`;

/** Commands of the shell: Node takes twice as long to start where it has to strip types. */
function buildCommands(place: Place): string {
  const commands = ["cri", "stream"].map((name) => {
    const program = join(place.base, "bin", `${name}.mjs`);
    const entryPoints = [join(repository, `test/clients/cri/${name}.ts`)];
    buildSync({ entryPoints, outfile: program, bundle: true, platform: "node", format: "esm" });
    return `${name}() { '${process.execPath}' '${program}' "$@"; }\n`;
  });
  return commands.join("");
}

const cri: EngineKind = {
  name: "cri",
  start: async (t, runtime) => {
    const place = await makePlace(t);
    writeNetwork(join(place.base, "net.d"));
    await startContainerd(place, runtime, { config: config(place, runtime), images });
    return {
      place,
      leaves: /pod /,
      prelude: `${buildCommands(place)}${prelude}`,
      cleanUp: `cri ListPodSandbox '{}' items.id -- StopPodSandbox '{"pod_sandbox_id":"%"}' -- RemovePodSandbox '{"pod_sandbox_id":"%"}'`,
    };
  },
};

test.serial("containerd's CRI, as root", async (t) => {
  t.timeout(900_000);
  await runRows(t, cri, criRows);
});
