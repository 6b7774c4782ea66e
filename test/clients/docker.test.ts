// dockerd, its containerd and the shim with coffer-oci, beside runc and crun.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { dockerCheckpointRows, dockerNetworkRows } from "./docker-network-rows.ts";
import { dockerRows } from "./docker-rows.ts";
import { makeImageTar } from "./image.ts";
import type { ClientRuntime, Place } from "./place.ts";
import { makePlace, programOf } from "./place.ts";
import type { EngineKind } from "./rows.ts";
import { awaits, runRows } from "./rows.ts";

/** The builder has no flag for the runtime: it is the daemon's own. */
async function startDockerd(place: Place, runtime: ClientRuntime): Promise<void> {
  const root = join(place.base, "docker");
  mkdirSync(join(root, "conf"), { recursive: true });
  mkdirSync(join(place.base, "conf"));
  const config = {
    runtimes: { crun: { path: programOf(place, "crun") }, coffer: { path: programOf(place, "coffer") } },
    "default-runtime": runtime,
    "exec-opts": ["native.cgroupdriver=cgroupfs"],
    experimental: true,
    "data-root": join(root, "data"),
    "exec-root": "/run/docker-exec",
    pidfile: "/run/docker.pid",
    hosts: ["unix:///run/docker.sock"],
  };
  writeFileSync(join(root, "daemon.json"), JSON.stringify(config));
  const script = `dockerd --config-file ${root}/daemon.json >${root}/log 2>&1 </dev/null &
${awaits("docker version >/dev/null 2>&1")} || exit 1
docker import ${makeImageTar(place)} bb`;
  const { exitCode, stderr } = await place.sh(script);
  if (exitCode !== 0) throw new Error(`dockerd does not start: ${stderr}`);
}

const docker: EngineKind = {
  name: "docker",
  start: async (t, runtime) => {
    const place = await makePlace(t);
    await startDockerd(place, runtime);
    return {
      place,
      leaves: /detached|--name|compose/,
      prelude: `run() { docker run --rm --network none --cgroup-parent "/$TAG" "$@"; }
detached() { docker run -d --name box --network none --cgroup-parent "/$TAG" "$@" >/dev/null; }`,
      cleanUp: "docker rm -f box box-web-1 box-once-1; true",
    };
  },
};

test.serial("docker, as root", async (t) => {
  t.timeout(900_000);
  await runRows(t, docker, [...dockerRows, ...dockerNetworkRows, ...dockerCheckpointRows]);
});
