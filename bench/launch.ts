// How long from spawning the runtime until it has been reaped, for a container whose program ends at once?

import type { Patch } from "../test/helpers/json.ts";
import type { Timed } from "./drive.ts";
import { drive } from "./drive.ts";
import type { Answer, Sample } from "./sample.ts";
import { ratio, timeRows } from "./sample.ts";
import type { Stage } from "./setup.ts";
import { launchWords, makeStage, stateOf, storePlan } from "./setup.ts";

/** Of the floor prototype, relative to crun in the same run: 1158 / 3912 µs. */
const floor = 1158 / 3912;

const peer = (name: string, stage: Stage): Timed => ({
  name: `${name} run`,
  argv: [name, "--root", stateOf(stage, name), "run", "--bundle", stage.bundle, `bench-${name}`],
});

const bubblewrap = (stage: Stage): Timed => ({
  name: "bubblewrap",
  argv: [
    "bwrap",
    "--unshare-all",
    "--ro-bind",
    stage.rootfs,
    "/",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--tmpfs",
    "/tmp",
    "/true",
  ],
});

function measure(name: string, patch: Patch, rounds: number, others: readonly string[]): readonly Sample[] {
  const stage = makeStage(name, patch);
  const plan = storePlan(stage);
  const ours = { name: "coffer-helper launch", argv: launchWords(stage), plan };
  const peers = others.map((other) => (other === "bwrap" ? bubblewrap(stage) : peer(other, stage)));
  try {
    return drive([ours, ...peers], rounds);
  } finally {
    stage.end();
  }
}

const columns = ["µs", "min", "median", "of crun"] as const;

/** Launching a stored plan, with the default config. */
export function launchDefault(rounds: number): Answer {
  const samples = measure("default", {}, rounds, ["crun", "runc", "bwrap"]);
  const [ours, crun] = samples;
  const share = ours && crun ? ratio(ours, crun) : Number.NaN;
  return {
    title: "Running a container: the default config",
    note: "A stored plan launched with the helper; crun and runc run the same bundle; bubblewrap its nearest to it.",
    columns,
    rows: timeRows(samples, "crun run"),
    samples,
    bounds: [
      { what: "launch / crun run", value: share, limit: 0.35, unit: "×" },
      { what: "launch / crun run, against the floor prototype", value: share / floor, limit: 1.25, unit: "×" },
    ],
  };
}

/** The same without a network namespace, and with a user namespace. */
export function launchVariants(rounds: number): readonly Answer[] {
  const namespaces = ["pid", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type }));
  const maps = [{ containerID: 0, hostID: 100000, size: 65536 }];
  const user: Patch = {
    "/linux/namespaces/-": { type: "user" },
    "/linux/uidMappings": maps,
    "/linux/gidMappings": maps,
  };
  const variants: readonly (readonly [string, Patch])[] = [
    ["without a network namespace", { "/linux/namespaces": namespaces }],
    ["with a user namespace", user],
  ];
  return variants.map(([title, patch], index) => ({
    title: `Running a container: ${title}`,
    note: "As above.",
    columns,
    rows: timeRows(measure(`variant${index}`, patch, rounds, ["crun", "runc"]), "crun run"),
    bounds: [],
  }));
}
