// podman runs images whose program is a module: by an annotation, by the module's own name, and of the platform wasi/wasm. For
// that platform podman takes the runtime of its configuration, whatever --runtime says.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { preparePodman } from "../clients/podman.ts";
import type { ModuleEngine } from "./images.ts";
import { runModuleRows } from "./images.ts";

const nameOf = (runtime: "crun" | "coffer"): string => (runtime === "coffer" ? "coffer-oci" : runtime);

const podman: ModuleEngine = {
  memory: "--memory 256m",
  start: async (place, runtime, tar) => {
    const CONTAINERS_CONF_OVERRIDE = join(place.base, "override.conf");
    writeFileSync(CONTAINERS_CONF_OVERRIDE, `[engine.platform_to_oci_runtime]\n"wasi/wasm" = "${nameOf(runtime)}"\n`);
    const env = { ...(await preparePodman(place)), CONTAINERS_CONF_OVERRIDE };
    const script = `podman import -q ${tar} module && podman import -q --os wasi --arch wasm ${tar} wasi`;
    const { exitCode, stderr } = await place.sh(script, { env });
    if (exitCode !== 0) throw new Error(stderr);
    return env;
  },
  run: (_place, runtime) => `podman --runtime ${nameOf(runtime)} run --rm --cgroup-parent=/$TAG`,
  image: (name) => name,
};

test.serial("podman runs modules, in every way that crun's handler does", (t) => runModuleRows(t, podman));
