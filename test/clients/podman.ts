// How podman is set up in a place: everything of it is beneath the place's directory or its own /run.
import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { asUser, testUser, userIds } from "../helpers/user.ts";
import { makeImageTar } from "./image.ts";
import type { ClientRuntime, Place, ScriptOptions } from "./place.ts";
import { clientRuntimes, makePlace, programOf } from "./place.ts";
import type { Engine, EngineKind } from "./rows.ts";

function containersConf(place: Place, networks: string): string {
  const runtimes = clientRuntimes.map((name) => `${nameOf(name)} = ["${programOf(place, name)}"]`);
  return `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
netns = "none"
log_driver = "k8s-file"
[network]
network_config_dir = "${networks}"
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
function configurePodman(place: Place, store: string, run: string): Readonly<Record<string, string>> {
  const directory = join(place.base, "conf");
  mkdirSync(directory, { recursive: true });
  const containers = join(directory, "containers.conf");
  const storage = join(directory, "storage.conf");
  writeFileSync(containers, containersConf(place, join(dirname(store), "networks")));
  writeFileSync(storage, storageConf(store, run));
  return { CONTAINERS_CONF: containers, CONTAINERS_STORAGE_CONF: storage, PODMAN_IGNORE_CGROUPSV1_WARNING: "1" };
}

/** Brings the image into podman's store. */
async function importImage(place: Place, options: ScriptOptions): Promise<void> {
  const { exitCode, stderr } = await place.sh(`podman import -q ${makeImageTar(place)} bb`, options);
  if (exitCode !== 0) throw new Error(`podman does not import: ${stderr}`);
}

/** podman's store and configuration in a place of root's; gives the environment that names them. */
export async function preparePodman(place: Place): Promise<Readonly<Record<string, string>>> {
  const env = configurePodman(place, join(place.base, "store"), "/run/containers/storage");
  await importImage(place, { env });
  return env;
}

/** podman with one of the runtimes. A user has no cgroups to put the containers into. */
function makePodman(place: Place, runtime: ClientRuntime, options: ScriptOptions, parent: string): Engine {
  return {
    place,
    options,
    leaves: /detached|create|--name|kube/,
    prelude: `PARENT=${parent}
RUNTIME=${nameOf(runtime)}
podman() { command podman --runtime "$RUNTIME" "$@"; }
run() { podman run --rm $PARENT "$@"; }
detached() { podman run -d $PARENT "$@" >/dev/null; }`,
    cleanUp: "podman pod rm -fa -t 0 >/dev/null 2>&1; podman rm -fa -t 0 >/dev/null 2>&1; true",
  };
}

/** podman of root. */
export const podman: EngineKind = {
  name: "podman",
  start: async (t, runtime) => {
    const place = await makePlace(t);
    const env = await preparePodman(place);
    return makePodman(place, runtime, { env }, "--cgroup-parent=/$TAG");
  },
};

/** podman of the test user, whose store is in the user's home. */
export const podmanRootless: EngineKind = {
  name: "podman rootless",
  start: async (t, runtime) => {
    const place = await makePlace(t);
    const { uid, gid } = userIds();
    const home = join(place.base, "home");
    mkdirSync(home, { mode: 0o755 });
    chownSync(home, uid, gid);
    const run = `/run/user/${uid}`;
    await place.sh(`mkdir -p -m 700 ${run}; chown ${uid}:${gid} ${run}`);
    const env = {
      ...configurePodman(place, join(home, "store"), join(run, "containers")),
      HOME: home,
      USER: testUser,
      XDG_RUNTIME_DIR: run,
      BASE: home,
    };
    const options = { env, prefix: asUser };
    await importImage(place, options);
    return makePodman(place, runtime, options, "");
  },
};
