// The names of the samples: the page has them without the planner, which is the worker's.
const engines = ["docker run", "docker run --privileged", "podman run", "podman run --privileged", "Kubernetes pod"];
const profiles = ["plain", "node", "python", "rust", "go", "agent", "build", "browser", "install"];

/** The names of all samples, in groups. */
export const sampleGroups: Readonly<Record<string, readonly string[]>> = {
  Defaults: ["coffer spec", "runc spec"],
  Engines: [...engines, "Kubernetes pod, privileged"],
  Sandboxes: profiles.map((name) => `sandbox: ${name}`),
};
