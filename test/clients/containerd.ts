// containerd in a place, with one of the runtimes and the image.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClientRuntime, Place } from "./place.ts";
import { programOf } from "./place.ts";
import { preparePodman } from "./podman.ts";
import { awaits } from "./rows.ts";

/** What is different between the tests: lines of the config and of the script that brings the images in, and variables. */
export type ContainerdOptions = {
  readonly config: string;
  readonly images: string;
  readonly env?: Readonly<Record<string, string>>;
};

/** Starts containerd. `ctr --uidmap` forgets the name of the runtime's program: the shim finds it as `runc`. */
export async function startContainerd(
  place: Place,
  runtime: ClientRuntime,
  { config, images, env: own = {} }: ContainerdOptions,
): Promise<void> {
  const env = { ...(await preparePodman(place)), ...own };
  const root = join(place.base, "containerd");
  mkdirSync(root);
  const text = `version = 2
root = "${root}/root"
state = "/run/containerd"
${config}
[grpc]
address = "/run/containerd/containerd.sock"
`;
  writeFileSync(join(root, "config.toml"), text);
  const script = `mkdir ${root}/path && ln -s '${programOf(place, runtime)}' ${root}/path/runc
mkdir ${root}/tmp
TMPDIR=${root}/tmp PATH=${root}/path:$PATH containerd -c ${root}/config.toml >${root}/log 2>&1 </dev/null &
${awaits("ctr version >/dev/null 2>&1")} || exit 1
cd ${root}
${images}`;
  const { exitCode, stderr } = await place.sh(`set -e\n${script}`, { env });
  if (exitCode !== 0) throw new Error(`containerd does not start: ${stderr}`);
}
