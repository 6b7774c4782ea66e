// `node test/adversary/matrix/main.ts`: plays scenes, and writes each one's cells to a file as it ends, so that a run goes
// on where it was interrupted.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { RuntimeName } from "../../helpers/peers/runtimes.ts";
import { medley } from "./attackers.ts";
import { playScene } from "./scenes/scene.ts";
import { everyScene, scenesOf } from "./scenes/scenes.ts";
import type { Subject } from "./scenes/stage.ts";
import type { Caller, Cell } from "./types.ts";
import type { Verb } from "./verbs.ts";
import { verbNames } from "./verbs.ts";

const { values } = parseArgs({
  options: {
    runtime: { type: "string", default: "coffer" },
    as: { type: "string", default: "root" },
    rounds: { type: "string", default: "20" },
    workers: { type: "string", default: "2" },
    attacker: { type: "string", default: "" },
    rights: { type: "string", default: "" },
    verbs: { type: "string", default: "" },
    cli: { type: "boolean", default: false },
    "until-lost": { type: "boolean", default: false },
    // A part of the scenes: the classes of rights, or single capabilities.
    classes: { type: "boolean", default: false },
    alone: { type: "boolean", default: false },
    out: { type: "string", default: "" },
  },
});

const isRuntime = (name: string): name is RuntimeName => ["coffer", "runc", "crun"].includes(name);
const isVerb = (name: string): name is Verb => verbNames.some((verb) => verb === name);
const caller: Caller = values.as === "user" ? "user" : "root";

const keyOf = (cell: Pick<Cell, "runtime" | "as" | "attacker" | "rights">): string =>
  [cell.runtime, cell.as, cell.attacker, cell.rights].join("/");
const keyOfSubject = ({ runtime, as, attacker, rights }: Subject): string =>
  [runtime, as, attacker.name, rights.name].join("/");

function done(): ReadonlySet<string> {
  if (values.out === "" || !existsSync(values.out)) return new Set();
  const lines = readFileSync(values.out, "utf8").trim().split("\n");
  return new Set(lines.flatMap((line): readonly Cell[] => JSON.parse(line)).map(keyOf));
}

function tell(subject: Subject, cells: readonly Cell[], ms: number): void {
  const runs = cells.reduce((sum, cell) => sum + cell.runs, 0);
  const lost = cells.flatMap((cell) => (cell.held ? [] : [`${cell.verb}: ${cell.lost?.join("; ")}`]));
  console.log(
    `${keyOfSubject(subject)}: ${runs} runs in ${(ms / 1000).toFixed(1)} s${lost.map((row) => `\n  LOST ${row}`).join("")}`,
  );
  if (values.out !== "") appendFileSync(values.out, `${JSON.stringify(cells)}\n`);
  else for (const cell of cells) console.log(`  ${cell.verb}: ${JSON.stringify(cell.results)}`);
}

const picks = (list: string, name: string): boolean => list === "" || list.split(",").includes(name);
const verbs = values.verbs === "" ? undefined : values.verbs.split(",").filter(isVerb);
const runtime = isRuntime(values.runtime) ? values.runtime : "coffer";
const known = done();
// What is named may be a scene that is in no record: a weakened build has some of its own.
const named = values.attacker !== "" && values.rights !== "";
const queue = (named ? everyScene : scenesOf)(runtime, caller).filter(
  (subject) =>
    picks(values.attacker, subject.attacker.name) &&
    picks(values.rights, subject.rights.name) &&
    !(values.classes && subject.attacker.name === medley.name) &&
    !(values.alone && subject.attacker.name !== medley.name) &&
    !known.has(keyOfSubject(subject)),
);

async function work(): Promise<void> {
  for (let subject = queue.shift(); subject !== undefined; subject = queue.shift()) {
    const began = Date.now();
    const options = {
      rounds: Number(values.rounds),
      cli: values.cli,
      untilLost: values["until-lost"],
      ...(verbs === undefined ? {} : { verbs }),
    };
    tell(subject, await playScene(subject, options), Date.now() - began);
  }
}

await Promise.all(Array.from({ length: Number(values.workers) }, work));
// A verb that hangs keeps Node waiting.
process.exit(0);
