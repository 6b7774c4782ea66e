// containerd and its shim with coffer-oci, beside runc and crun.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { containerdRows } from "./containerd-rows.ts";
import type { ClientRuntime, Place } from "./place.ts";
import { makePlace, programOf } from "./place.ts";
import { preparePodman } from "./podman.ts";
import type { EngineKind } from "./rows.ts";
import { runRows } from "./rows.ts";

/** `ctr --uidmap` forgets the name of the runtime's program: the shim finds it as `runc`. */
async function startContainerd(place: Place, runtime: ClientRuntime): Promise<void> {
  const env = await preparePodman(place);
  const root = join(place.base, "containerd");
  mkdirSync(root);
  const config = `version = 2
root = "${root}/root"
state = "/run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "/run/containerd/containerd.sock"
`;
  writeFileSync(join(root, "config.toml"), config);
  const script = `mkdir ${root}/path && ln -s '${programOf(place, runtime)}' ${root}/path/runc
PATH=${root}/path:$PATH containerd -c ${root}/config.toml >${root}/log 2>&1 </dev/null &
tries=0; until ctr version >/dev/null 2>&1; do tries=$((tries + 1)); test $tries -lt 100 || exit 1; sleep 0.1; done
podman save -q --format oci-archive -o ${root}/bb.tar bb && ctr images import ${root}/bb.tar`;
  const { exitCode, stderr } = await place.sh(script, { env });
  if (exitCode !== 0) throw new Error(`containerd does not start: ${stderr}`);
}

const containerd: EngineKind = {
  name: "containerd",
  start: async (t, runtime) => {
    const place = await makePlace(t);
    await startContainerd(place, runtime);
    return {
      place,
      leaves: /./,
      prelude: `PROGRAM=${programOf(place, runtime)}
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
