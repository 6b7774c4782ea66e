// Captures what engines write for a container: node --conditions=@coffer/source scripts/site/samples/capture.ts
// It needs root and the packages of test/clients. The plan explorer's
// samples are the result, `engines.gen.json`; `names.gen.json` says which engine wrote each.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Place } from "../../../test/clients/place.ts";
import { cleaned } from "./clean.ts";
import { capturedIn, forget, preparePlace, preparePodman, run, startCri, startDocker } from "./engines.ts";
import { podScript, podUid } from "./pod.ts";

interface Sample {
  /** The engine and its version. */
  readonly by: string;
  readonly config: unknown;
}

const samples: Record<string, Sample> = {};
const versionIn = (text: string): string => /\d+\.\d+\.\d+/.exec(text)?.[0] ?? "";

interface Engine {
  /** The engine and its version. */
  readonly by: string;
  /** The control group in which its containers are. */
  readonly parent: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function capture(place: Place, name: string, { by, parent, env = {} }: Engine, script: string): Promise<void> {
  forget(place);
  const { stdout, stderr } = await place.sh(script, { env });
  try {
    const text = readFileSync(join(capturedIn(place), "config.json"), "utf8");
    samples[name] = { by, config: cleaned(text, place, parent) };
  } catch (error) {
    throw new Error(`${name}: nothing was kept\n${stdout}${stderr}`, { cause: error });
  }
}

const none = "env -u http_proxy -u https_proxy -u no_proxy -u HTTP_PROXY -u HTTPS_PROXY -u NO_PROXY";

/** Each engine in a place of its own, which ends before the next. */
const engines: readonly ((place: Place) => Promise<void>)[] = [
  async (place) => {
    await startDocker(place);
    const by = { by: `Docker ${versionIn(await run(place, "dockerd --version"))}`, parent: "/docker" };
    const docker = `${none} docker run --rm --cgroup-parent "/$TAG" --hostname example`;
    await capture(place, "docker run", by, `${docker} bb sh`);
    await capture(place, "docker run --privileged", by, `${docker} --privileged bb sh`);
  },
  async (place) => {
    const env = await preparePodman(place);
    const by = { by: `Podman ${versionIn(await run(place, "podman --version"))}`, parent: "/libpod_parent", env };
    const podman = `${none} podman run --rm --http-proxy=false --cgroup-parent "/$TAG" --hostname example`;
    await capture(place, "podman run", by, `${podman} bb sh`);
    await capture(place, "podman run --privileged", by, `${podman} --privileged bb sh`);
  },
  async (place) => {
    const cri = await startCri(place);
    const version = versionIn(await run(place, "containerd --version"));
    const by = { by: `containerd ${version}`, parent: `/kubepods/burstable/pod${podUid}` };
    mkdirSync(join(place.base, "kubelet"));
    for (const isPrivileged of [false, true]) {
      const name = `Kubernetes pod${isPrivileged ? ", privileged" : ""}`;
      await capture(place, name, by, `${cri}\n${podScript(isPrivileged)}`);
    }
  },
];

for (const capturing of engines) {
  const ends: (() => unknown)[] = [];
  try {
    await capturing(await preparePlace(ends));
  } finally {
    for (const end of ends) await end();
  }
}
const write = (name: string, value: object): void =>
  writeFileSync(fileURLToPath(new URL(name, import.meta.url)), `${JSON.stringify(value, null, 1)}\n`);
const each = Object.entries(samples);
write("engines.gen.json", Object.fromEntries(each.map(([name, { config }]) => [name, config])));
write("names.gen.json", Object.fromEntries(each.map(([name, { by }]) => [name, by])));
