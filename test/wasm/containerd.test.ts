// containerd runs images whose program is a module, through its shim. With ctr(8) 1.7 a program never sees the end of its input,
// whatever the runtime: the module of the rows does not read.
import test from "ava";
import { startContainerd } from "../clients/containerd.ts";
import { programOf } from "../clients/place.ts";
import type { ModuleEngine } from "./images.ts";
import { moduleEnv, runModuleRows } from "./images.ts";

const imported = (tar: string, name: string, platform: string, flags: string): string =>
  `podman import -q ${flags} ${tar} ${name}
podman save -q --format oci-archive -o ${name}.tar ${name}
ctr images import --platform ${platform} ${name}.tar`;

const containerd: ModuleEngine = {
  memory: `--memory-limit ${256 * 1024 * 1024}`,
  start: async (place, runtime, tar) => {
    const config = 'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n';
    const images = `${imported(tar, "module", "linux", "")}
${imported(tar, "wasi", "wasi/wasm", "--os wasi --arch wasm")}
podman save -q --format oci-archive -o bb.tar bb
ctr images import bb.tar`;
    await startContainerd(place, runtime, { config, images, env: moduleEnv });
    return {};
  },
  run: (place, runtime) => `ctr run --rm --runc-binary ${programOf(place, runtime)} --cgroup /$TAG/c`,
  image: (name) => `localhost/${name}:latest c`,
};

test.serial("containerd runs modules, in every way that crun's handler does", (t) => runModuleRows(t, containerd));
