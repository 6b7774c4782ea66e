// dockerd, its containerd and the shim with coffer-oci, beside runc and crun.
import test from "ava";
import { startDockerd } from "./docker.ts";
import { dockerCheckpointRows, dockerNetworkRows } from "./docker-network-rows.ts";
import { dockerRows } from "./docker-rows.ts";
import { makePlace } from "./place.ts";
import type { EngineKind } from "./rows.ts";
import { runRows } from "./rows.ts";

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
