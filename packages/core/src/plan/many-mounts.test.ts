// What a config with many mounts costs: it is looked through before anybody trusts it.
import { Session } from "node:inspector";
import test from "ava";
import { withParents } from "../paths.ts";
import { planCreate } from "./index.ts";
import { baseConfig, rootFacts, specConfig } from "./testing/builders.ts";

const rows = [
  ["/", ["/"]],
  ["/a", ["/a", "/"]],
  ["/a/b", ["/a/b", "/a", "/"]],
] as const;

for (const [path, expected] of rows)
  test(`${path} and its parents`, (t) => {
    t.deepEqual(withParents(path), expected);
  });

/** How often the planner's blocks ran for each of these numbers of mounts. No other load of the machine changes that. */
function planSteps(...counts: readonly number[]): readonly number[] {
  const session = new Session();
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const steps = counts.map((count) => {
    const more = Array.from({ length: count }, (_, index) => ({
      destination: `/m/${index}`,
      type: "tmpfs",
      source: "t",
    }));
    planCreate(baseConfig({ mounts: [...specConfig.mounts, ...more] }), rootFacts, { id: "box", bundle: "/bundle" });
    let sum = 0;
    session.post("Profiler.takePreciseCoverage", (_, { result }) => {
      const functions = result
        .filter(({ url }) => url.includes("/packages/core/"))
        .flatMap((script) => script.functions);
      for (const range of functions.flatMap(({ ranges }) => ranges)) sum += range.count;
    });
    return sum;
  });
  session.disconnect();
  return steps;
}

test("sixteen times as many mounts take about sixteen times as many steps", (t) => {
  const [few = 0, many = 0] = planSteps(500, 8000);
  t.true(few > 10_000, `${few} steps`);
  t.true(many / few < 24, `${many / few} times as many; 256 where each mount is compared with each`);
});
