// What a call costs while many containers are there: an engine's node has hundreds.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { frontArgv } from "../../test/helpers/callers/front.ts";
import { baseConfig } from "../../test/helpers/config.ts";
import { toJson } from "../../test/helpers/json.ts";
import { drive } from "../drive.ts";
import type { Series } from "../plot/growth.ts";
import { growth } from "../plot/growth.ts";
import type { Answer, Sample } from "../sample.ts";
import { median } from "../sample.ts";
import type { Stage } from "../setup.ts";
import { makeStage, stateOf } from "../setup.ts";

const [program = ""] = frontArgv("coffer-oci", [], true);
const programs = { "coffer-oci": program, crun: "crun" } as const;
type Name = keyof typeof programs;
const names = ["coffer-oci", "crun"] as const;
const counts = [1, 10, 100, 300, 1000];

interface Node {
  readonly name: Name;
  readonly stage: Stage;
}

const words = ({ name, stage }: Node, ...more: readonly string[]): readonly string[] => [
  programs[name],
  "--root",
  stateOf(stage, name),
  ...more,
];

/** Makes the containers from one number to another, each with a cgroup of its own. */
function fill(node: Node, from: number, to: number): void {
  for (let index = from; index < to; index += 1) {
    const bundle = join(node.stage.base, `${index}`);
    mkdirSync(bundle);
    const cgroupsPath = `/coffer-test/bench-growth-${node.name}-${index}`;
    const config = baseConfig({
      "/process/args": ["/true", "wait"],
      "/root/path": node.stage.rootfs,
      "/linux/cgroupsPath": cgroupsPath,
    });
    writeFileSync(join(bundle, "config.json"), toJson(config));
  }
  const create = words(node, "create", "--bundle", `${node.stage.base}/{}`, "{}").join(" ");
  execFileSync("sh", ["-c", `seq ${from} ${to - 1} | xargs -P 2 -I{} ${create}`], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

function empty(node: Node, from: number, to: number): void {
  const remove = words(node, "delete", "--force", "{}").join(" ");
  execFileSync("sh", ["-c", `seq ${from} ${to - 1} | xargs -P 2 -I{} ${remove}`], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

const verbs = {
  run: (node: Node) => words(node, "run", "--bundle", node.stage.bundle, "more"),
  state: (node: Node) => words(node, "state", "0"),
  list: (node: Node) => words(node, "list", "--quiet"),
} as const;
const verbNames = ["run", "state", "list"] as const;

/** Each verb of each runtime, in turn. */
function measure(nodes: readonly Node[], rounds: number): readonly Sample[] {
  return verbNames.flatMap((verb) =>
    drive(
      nodes.map((node) => ({ name: `${node.name} ${verb}`, argv: verbs[verb](node) })),
      rounds,
    ),
  );
}

/** Measures with more and more containers, and at the end with as few as at first: what else the machine does changes by the minute. */
function measureGrowth(nodes: readonly Node[], rounds: number): readonly (readonly [number, readonly Sample[]])[] {
  const [fewest = 1] = counts;
  let there = 0;
  try {
    const measured = counts.map((count) => {
      for (const node of nodes) fill(node, there, count);
      there = count;
      return [count, measure(nodes, rounds)] as const;
    });
    for (const node of nodes) empty(node, fewest, there);
    there = fewest;
    const again = measure(nodes, rounds);
    return measured.map(([count, samples], index) => {
      if (index > 0) return [count, samples];
      const both = samples.map(({ name, values }, verb) => ({
        name,
        values: [...values, ...(again[verb]?.values ?? [])],
      }));
      return [count, both];
    });
  } finally {
    for (const node of nodes) empty(node, 0, there);
  }
}

/** A verb's cost with the most containers, of that with one. */
const grown = ({ points }: Series): number =>
  median(points.at(-1)?.[1].values ?? []) / median(points[0]?.[1].values ?? []);

/** Calls while 1 to 1,000 created containers are there; nothing where the native front is not built. */
export function withMany(rounds: number): readonly Answer[] {
  if (!existsSync(program)) return [];
  const nodes = names.map((name) => ({ name, stage: makeStage(`growth-${name}`) }));
  try {
    const measured = measureGrowth(nodes, rounds);
    const series = (measured[0]?.[1] ?? []).map(
      ({ name }, index): Series => ({
        name,
        isOurs: name.startsWith("coffer"),
        points: measured.flatMap(([count, samples]) => {
          const sample = samples[index];
          return sample === undefined ? [] : [[count, sample] as const];
        }),
      }),
    );
    const title = "With many containers";
    return [
      {
        title,
        note: "Medians in µs while so many created containers are there. Each has its own cgroup. With one container everything is measured twice: first, and after the most.",
        columns: ["containers", ...counts.map(String)],
        rows: series.map(({ name, points }) => [name, ...points.map(([, { values }]) => median(values).toFixed(0))]),
        bounds: series
          .filter(({ name }) => name === "coffer-oci run" || name === "coffer-oci state")
          .map((one) => ({
            what: `${one.name} with ${counts.at(-1)} containers / with one`,
            value: grown(one),
            limit: 1.5,
            unit: "×",
          })),
        picture: growth(title, series),
      },
    ];
  } finally {
    for (const { stage } of nodes) stage.end();
  }
}
