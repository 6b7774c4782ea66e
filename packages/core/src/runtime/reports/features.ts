import type { Features } from "@coffer/spec";
import { ociVersionMax, ociVersionMin, stringifyJson } from "@coffer/spec";
import { locateCriu } from "../../criu/program.ts";
import { seccompFeatures } from "../../defaults/index.ts";
import { capabilityNames, hookPoints, memoryPolicies, mountOptionNames } from "../../plan/index.ts";
import type { Runtime } from "../runtime.ts";

/** Annotations that change what a container gets; one that ends with a period is a prefix. */
const unsafeAnnotations = [
  "coffer.",
  "module.wasm.image/variant",
  "org.criu.config",
  "org.systemd.property.",
  "run.oci.",
];

/** What this runtime carries out, and no more: what is refused is not listed. */
export function features({ system }: Runtime): Features {
  return {
    ociVersionMin,
    ociVersionMax,
    hooks: [...hookPoints],
    mountOptions: [...mountOptionNames],
    linux: {
      namespaces: ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"],
      capabilities: [...capabilityNames],
      cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
      seccomp: seccompFeatures,
      apparmor: { enabled: true },
      selinux: { enabled: true },
      intelRdt: { enabled: true, schemata: true, monitoring: true },
      mountExtensions: { idmap: { enabled: true } },
      netDevices: { enabled: true },
      memoryPolicy: memoryPolicies,
    },
    // What engines ask for before they checkpoint: the same as runc says.
    annotations: { "org.opencontainers.runc.checkpoint.enabled": `${locateCriu(system) !== undefined}` },
    potentiallyUnsafeConfigAnnotations: [...unsafeAnnotations],
  };
}

/** The features as `features` prints them. */
export function printFeatures(runtime: Runtime): string {
  return stringifyJson(features(runtime), 2);
}
