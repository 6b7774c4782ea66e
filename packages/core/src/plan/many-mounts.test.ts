// What a config with many mounts costs: it is looked through before anybody trusts it.
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

/** The time that a plan with so many mounts takes, in microseconds of this process: the least of three. */
function planTime(count: number): number {
  const more = Array.from({ length: count }, (_, index) => ({
    destination: `/m/${index}`,
    type: "tmpfs",
    source: "t",
  }));
  const config = baseConfig({ mounts: [...specConfig.mounts, ...more] });
  const times = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    planCreate(config, rootFacts, { id: "box", bundle: "/bundle" });
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...times);
}

test("sixteen times as many mounts take about sixteen times as long", (t) => {
  planTime(1000);
  const ratio = planTime(32_000) / planTime(2000);
  t.true(ratio < 64, `${ratio} times; 256 where each mount is compared with each`);
});
