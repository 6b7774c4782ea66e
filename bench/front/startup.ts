// How long does an engine wait for a call that only asks? Most of ours is Node's own start.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { repository } from "../../test/helpers/build.ts";
import { drive } from "../drive.ts";
import type { Answer } from "../sample.ts";
import { timeRows } from "../sample.ts";
import type { Stage } from "../setup.ts";
import { makeStage, stateOf } from "../setup.ts";

const entry = join(repository, "packages/cli/bin/coffer-oci.js");
const programs = { "coffer-oci": [process.execPath, entry], crun: ["crun"], runc: ["runc"] } as const;
type Name = keyof typeof programs;
const names: readonly Name[] = ["coffer-oci", "crun", "runc"];

function call(stage: Stage, name: Name, ...words: readonly string[]): readonly string[] {
  return [...programs[name], "--root", stateOf(stage, name), ...words];
}

function run(argv: readonly string[]): void {
  const [file = "", ...args] = argv;
  execFileSync(file, args, { stdio: ["ignore", "ignore", "inherit"] });
}

/** The calls that only read. */
export function startUp(rounds: number): Answer {
  const stages = names.map((name) => ({ name, stage: makeStage(`state-${name}`) }));
  for (const { name, stage } of stages) run(call(stage, name, "create", "--bundle", stage.bundle, "box"));
  try {
    const states = stages.map(({ name, stage }) => ({
      name: `${name} state`,
      argv: call(stage, name, "state", "box"),
    }));
    const own = [
      { name: "node -e 0", argv: [process.execPath, "-e", "0"] },
      { name: "coffer-oci --version", argv: [...programs["coffer-oci"], "--version"] },
    ];
    return {
      title: "The state of a container, as an engine asks for it",
      note: "Cold processes. coffer-oci is one bundled file with Node's cache of compiled code; Node alone is the floor.",
      columns: ["µs", "min", "median", "of runc"],
      rows: timeRows(drive([...own, ...states], rounds), "runc state"),
      bounds: [],
    };
  } finally {
    for (const { name, stage } of stages) run(call(stage, name, "delete", "--force", "box"));
    for (const { stage } of stages) stage.end();
  }
}
