// How podman is set up in a place: everything of it is beneath the place's directory or its own /run.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClientRuntime, Place } from "./place.ts";
import { clientRuntimes, programOf } from "./place.ts";
import type { Engine } from "./rows.ts";

function containersConf(place: Place): string {
  const runtimes = clientRuntimes.map((name) => `${nameOf(name)} = ["${programOf(place, name)}"]`);
  return `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
netns = "none"
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime_supports_json = ["runc", "crun", "coffer-oci"]
runtime_supports_nocgroup = ["crun", "coffer-oci"]
[engine.runtimes]
${runtimes.join("\n")}
`;
}

/** The name that podman has for a runtime. */
function nameOf(runtime: ClientRuntime): string {
  return runtime === "coffer" ? "coffer-oci" : runtime;
}

function storageConf(store: string, run: string): string {
  return `[storage]\ndriver = "overlay"\ngraphroot = "${store}"\nrunroot = "${run}"\n`;
}

/** Writes podman's configuration; gives the environment that names it. */
export function configurePodman(place: Place, store: string, run: string): Readonly<Record<string, string>> {
  const directory = join(place.base, "conf");
  mkdirSync(directory, { recursive: true });
  const containers = join(directory, "containers.conf");
  const storage = join(directory, "storage.conf");
  writeFileSync(containers, containersConf(place));
  writeFileSync(storage, storageConf(store, run));
  return { CONTAINERS_CONF: containers, CONTAINERS_STORAGE_CONF: storage, PODMAN_IGNORE_CGROUPSV1_WARNING: "1" };
}

/** podman: of root, or of a user, who has no cgroups to put the containers into. */
export function makePodman(options: Engine["options"] = {}, name = "podman"): Engine {
  return {
    name,
    options,
    prelude: (runtime) => `PARENT=${name === "podman" ? "--cgroup-parent=/$TAG" : ""}
RUNTIME=${nameOf(runtime)}
podman() { command podman --runtime "$RUNTIME" "$@"; }
run() { podman run --rm $PARENT "$@"; }
detached() { podman run -d $PARENT "$@" >/dev/null; }`,
    cleanUp: "podman rm -fa -t 0 >/dev/null 2>&1; podman pod rm -fa -t 0 >/dev/null 2>&1; true",
  };
}
