// What is read of the host before a plan is made. Nothing here changes anything.

import { CofferError } from "../errors.ts";
import { optional } from "../system/error.ts";
import type { System, Uname } from "../system/port.ts";
import { initialUserns } from "../system/userns.ts";
import type { Arch, HostFacts, PathKind } from "./facts.ts";
import { writesAnyIdMap } from "./id-maps.ts";
import { noCgroups, probeCgroup } from "./probe-cgroup.ts";
import { probeResctrl } from "./probe-resctrl.ts";
import { noSubids, probeSubids } from "./probe-subids.ts";
import { probeSystemd } from "./probe-systemd.ts";

/** The oldest kernel that has every call that plans are made of. */
const kernelFloor = { major: 5, minor: 14 } as const;
const arches: readonly Arch[] = ["x86_64", "aarch64"];
const capSysAdmin = 21n;
/** A list of CPUs is the longest value, of which some kernels have 8192. */
const maxField = 65536;

export function toKernel({ release }: Uname): HostFacts["kernel"] {
  const match = /^(\d+)\.(\d+)/.exec(release);
  const kernel = { major: Number(match?.[1] ?? 0), minor: Number(match?.[2] ?? 0) };
  const { major, minor } = kernelFloor;
  if (kernel.major > major || (kernel.major === major && kernel.minor >= minor)) return kernel;
  const needs = `Linux ${major}.${minor}`;
  const hint = "older kernels lack mount_setattr(2) or cgroup.kill, and there is no fallback to string paths";
  throw new CofferError(
    "E_HOST_UNSUPPORTED",
    `needs ${needs} or newer, this is ${release}`,
    { needs, found: release },
    { hint },
  );
}

/** @throws {CofferError} E_HOST_UNSUPPORTED */
export function toArch({ machine }: Uname): Arch {
  const arch = arches.find((name) => name === machine);
  if (arch !== undefined) return arch;
  const needs = arches.join(" or ");
  throw new CofferError("E_HOST_UNSUPPORTED", `needs a machine of ${needs}, this is ${machine}`, {
    needs,
    found: machine,
  });
}

/** The value of a line of proc_pid_status(5), which is no name of a process: lines of it have no newline in them. */
function fieldOf(status: string, name: string): string | undefined {
  const start = `\n${status}`.indexOf(`\n${name}:`);
  if (start < 0) return undefined;
  const [line = ""] = status.slice(start + name.length + 1, start + maxField).split("\n");
  return line.trim();
}

function toCapabilities(status: string): bigint {
  const digits = fieldOf(status, "CapEff") ?? "";
  return BigInt(/^[0-9a-f]+$/.test(digits) ? `0x${digits}` : 0);
}

/** They are the same until the machine starts again. */
const lsms = new WeakMap<System, HostFacts["lsm"]>();

/** The active security modules. */
export function probeLsm(system: System): HostFacts["lsm"] {
  const lsm = lsms.get(system) ?? readLsm(system);
  lsms.set(system, lsm);
  return lsm;
}

/** Without a securityfs, those that labels can be asked of are seen by what else they show. */
function readLsm(system: System): HostFacts["lsm"] {
  const listed = optional(() => system.readText("/sys/kernel/security/lsm", 4096));
  if (listed !== undefined) return listed.trim().split(",").filter(Boolean);
  const apparmor = optional(() => system.readText("/sys/module/apparmor/parameters/enabled", 16))?.startsWith("Y");
  const selinux = optional(() => system.readText("/proc/filesystems", 65536))?.includes("\tselinuxfs\n");
  return [...(apparmor ? ["apparmor"] : []), ...(selinux ? ["selinux"] : [])];
}

function probePaths(system: System, paths: readonly string[]): Readonly<Record<string, PathKind>> {
  const kinds = system.kindsOf(paths);
  const kindAt = (index: number): PathKind => {
    const kind = kinds[index];
    if (kind === undefined) return "missing";
    return kind === "directory" ? "dir" : "file";
  };
  return Object.fromEntries(paths.map((path, index) => [path, kindAt(index)]));
}

