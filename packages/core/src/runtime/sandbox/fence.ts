// Which names a sandbox is kept from making, and where it makes names without being asked.
import { defaultSizes } from "../../defaults/sandbox/mounts.ts";
import { home } from "../../defaults/sandbox/places.ts";
import type { Weakening } from "../../defaults/weakenings.ts";
import { CofferError } from "../../errors.ts";
import type { HostFacts } from "../../host/facts.ts";
import { probeLsm, toKernel } from "../../host/probe.ts";
import { isBeneath } from "../../paths.ts";
import type { Supervised } from "../../plan/index.ts";
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import type { SandboxView } from "./files.ts";

/** File systems of the sandbox's own that can be written, and /proc, where nothing is made. */
const ownDirs = ["/proc", home, ...Object.keys(defaultSizes).filter((path) => path !== "/home")];

/** What the fence cannot be had with: it takes the right to mount, and wants the program's rights to be those of its user. */
const against: ReadonlySet<Weakening> = new Set(["host-root", "no-seccomp", "new-privileges", "capabilities"]);

/** The list of modules is empty where securityfs is not mounted: a launch that fails tells then. */
export function hasFence({ kernel, lsm }: Pick<HostFacts, "kernel" | "lsm">): boolean {
  return kernel.major >= 6 && (lsm.length === 0 || lsm.includes("landlock"));
}

function checkSupervisor(argument: string, what: string, unsafe: readonly Weakening[]): void {
  const other = unsafe.find((one) => against.has(one));
  if (other === undefined) return;
  const message = `a sandbox with --unsafe-${other} has no ${what}`;
  throw new CofferError("E_USAGE", message, { argument }, { hint: "leave one of the two out" });
}

interface Explained {
  readonly unsafe?: readonly Weakening[] | undefined;
  readonly isolation?: "namespaces" | "reduced" | undefined;
}

/** The flags of its filter are those of Linux 6.0. */
export const canFence = (system: System): boolean =>
  hasFence({ kernel: toKernel(system.uname()), lsm: probeLsm(system) });

export const canWatch = ({ major }: HostFacts["kernel"]): boolean => major >= 6;

/** Whether what a program asks for can be told. */
export function canExplain(system: System, { unsafe = [], isolation }: Explained): boolean {
  return isolation !== "reduced" && !unsafe.some((one) => against.has(one)) && canWatch(toKernel(system.uname()));
}

/**
 * Refuses to tell what a program asks for where that cannot be told.
 *
 * @throws {CofferError} E_USAGE, E_HOST_UNSUPPORTED
 */
export function requireWatch(system: System, unsafe: readonly Weakening[]): void {
  checkSupervisor("explain", "supervisor to explain denials", unsafe);
  const { release } = system.uname();
  if (canWatch(toKernel(system.uname()))) return;
  const needs = "Linux 6.0 or later";
  const hint = "use --hints, which reads what the command says";
  throw new CofferError("E_HOST_UNSUPPORTED", `--explain needs ${needs}`, { needs, found: release }, { hint });
}

/**
 * Refuses a fence that cannot be had: a caller who asks for it does not get a sandbox without.
 *
 * @throws {CofferError} E_USAGE, E_HOST_UNSUPPORTED
 */
export function requireFence(system: System, unsafe: readonly Weakening[]): void {
  checkSupervisor("fence", "fence", unsafe);
  if (canFence(system)) return;
  const needs = "Landlock of Linux 6.0 or later";
  const found = system.uname().release;
  const hint = "leave the fence out: guarded names that are made are told at the end";
  throw new CofferError("E_HOST_UNSUPPORTED", `the fence needs ${needs}`, { needs, found }, { hint });
}

/** What is supervised of a sandbox; undefined where it may make no guarded name. */
export function supervisedBy(system: System, { rules, guards, fenced }: SandboxView): Supervised | undefined {
  if (!fenced || guards.missing.length === 0) return undefined;
  // What is there is kept by a mount, until the host removes it.
  const kept = guards.guards.flatMap(({ path, readonly }) => (readonly ? [path] : []));
  const names = [...new Set([...guards.missingAt, ...kept])];
  const isDirectory = (path: string): boolean => optional(() => system.stat(path).kind) === "directory";
  const written = rules.flatMap(({ path, access, source }) => {
    if (access === "tmp" || access === "overlay") return [path];
    return access === "write" && source !== undefined && isDirectory(source) ? [path] : [];
  });
  const free = [...new Set([...ownDirs, ...written])].filter((dir) => !names.some((name) => isBeneath(name, dir)));
  return { names, free };
}
