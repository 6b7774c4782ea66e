// The names of the samples: the page has them without the planner, which is the worker's.
import engines from "../samples/names.gen.json" with { type: "json" };

const profiles = ["plain", "node", "python", "rust", "go", "java", "agent", "build", "browser", "install"];

/** The names of all samples, in groups. */
export const sampleGroups: Readonly<Record<string, readonly string[]>> = {
  Defaults: ["coffer spec", "runc spec"],
  Engines: Object.keys(engines),
  Sandboxes: profiles.map((name) => `sandbox: ${name}`),
};

/** Who wrote a sample: an engine and its version. */
export function writerOf(name: string): string | undefined {
  return Object.entries(engines).find(([sample]) => sample === name)?.[1];
}
