// What people do with whole programs: a sandbox beside bubblewrap's, many containers at once, and what a front takes of memory.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { frontArgv } from "../test/helpers/callers/front.ts";
import { pause } from "../test/helpers/command.ts";
import { baseConfig } from "../test/helpers/config.ts";
import { drive } from "./drive.ts";
import { nearest, sameView } from "./same-view.ts";
import type { Answer } from "./sample.ts";
import { ratioBound, timeRows } from "./sample.ts";
import type { Stage } from "./setup.ts";
import { forgetWords, makeStage, stateOf, writeOldConfig } from "./setup.ts";

const [coffer = ""] = frontArgv("coffer", [], true);
const [cofferOci = ""] = frontArgv("coffer-oci", [], true);

/** A command of the host in a sandbox, and bubblewrap's nearest to it. */
function sandboxes(rounds: number): Answer {
  const project = mkdtempSync(join(tmpdir(), "cft-bench-project-"));
  const words = ["--cwd", project];
  const argv = [coffer, "sandbox", ...words, "--", "/bin/true"];
  try {
    const samples = drive(
      [
        { name: "coffer sandbox, without a kept plan", argv, before: forgetWords() },
        { name: "coffer sandbox", argv },
        { name: "bubblewrap", argv: ["bwrap", ...nearest, "/bin/true"] },
        { name: "bubblewrap, the same view", argv: ["bwrap", ...sameView(coffer, words, project), "/bin/true"] },
      ],
      rounds,
    );
    const [, ours, theirs, same] = samples;
    return {
      title: "A command in a sandbox",
      note: "The native front in an empty project, with the toolchains of PATH. It has the plan of the call before, or has none. bubblewrap shows the whole host read-only, or has the sandbox's mounts and links.",
      columns: ["µs", "min", "median", "of bubblewrap"],
      rows: timeRows(samples, "bubblewrap"),
      samples,
      bounds: [
        ratioBound("coffer sandbox / bubblewrap", ours, theirs, 1.5),
        ratioBound("coffer sandbox / bubblewrap, the same view", ours, same, 1),
      ],
    };
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

const containers = 200;
const atOnce = 8;

/** The words that run many containers, some at once: each has its bundle. */
function manyWords(stage: Stage, name: string, program: string): readonly string[] {
  for (let index = 1; index <= containers; index++) {
    const bundle = join(stage.base, `${index}`);
    mkdirSync(bundle, { recursive: true });
    const config = baseConfig({
      "/process/args": ["/true"],
      "/root/path": stage.rootfs,
      "/linux/cgroupsPath": `/coffer-test/bench-${name}-${index}`,
    });
    writeOldConfig(bundle, config);
  }
  const run = `${program} --root ${stateOf(stage, name)} run --bundle ${stage.base}/{} ${name}-{}`;
  return ["sh", "-c", `seq ${containers} | xargs -P ${atOnce} -I{} ${run}`];
}

/** Many containers, some at once. */
function many(rounds: number): Answer {
  const stages = [
    { name: "coffer-oci", program: cofferOci, stage: makeStage("many-coffer-oci") },
    { name: "crun", program: "crun", stage: makeStage("many-crun") },
  ];
  try {
    const samples = drive(
      stages.map(({ name, program, stage }) => ({ name, argv: manyWords(stage, name, program) })),
      rounds,
    );
    const [ours, crun] = samples;
    return {
      title: `${containers} containers, ${atOnce} at a time`,
      note: "Whole runs of the default config, started by xargs. Each container has a bundle of its own, which the rounds before have run too.",
      columns: ["µs", "min", "median", "of crun"],
      rows: timeRows(samples, "crun"),
      bounds: [ratioBound(`${containers} containers / crun's`, ours, crun, 0.7)],
    };
  } finally {
    for (const { stage } of stages) stage.end();
  }
}

/** A number of a process's memory, in kB. */
function memoryOf(rollup: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(rollup)?.[1]);
}

/** What the front takes while its container runs, and how large the program is. */
async function footprint(): Promise<Answer> {
  const stage = makeStage("footprint", { "/process/args": ["/true", "wait"] });
  const pidFile = join(stage.base, "pid");
  const words = [
    "--root",
    stateOf(stage, "front"),
    "run",
    "--pid-file",
    pidFile,
    "--bundle",
    stage.bundle,
    "footprint",
  ];
  const child = spawn(cofferOci, words, { stdio: ["ignore", "ignore", "inherit"] });
  await pause(300);
  const rollup = readFileSync(`/proc/${child.pid}/smaps_rollup`, "utf8");
  process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
  await new Promise((resolve) => child.on("exit", resolve));
  stage.end();
  const [resident, dirty] = [memoryOf(rollup, "Rss"), memoryOf(rollup, "Private_Dirty")];
  const size = statSync(coffer).size;
  const packed = gzipSync(readFileSync(coffer), { level: 9 }).length;
  const kB = (value: number): number => value / 1000;
  return {
    title: "What the native front takes",
    note: "Memory of `coffer-oci run` in the foreground; the program, and compressed by gzip.",
    columns: ["kB", "", "at most"],
    rows: [
      ["resident", `${resident}`, "10000"],
      ["private and changed", `${dirty}`, "1000"],
      ["program", kB(size).toFixed(0), "10000"],
      ["program, compressed", kB(packed).toFixed(0), "2500"],
    ],
    bounds: [
      { what: "resident memory of the front", value: resident, limit: 10_000, unit: " kB" },
      { what: "private memory of the front that has changed", value: dirty, limit: 1000, unit: " kB" },
      { what: "program", value: kB(size), limit: 10_000, unit: " kB" },
      { what: "program, compressed", value: kB(packed), limit: 2500, unit: " kB" },
    ],
  };
}

/** All of these; nothing where the native front is not built. */
export async function inUse(rounds: number): Promise<readonly Answer[]> {
  if (!existsSync(coffer)) return [];
  return [sandboxes(rounds), many(Math.max(3, Math.ceil(rounds / 20))), await footprint()];
}
