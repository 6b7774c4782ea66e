// Devices, programs of the host, and what the container takes from others.

import { readWrite } from "../../exposure/cgroups/devices.ts";
import { findOps } from "../../exposure/find.ts";
import type { Exposure } from "../../exposure/index.ts";
import type { DeviceNumber } from "../../exposure/mounts.ts";
import { criuConfigPointer, reachedWords } from "../../plan/index.ts";
import type { Check, Checks, Severity } from "../check.ts";
import { hasProcess, hitIf } from "../check.ts";

interface NamedDevice extends DeviceNumber {
  readonly path: string;
  readonly at: { readonly op?: number; readonly from?: string };
}

/** Numbers of Documentation/admin-guide/devices.txt; -1 stands for any. */
type Risk = readonly [type: "b" | "c", major: number, minor: number, severity: Severity, what: string];

const risks: readonly Risk[] = [
  ["c", 1, 3, "note", "null"],
  ["c", 1, 5, "note", "zero"],
  ["c", 1, 7, "note", "full"],
  ["c", 1, 8, "note", "random"],
  ["c", 1, 9, "note", "urandom"],
  ["c", 5, 0, "note", "tty"],
  ["c", 5, 2, "note", "ptmx"],
  ["c", 1, 11, "medium", "the kernel's log"],
  ["c", 1, -1, "critical", "memory or ports of the machine"],
  ["c", 4, -1, "medium", "a console of the host"],
  ["c", 5, 1, "medium", "the console of the host"],
  ["c", 136, -1, "high", "a terminal of the host"],
  ["c", 10, 200, "low", "network tunnels"],
  ["c", 10, 229, "low", "FUSE: the kernel asks a process of the container for files"],
  ["c", 10, 232, "medium", "KVM: code of the kernel that runs virtual machines"],
  ["c", 10, 237, "high", "the control of loop devices"],
  ["c", 10, 144, "high", "the memory of the firmware"],
  ["c", 10, -1, "medium", "a driver of the host"],
  ["c", 13, -1, "high", "keyboards and mice of the host"],
  ["c", 21, -1, "critical", "disks, by raw commands"],
  ["c", 202, -1, "critical", "registers of the processor"],
  ["c", 203, -1, "low", "the processor's description"],
  ["c", 226, -1, "low", "a graphics card"],
  ["c", 195, -1, "low", "a graphics card"],
  ["b", -1, -1, "critical", "a disk, past every file system"],
  ["c", -1, -1, "medium", "a driver of the host"],
];

function findRisk({ type, major, minor }: DeviceNumber): Risk | undefined {
  return risks.find(
    ([kind, first, second]) =>
      kind === type && (first === -1 || first === major) && (second === -1 || second === minor),
  );
}

function devicesOf({ tree }: Exposure): readonly NamedDevice[] {
  const bound = tree.mounts.flatMap(({ device, destination, at }) =>
    device === undefined ? [] : [{ ...device, path: destination, at }],
  );
  return [...tree.nodes, ...bound];
}

function deviceCheck(severity: Severity): Check {
  return {
    severity,
    class: "C device nodes",
    why: "the driver of the host takes requests of the container, past every file permission that it checks itself",
    fix: "leave it out of /linux/devices",
    test: (exposure) =>
      devicesOf(exposure).flatMap((device) => {
        const [, , , found, what] = findRisk(device) ?? [];
        const { type, major, minor, path, at } = device;
        return hitIf(found === severity, at, `${path} is the device ${type} ${major}:${minor}: ${what ?? ""}`);
      }),
  };
}

const mknod = 27n;
const probes: readonly (DeviceNumber & { readonly what: string })[] = [
  { type: "b", major: 8, minor: 0, what: "disks" },
  { type: "b", major: 259, minor: 0, what: "disks" },
  { type: "c", major: 1, minor: 1, what: "memory" },
  { type: "c", major: 21, minor: 0, what: "disks by raw commands" },
];

const canMakeNodes = ({ rights, namespaces }: Exposure): boolean =>
  namespaces.user.whose === "host" && ((rights.capabilities >> mknod) & 1n) === 1n;

/** The files that limit something, of both versions, and what stands for no limit. */
const limitFiles = { pids: ["pids.max"], memory: ["memory.max", "memory.limit_in_bytes"] } as const;

/** The limit that holds for the process; undefined without a limit. */
export function limitOf({ cgroups }: Pick<Exposure, "cgroups">, name: keyof typeof limitFiles): bigint | undefined {
  return cgroups.limit(limitFiles[name]);
}

function unlimited(name: keyof typeof limitFiles): Check {
  const pointer = name === "pids" ? "/linux/resources/pids/limit" : "/linux/resources/memory/limit";
  return {
    severity: "note",
    class: "I exhaustion",
    why: `the container takes as ${name === "pids" ? "many processes" : "much memory"} as the host has, and all others go without`,
    fix: `set ${pointer}`,
    test: (exposure) =>
      hitIf(
        exposure.kind === "create" && limitOf(exposure, name) === undefined,
        { from: pointer },
        `there is no limit of ${name}`,
      ),
  };
}

const coreLimit = 4;

