// docker runs images whose program is a module. Those of the platform wasi/wasm need containerd's image store.
import test from "ava";
import { startDockerd } from "../clients/docker.ts";
import type { ModuleEngine } from "./images.ts";
import { moduleEnv, runModuleRows } from "./images.ts";

const docker: ModuleEngine = {
  memory: "--memory 256m",
  start: async (place, runtime, tar) => {
    const settings = { features: { "containerd-snapshotter": true } };
    const images = `docker import ${tar} module && docker import --platform wasi/wasm ${tar} wasi`;
    await startDockerd(place, runtime, { settings, images, env: moduleEnv });
    return {};
  },
  run: (_place, runtime) => `docker run --rm --runtime ${runtime} --network none --cgroup-parent /$TAG`,
  image: (name) => name,
};

test.serial("docker runs modules, in every way that crun's handler does", (t) => runModuleRows(t, docker));
