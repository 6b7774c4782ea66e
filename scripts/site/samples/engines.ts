// How the engines are set up for a capture: as in test/clients, in namespaces of their own, with cgroup v2 as most hosts have it.
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { startContainerd } from "../../../test/clients/containerd.ts";
import { makeImageTar } from "../../../test/clients/image.ts";
import type { Place } from "../../../test/clients/place.ts";
import { makePlace, programOf } from "../../../test/clients/place.ts";
import { awaits } from "../../../test/clients/rows.ts";

/** Where the runtime leaves the config that an engine wrote. */
export const capturedIn = ({ base }: Pick<Place, "base">): string => join(base, "captured");

/** A place in which every engine calls the runtime that keeps the config. */
export async function preparePlace(ends: (() => unknown)[]): Promise<Place> {
  const place = await makePlace({ teardown: (end) => void ends.push(end) });
  const runtime = fileURLToPath(new URL("runtime.mjs", import.meta.url));
  const program = programOf(place, "coffer");
  mkdirSync(capturedIn(place));
  writeFileSync(
    program,
    `#!/bin/sh\nexec '${process.execPath}' '${runtime}' '${programOf(place, "runc")}' '${capturedIn(place)}' "$@"\n`,
  );
  chmodSync(program, 0o755);
  await run(place, "umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup");
  return place;
}

/** Runs a script, which must not fail. */
export async function run(place: Place, script: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await place.sh(`set -e\n${script}`, { env });
  if (exitCode !== 0) throw new Error(`${script}\n${stdout}${stderr}`);
  return stdout;
}

/** Starts Docker's daemon. */
export async function startDocker(place: Place): Promise<void> {
  const root = join(place.base, "docker");
  mkdirSync(root);
  const config = {
    runtimes: { kept: { path: programOf(place, "coffer") } },
    "default-runtime": "kept",
    "exec-opts": ["native.cgroupdriver=cgroupfs"],
    "data-root": join(root, "data"),
    "exec-root": "/run/docker-exec",
    pidfile: "/run/docker.pid",
    hosts: ["unix:///run/docker.sock"],
  };
  writeFileSync(join(root, "daemon.json"), JSON.stringify(config));
  await run(
    place,
    `dockerd --config-file ${root}/daemon.json >${root}/log 2>&1 </dev/null &
${awaits("docker version >/dev/null 2>&1")} || { tail -5 ${root}/log; exit 1; }
docker import ${makeImageTar(place)} bb`,
  );
}

/** Podman has no daemon: gives the environment that leads to its store. */
export async function preparePodman(place: Place): Promise<Readonly<Record<string, string>>> {
  const directory = join(place.base, "conf");
  mkdirSync(directory);
  const [containers, storage] = [join(directory, "containers.conf"), join(directory, "storage.conf")];
  writeFileSync(
    containers,
    `[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "kept"
[engine.runtimes]\nkept = ["${programOf(place, "coffer")}"]
[network]\nnetwork_config_dir = "${place.base}/networks"\n`,
  );
  const store = join(place.base, "store");
  writeFileSync(
    storage,
    `[storage]\ndriver = "overlay"\ngraphroot = "${store}"\nrunroot = "/run/containers/storage"\n`,
  );
  const env = { CONTAINERS_CONF: containers, CONTAINERS_STORAGE_CONF: storage };
  await run(place, `podman import -q ${makeImageTar(place)} bb`, env);
  return env;
}

/** Starts containerd with the CRI; `cri` of the result begins each script. */
export async function startCri(place: Place): Promise<string> {
  const networks = join(place.base, "net.d");
  mkdirSync(networks);
  const ipam = { type: "host-local", dataDir: join(networks, "state"), ranges: [[{ subnet: "10.93.0.0/24" }]] };
  const plugins = [{ type: "bridge", bridge: "pods0", isGateway: true, ipam }];
  writeFileSync(join(networks, "pods.conflist"), JSON.stringify({ cniVersion: "1.0.0", name: "pods", plugins }));
  const config = `[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "localhost/box:latest"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "${networks}"
[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "kept"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kept]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kept.options]
BinaryName = "${programOf(place, "coffer")}"
`;
  const images = `podman import -q --change 'CMD ["sleep","1000"]' --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' ../image.tar box
podman save -q --format oci-archive -o box.tar box && ctr -n k8s.io images import box.tar`;
  await startContainerd(place, "coffer", { config, images });
  const program = join(place.base, "bin", "cri.mjs");
  const entry = fileURLToPath(new URL("../../../test/clients/cri/cri.ts", import.meta.url));
  buildSync({ entryPoints: [entry], outfile: program, bundle: true, platform: "node", format: "esm" });
  return `cri() { '${process.execPath}' '${program}' "$@"; }`;
}

/** Forgets the config that was kept last. */
export const forget = (place: Place): void => rmSync(join(capturedIn(place), "config.json"), { force: true });
