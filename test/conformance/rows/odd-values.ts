// Values that ask for nothing, and versions
import type { Json, Patch } from "../../helpers/json.ts";
import type { Row } from "./row.ts";
import { writable } from "./row.ts";

const nulls = (...pointers: readonly string[]): readonly Row[] =>
  pointers.map((pointer) => ({ title: `null for ${pointer}`, patch: { [pointer]: null } }));

const empty = (value: Json, ...pointers: readonly string[]): readonly Row[] =>
  pointers.map((pointer) => ({ title: `${JSON.stringify(value)} for ${pointer}`, patch: { [pointer]: value } }));

const versions = ["1.0.0", "1.0.2", "1.1.0", "1.2.1", "1.3.0", "1.9.0", "1.0.2-dev", "1.0.0-rc5"];

const named = (title: string, patch: Patch): Row => ({ title, patch });

/** Values that ask for nothing, and versions. */
export const oddValueRows: readonly Row[] = [
  ...nulls("/hostname", "/domainname", "/hooks", "/annotations", "/linux/resources/memory", "/linux/resources/cpu"),
  { title: "a virtual machine", patch: { "/vm": { kernel: { path: "/boot/vmlinuz" } } } },
  ...nulls("/linux/sysctl", "/linux/seccomp", "/linux/devices", "/linux/maskedPaths", "/linux/readonlyPaths"),
  ...nulls("/linux/rootfsPropagation", "/linux/cgroupsPath", "/linux/uidMappings", "/linux/gidMappings"),
  ...nulls(
    "/linux/intelRdt",
    "/linux/personality",
    "/linux/mountLabel",
    "/linux/timeOffsets",
    "/linux/namespaces/0/path",
  ),
  ...nulls("/process/capabilities", "/process/rlimits", "/process/env", "/process/apparmorProfile"),
  ...nulls("/process/selinuxLabel", "/process/oomScoreAdj", "/process/consoleSize", "/process/scheduler"),
  ...nulls("/process/user/additionalGids", "/process/user/umask", "/process/noNewPrivileges", "/process/terminal"),
  ...nulls("/process/ioPriority", "/process/execCPUAffinity", "/process/user", "/process/capabilities/ambient"),
  ...nulls("/mounts/0/options", "/mounts/1/uidMappings", "/root/readonly", "/linux/netDevices", "/linux/memoryPolicy"),
  ...nulls("/linux/resources/pids", "/linux/resources/blockIO", "/linux/resources/unified", "/linux/resources/rdma"),
  ...nulls("/linux/resources/hugepageLimits", "/linux/resources/network", "/vm", "/windows", "/solaris"),
  ...empty("", "/hostname", "/domainname", "/linux/rootfsPropagation", "/linux/mountLabel", "/process/apparmorProfile"),
  ...empty("", "/linux/namespaces/0/path", "/process/selinuxLabel", "/process/commandLine"),
  ...empty([], "/linux/devices", "/linux/uidMappings", "/linux/gidMappings", "/process/rlimits", "/process/env"),
  ...empty({}, "/linux/sysctl", "/hooks", "/annotations", "/linux/resources/memory", "/linux/resources/cpu"),
  ...empty({}, "/linux/resources/blockIO", "/linux/resources/unified"),
  ...empty({}, "/process/user", "/linux/netDevices", "/linux/resources/network", "/linux/resources/rdma"),
  ...versions.map((version): Row => named(`version ${version}`, { "/ociVersion": version })),
  named("unknown fields", { "/x": 1, "/process/y": { a: [null] }, "/linux/z": "", "/mounts/0/w": {}, "/root/v": 0 }),
  named("no hostname and no uts namespace's change", { "/hostname": undefined, "/domainname": undefined }),
  named("no masked and no read-only paths at all", {
    "/linux/maskedPaths": undefined,
    "/linux/readonlyPaths": undefined,
  }),
  named("an empty annotation", { "/annotations": { "org.example.a": "" } }),
  named("annotations of other tools", {
    "/annotations": { "run.oci.hooks.stdout": "/dev/null", "io.kubernetes.cri.container-type": "sandbox" },
  }),
  named("an annotation of a systemd property for cgroupfs", {
    "/annotations": { "org.systemd.property.CPUWeight": "uint64 3" },
  }),
  named("no root.readonly", { "/root/readonly": undefined }),
  named("a root path with a slash and dots", { "/root/path": "./rootfs/../rootfs/." }),
  named("an absolute root path", { "/root/path": "$BASE/bundle/rootfs" }),
  named("rlimits of no kind", { "/process/rlimits": [] }),
  named("an empty solaris section", { "/solaris": {} }),
  named("no resources", { "/linux/resources": undefined }),
  named("null for resources", { "/linux/resources": null }),
  named("no device rules", { "/linux/resources/devices": undefined }),
  named("null for device rules", { "/linux/resources/devices": null }),
  named("empty device rules", { "/linux/resources/devices": [] }),
  named("no cgroupsPath", { "/linux/cgroupsPath": undefined }),
  named("a writable root with null", { ...writable, "/linux/maskedPaths": null }),
  named("zero limits", {
    "/linux/resources/memory": { limit: 0 },
    "/linux/resources/cpu": { shares: 0, quota: 0, period: 0 },
  }),
  named("an empty cpuset", { "/linux/resources/cpu": { cpus: "", mems: "" } }),
];
