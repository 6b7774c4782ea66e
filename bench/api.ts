// The TypeScript side in a warm process: `run()` and `sandbox()` beside execa with their peers, and planning alone.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, openRuntime, run, sandbox } from "@coffer/core";
import { parseConfig } from "@coffer/spec";
import { execa } from "execa";
import { planCreate } from "../packages/core/src/plan/index.ts";
import { factsFor } from "../packages/core/src/runtime/launch/plan-bundle.ts";
import { verifyPlan } from "../packages/core/src/verify/index.ts";
import { encodePlan } from "../packages/core/src/wire/encode.ts";
import { frontArgv } from "../test/helpers/callers/front.ts";
import { nearest, sameView } from "./same-view.ts";
import type { Answer, Sample } from "./sample.ts";
import { median, ratioBound, timeRows } from "./sample.ts";
import { coffer, makeStage, stateOf } from "./setup.ts";

async function timed(what: () => unknown): Promise<number> {
  const start = performance.now();
  await what();
  return (performance.now() - start) * 1000;
}

/** Runs the things in turn, some rounds unmeasured first. `rest` is what follows each, unmeasured too. */
async function alternate(
  things: Readonly<Record<string, () => unknown>>,
  rounds: number,
  rest: () => unknown = () => {},
): Promise<readonly Sample[]> {
  const names = Object.keys(things);
  const values = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let round = -10; round < rounds; round += 1) {
    for (const [name, thing] of Object.entries(things)) {
      const us = await timed(thing);
      if (round >= 0) values.get(name)?.push(us);
      await rest();
    }
  }
  return names.map((name) => ({ name, values: values.get(name) ?? [] }));
}

/** A created container keeps its standard streams: nobody may wait for their end. */
const quiet = { stdin: "ignore", stdout: "ignore", stderr: "inherit" } as const;

/** `run()` in a warm Node process. */
export async function apiRun(rounds: number): Promise<Answer> {
  // Without a name for its cgroup, as `crun spec` writes it: one of that name could not be there for the next run already.
  const stage = makeStage("api", { "/linux/cgroupsPath": null });
  const root = stateOf(stage, "coffer");
  const [runtime, alone] = [openRuntime({ root }), openRuntime({ root, warm: false })];
  const pooled = openRuntime({ root, pool: 1 });
  let turn = 0;
  const things = {
    "run() of @coffer/core": () => run({ bundle: stage.bundle, runtime }),
    "run() with a pool": () => run({ bundle: stage.bundle, runtime: pooled }),
    "run() without the helper that stays": () => run({ bundle: stage.bundle, runtime: alone }),
    "execa + crun run": () => {
      turn += 1;
      return execa("crun", ["--root", stateOf(stage, "crun"), "run", "--bundle", stage.bundle, `api-${turn}`]);
    },
    "execa + bubblewrap": () =>
      execa("bwrap", ["--unshare-all", "--ro-bind", stage.rootfs, "/", "--proc", "/proc", "/true"]),
  };
  // The container for the next run is made meanwhile, and disturbs no other row.
  const samples = await alternate(things, rounds, () => pooled.pool?.filled());
  await pooled.pool?.drain();
  const cold = await timed(() => coffer("run", "--root", stateOf(stage, "cold"), "--bundle", stage.bundle, "cold"));
  stage.end();
  const [ours, taken, , crun, bwrap] = samples;
  return {
    title: "From TypeScript, in a warm process",
    note: `The same bundle. \`coffer run\` from a cold shell, Node's start included, took ${Math.round(cold / 1000)} ms (reported, not bounded). The pool is filled again between the rows.`,
    columns: ["µs", "min", "median", "of crun"],
    rows: timeRows(samples, "execa + crun run"),
    samples,
    bounds: [
      ratioBound("run() / execa + crun", ours, crun, 0.6),
      ratioBound("run() with a pool / execa + crun", taken, crun, 0.4),
      ratioBound("run() / execa + bubblewrap", ours, bwrap, 0.9),
    ],
  };
}

