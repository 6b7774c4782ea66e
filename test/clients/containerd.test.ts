// containerd and its shim with coffer-oci, beside runc and crun.
import test from "ava";
import { startContainerd } from "./containerd.ts";
import { containerdRows } from "./containerd-rows.ts";
import { makePlace, programOf } from "./place.ts";
import type { EngineKind } from "./rows.ts";
import { runRows, seen } from "./rows.ts";

const options = {
  config: 'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n',
  images: "podman save -q --format oci-archive -o bb.tar bb && ctr images import bb.tar",
};

const containerd: EngineKind = {
  name: "containerd",
  start: async (t, runtime) => {
    const place = await makePlace(t);
    await startContainerd(place, runtime, options);
    return {
      place,
      leaves: /./,
      prelude: `${seen}
PROGRAM=${programOf(place, runtime)}
IMAGE=localhost/bb:latest
run() { flags=$1; shift; ctr run --rm --runc-binary "$PROGRAM" --cgroup "/$TAG/c" $flags $IMAGE c "$@"; }
detached() { ctr run -d --runc-binary "$PROGRAM" --cgroup "/$TAG/c" $IMAGE c "$@"; }`,
      cleanUp: "ctr task rm -f c; ctr container rm c; ctr snapshot rm c; true",
    };
  },
};

test.serial("containerd, as root", async (t) => {
  t.timeout(600_000);
  await runRows(t, containerd, containerdRows);
});