export const hostChecks: Checks = {
  ...Object.fromEntries(
    (["low", "medium", "high", "critical"] as const).map((severity) => [`device-${severity}`, deviceCheck(severity)]),
  ),
  "devices-unfiltered": {
    severity: "high",
    class: "C device nodes",
    why: "with CAP_MKNOD the process makes a node of any disk and writes to it",
    fix: "deny all in /linux/resources/devices, or take CAP_MKNOD away",
    test: (exposure) =>
      hitIf(
        hasProcess(exposure) &&
          exposure.kind === "create" &&
          exposure.deviceFilter.kind === "none" &&
          canMakeNodes(exposure),
        { from: "/linux/resources/devices" },
        "nothing filters devices, and the process can make nodes",
      ),
  },
  "devices-allowed": {
    severity: "critical",
    class: "C device nodes",
    why: "the process makes a node of a disk or of memory, or finds one, and writes to it",
    fix: "deny all in /linux/resources/devices, and allow only what is needed",
    test: (exposure) => {
      const { deviceFilter: filter, namespaces } = exposure;
      if (filter.kind !== "program" && filter.kind !== "list") return [];
      const open = probes.filter((probe) => filter.allows(probe, readWrite)).map(({ what }) => what);
      return hitIf(
        namespaces.user.whose === "host" && open.length > 0,
        filter.at,
        `the device filter allows ${[...new Set(open)].join(", ")}`,
      );
    },
  },
  "devices-unknown": {
    severity: "medium",
    class: "C device nodes",
    why: "what the device filter allows cannot be told",
    fix: "make the plan from a config: its filter is compiled from /linux/resources/devices",
    test: ({ deviceFilter: { kind, at } }) => hitIf(kind === "unknown", at, "the device filter cannot be read"),
  },
  hooks: {
    severity: "medium",
    class: "H hooks 2024-0132",
    why: "they run with the rights of whoever makes the container, and may be led by what is in it",
    fix: "leave /hooks out, or allow them by path in a policy",
    test: ({ hooks }) =>
      hooks
        .filter(({ side }) => side === "host")
        .map(({ path, at }) => ({ at, what: `the program ${path} of the host is run` })),
  },
  "hooks-inside": {
    severity: "high",
    class: "H hooks 2024-0132",
    why: "a createContainer hook is in the container's namespaces and has the host's root directory: who may trace there, or owns the user namespace, gets both",
    fix: "use createRuntime hooks, or a pid namespace without a path in /linux/namespaces",
    test: ({ hooks, namespaces }) =>
      hooks
        .filter(({ inside }) => inside && namespaces.pid.whose !== "own")
        .map(({ path, at }) => ({ at, what: `the program ${path} of the host is run where other processes see it` })),
  },
  "criu-config": {
    severity: "medium",
    class: "H hooks 2024-0132",
    why: "who can write to the file, such as root in a container that has its directory, has CRIU run programs as root of the host",
    fix: "leave the annotation out, or allow the file by path in a policy (checkpoints.configs)",
    test: ({ criuConfig }) =>
      hitIf(criuConfig !== undefined, { from: criuConfigPointer }, `CRIU takes orders from the file ${criuConfig}`),
  },
  "suid-dumpable": {
    severity: "medium",
    class: "D runc 2016-9962",
    why: "the kernel makes each process dumpable when its ids change: for that moment init can be traced by who may trace in its user namespace",
    fix: "set the kernel parameter fs.suid_dumpable to 0 or 2",
    test: (exposure) => hitIf(hasProcess(exposure) && exposure.seenAtIds, {}, "fs.suid_dumpable of the host is 1"),
  },
  "host-sockets": {
    severity: "medium",
    class: "D Docker 2015-3627",
    why: "whoever listens on a socket of the host acts with rights of the host: an agent signs in the caller's name, an engine starts containers",
    fix: "leave --socket out, or name a socket whose service asks before it acts",
    test: ({ sockets }) =>
      sockets.map((path) => ({ at: {}, what: `the socket ${path} of the host can be connected to` })),
  },
  "added-secrets": {
    severity: "note",
    class: "G abstract sockets 2020-15257",
    why: "the caller reads the connections to these hosts, and what the container asks of them is asked in the caller's name",
    fix: "leave --secret out, or take a secret with fewer rights",
    test: ({ egress }) =>
      hitIf((egress?.secrets ?? []).length > 0, {}, `secrets are added to requests to ${egress?.secrets?.join(", ")}`),
  },
  "user-network": {
    severity: "low",
    class: "G abstract sockets 2020-15257",
    why: "a program of the host reads every packet of the container, and has the host's network: one flaw of it, and services on the loopback interface answer. Addresses that the host gets later, and what other hosts pass on, are not known to the rules. Names are asked of the host's resolver, whatever they carry",
    fix: "leave --net user out: the proxy of --allow knows names, and reads no packets",
    test: ({ plan }) =>
      findOps(plan, "start-network").map(({ op, at }) => ({
        at,
        what: `a program of the host gives it a user-mode network, to ${reachedWords(op.rules).join(", ") || "nothing"}`,
      })),
  },
  "moved-interface": {
    severity: "note",
    class: "G abstract sockets 2020-15257",
    why: "the container is on the network that the interface leads to, with its address, and the host no longer is",
    fix: "leave /linux/netDevices out, or give it an interface made for it",
    test: ({ plan }) =>
      findOps(plan, "move-netdev").map(({ op, at }) => ({
        at,
        what: `the interface ${op.name} of the host is moved in`,
      })),
  },
  "core-dumps": {
    severity: "note",
    class: "I coredump",
    why: "a process that crashes hands its memory to a program that the host's root runs",
    fix: "add RLIMIT_CORE with 0 to /process/rlimits",
    test: (exposure) => {
      const limit = findOps(exposure.plan, "set-rlimit").findLast(({ op }) => Number(op.resource) === coreLimit);
      const isOff = limit !== undefined && BigInt(limit.op.hard) === 0n && Number(limit.op.raise) === 0;
      return hitIf(hasProcess(exposure) && !isOff, { from: "/process/rlimits" }, "core dumps are not turned off");
    },
  },
  "pids-unlimited": unlimited("pids"),
  "memory-unlimited": unlimited("memory"),
};
