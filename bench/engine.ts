// What an engine's user sees: podman's whole command, with each runtime.
import { existsSync } from "node:fs";
import { makePlace } from "../test/clients/place.ts";
import { preparePodman } from "../test/clients/podman.ts";
import { buildProgram } from "../test/helpers/build.ts";
import { frontArgv } from "../test/helpers/callers/front.ts";
import type { Answer, Sample } from "./sample.ts";
import { ratioBound, timeRows } from "./sample.ts";

const [program = ""] = frontArgv("coffer-oci", [], true);
const runtimes = { "podman with coffer-oci": program, "podman with crun": "/usr/bin/crun" } as const;
const podman = "/usr/bin/podman";
const timeoutMs = 600_000;

/** Without limits: the cgroups of the bench have no controllers. */
const flags = "--rm --pids-limit=0 --log-driver=none --cgroup-parent=/$TAG";

/** `podman run --rm` of a program that ends at once; nothing where podman or the native front is missing. */
export async function throughPodman(rounds: number): Promise<readonly Answer[]> {
  if (!existsSync(podman) || !existsSync(program)) return [];
  const ends: (() => unknown)[] = [];
  try {
    const place = await makePlace({ teardown: (end) => void ends.push(end) });
    const env = await preparePodman(place);
    const commands = Object.values(runtimes).map((path) => `${podman} --runtime ${path} run ${flags} bb true ';'`);
    const drive = `${buildProgram("bench/drive")} ${rounds} 2 ${commands.join(" ")}`;
    const { stdout, stderr, exitCode } = await place.sh(drive, { env, timeoutMs });
    if (exitCode !== 0) throw new Error(`podman does not run: ${stderr}`);
    const lines = stdout.trim().split("\n");
    const samples = Object.keys(runtimes).map((name, index): Sample => {
      return { name, values: (lines[index] ?? "").split(" ").map(Number) };
    });
    const [ours, crun] = samples;
    return [
      {
        title: "A container of podman",
        note: "`podman run --rm` of `true`, whole: most of the time is podman's own.",
        columns: ["µs", "min", "median", "of crun"],
        rows: timeRows(samples, "podman with crun"),
        samples,
        bounds: [ratioBound("podman with coffer-oci / with crun", ours, crun, 1)],
      },
    ];
  } finally {
    for (const end of ends) await end();
  }
}