/** Links of /etc that lead into /usr: what they lead to is there for whoever has /usr. */
const isOfUsr = (path: string, target: string): boolean =>
  path.startsWith("/etc/") && /^(?:\.\.)?\/usr\/(?!.*\.\.)/.test(target);

/** The names of the links in a directory; undefined where that cannot be told, and each name has to be looked up. */
function linksIn(system: System, dir: string): readonly string[] | undefined {
  return optional(() =>
    system
      .listTyped(dir)
      .filter(({ kind }) => kind === "link")
      .map(({ name }) => name),
  );
}

function probeRootLinks(system: System, paths: readonly string[]): HostFacts["rootLinks"] {
  const links: Record<string, string> = {};
  const ofEtc = paths.filter((path) => path.startsWith("/etc/"));
  const kinds = system.kindsOf(ofEtc, { follow: false });
  for (const path of ofEtc.filter((_, index) => kinds[index] === "link")) {
    const target = optional(() => system.readLink(path));
    if (target !== undefined && isOfUsr(path, target)) links[path] = target;
  }
  for (const name of linksIn(system, "/") ?? system.listDir("/")) {
    const target = optional(() => system.readLink(`/${name}`));
    if (target !== undefined) links[`/${name}`] = target;
  }
  return links;
}

function resctrlFacts(system: System, group: string | undefined): Pick<HostFacts, "resctrl"> {
  const resctrl = group === undefined ? undefined : probeResctrl(system, group);
  return resctrl === undefined ? {} : { resctrl };
}

/** Whether the caller may use only some of the CPUs. */
function isPinned(system: System, status: string): boolean {
  const allowed = fieldOf(status, "Cpus_allowed_list");
  const online = optional(() => system.readText("/sys/devices/system/cpu/online", 65536))?.trim();
  return allowed !== undefined && online !== undefined && allowed !== online;
}

/** Whether the kernel makes a process dumpable when its ids change: `fs.suid_dumpable` is 1. */
export function probeSeenAtIds(system: System): boolean {
  return optional(() => system.readText("/proc/sys/fs/suid_dumpable", 64))?.trim() === "1";
}

/** What a plan asks to know beyond the host itself. */
export interface ProbeOptions {
  /** Absolute paths whose kind is asked for. */
  readonly paths: readonly string[];
  /** Looks for resctrl and for this group in it; an empty name is none. */
  readonly resctrl?: string | undefined;
  /** Looks for a systemd too, which is to make cgroups. */
  readonly systemd?: boolean;
  /** Reads what is known of cgroups, for which the table of mounts has to be read. Default true. */
  readonly cgroups?: boolean;
  /** Reads the links of `/` too, and those of /etc among the paths, which only a sandbox needs. */
  readonly rootLinks?: boolean;
}

/**
 * Reads the host facts.
 *
 * @throws {CofferError} E_HOST_UNSUPPORTED when the kernel or the machine is none that plans can run on
 */
export function probeHost(system: System, options: ProbeOptions): HostFacts {
  const status = system.readText("/proc/self/status", 65536);
  const capabilities = toCapabilities(status);
  const names = system.uname();
  const { uid, gid } = system.caller;
  const userns = optional(() => system.readLink("/proc/self/ns/user")) === initialUserns;
  const cgroup = options.cgroups === false ? noCgroups : probeCgroup(system);
  const systemd = options.systemd ? probeSystemd(system, userns, cgroup) : undefined;
  return {
    kernel: toKernel(names),
    arch: toArch(names),
    uid,
    gid,
    capabilities,
    ...(isPinned(system, status) ? { pinned: true as const } : {}),
    lastCap: Number(system.readText("/proc/sys/kernel/cap_last_cap", 64)),
    privileged: ((capabilities >> capSysAdmin) & 1n) === 1n,
    initialUserns: userns,
    cgroup,
    ...resctrlFacts(system, options.resctrl),
    ...(systemd === undefined ? {} : { systemd }),
    subids: writesAnyIdMap({ capabilities }) ? noSubids : probeSubids(system),
    lsm: probeLsm(system),
    kcore: optional(() => system.stat("/proc/kcore")) !== undefined,
    paths: probePaths(system, options.paths),
    rootLinks: options.rootLinks ? probeRootLinks(system, options.paths) : {},
  };
}
