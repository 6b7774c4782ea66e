// dockerd in a place, with one of the runtimes and the image.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeImageTar } from "./image.ts";
import type { ClientRuntime, Place } from "./place.ts";
import { programOf } from "./place.ts";
import { awaits } from "./rows.ts";

/** What is different between the tests: settings of the daemon, lines that bring images in, and variables. */
export type DockerdOptions = {
  readonly settings?: object;
  readonly images?: string;
  readonly env?: Readonly<Record<string, string>>;
};

/** Starts dockerd. The builder has no flag for the runtime: it is the daemon's own. */
export async function startDockerd(
  place: Place,
  runtime: ClientRuntime,
  { settings = {}, images = "", env = {} }: DockerdOptions = {},
): Promise<void> {
  const root = join(place.base, "docker");
  mkdirSync(join(root, "conf"), { recursive: true });
  mkdirSync(join(place.base, "conf"));
  const config = {
    runtimes: { crun: { path: programOf(place, "crun") }, coffer: { path: programOf(place, "coffer") } },
    "default-runtime": runtime,
    "exec-opts": ["native.cgroupdriver=cgroupfs"],
    experimental: true,
    "data-root": join(root, "data"),
    "exec-root": "/run/docker-exec",
    pidfile: "/run/docker.pid",
    hosts: ["unix:///run/docker.sock"],
    ...settings,
  };
  writeFileSync(join(root, "daemon.json"), JSON.stringify(config));
  const script = `dockerd --config-file ${root}/daemon.json >${root}/log 2>&1 </dev/null &
${awaits("docker version >/dev/null 2>&1")} || exit 1
docker import ${makeImageTar(place)} bb
${images}`;
  const { exitCode, stderr } = await place.sh(script, { env });
  if (exitCode !== 0) throw new Error(`dockerd does not start: ${stderr}`);
}