/** `sandbox()` in a warm Node process. */
export async function apiSandbox(rounds: number): Promise<Answer> {
  const project = mkdtempSync(join(tmpdir(), "cft-bench-project-"));
  const [coffer = ""] = frontArgv("coffer", [], true);
  const runtime = openRuntime({});
  const same = sameView(coffer, ["--cwd", project], project);
  try {
    const samples = await alternate(
      {
        "sandbox() of @coffer/core": () => sandbox("/bin/true", [], { cwd: project, runtime }),
        "execa + coffer sandbox": () => execa(coffer, ["sandbox", "--cwd", project, "--", "/bin/true"]),
        "execa + bubblewrap": () => execa("bwrap", [...nearest, "/bin/true"]),
        "execa + bubblewrap, the same view": () => execa("bwrap", [...same, "/bin/true"]),
      },
      rounds,
    );
    const [ours, , , view] = samples;
    return {
      title: "Sandboxes from TypeScript, in a warm process",
      note: "A command of the host in an empty project. The second row is the native front, which `execa` starts.",
      columns: ["µs", "min", "median", "of bubblewrap"],
      rows: timeRows(samples, "execa + bubblewrap"),
      samples,
      bounds: [ratioBound("sandbox() / execa + bubblewrap, the same view", ours, view, 1)],
    };
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

/** `create`, `start` and `delete` in a warm Node process. */
export async function apiLife(rounds: number): Promise<Answer> {
  const stage = makeStage("life", { "/process/args": ["/true", "wait"] });
  const runtime = openRuntime({ root: stateOf(stage, "coffer") });
  let turn = 0;
  const things = {
    "create, start and delete": async () => {
      turn += 1;
      const container = await create({ bundle: stage.bundle, runtime, id: `life-${turn}` });
      await container.start();
      await container.delete();
    },
    "execa + crun's three": async () => {
      const crun = (...words: readonly string[]) => execa("crun", ["--root", stateOf(stage, "crun"), ...words], quiet);
      await crun("create", "--bundle", stage.bundle, "life");
      await crun("start", "life");
      await crun("delete", "--force", "life");
    },
  };
  const samples = await alternate(things, rounds);
  stage.end();
  const [ours, crun] = samples;
  return {
    title: "A container's life from TypeScript, in a warm process",
    note: "Each of the three calls is waited for.",
    columns: ["µs", "min", "median", "of crun"],
    rows: timeRows(samples, "execa + crun's three"),
    samples,
    bounds: [ratioBound("create, start and delete / execa + crun's three", ours, crun, 1)],
  };
}

/** Planning the default config. */
export async function planning(): Promise<Answer> {
  const stage = makeStage("planning");
  const text = readFileSync(join(stage.bundle, "config.json"), "utf8");
  const runtime = openRuntime({ root: stateOf(stage, "coffer") });
  const config = parseConfig(text);
  const facts = factsFor(runtime, config, stage.bundle);
  const options = { id: "planned", bundle: stage.bundle };
  const plan = planCreate(config, facts, options);
  const bytes = encodePlan(plan);
  const samples = await alternate(
    {
      "parse config.json": () => parseConfig(text),
      "read the host's facts": () => factsFor(runtime, config, stage.bundle),
      plan: () => planCreate(config, facts, options),
      encode: () => encodePlan(plan),
      verify: () => verifyPlan(bytes),
    },
    500,
  );
  stage.end();
  const ms = median(samples[2]?.values ?? []) / 1000;
  return {
    title: "Planning",
    note: `The default config, warm: ${plan.ops.length} ops, ${bytes.length} bytes.`,
    columns: ["µs", "min", "median"],
    rows: timeRows(samples, "").map((row) => row.slice(0, 3)),
    bounds: [{ what: "planning", value: ms, limit: 1, unit: " ms" }],
  };
}
