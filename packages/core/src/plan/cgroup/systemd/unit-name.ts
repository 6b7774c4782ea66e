// The names that systemd gives: units, slices, and the cgroups that it makes for them.
import { quote } from "../../../errors.ts";

/** The scope that a container is put in. */
export interface ScopeName {
  readonly slice: string;
  readonly unit: string;
}

const unitChars = /^[A-Za-z0-9:_.\\@-]+$/;
const maxUnitName = 255;

/** Names that a cgroup directory cannot have, or that would look like a control file: systemd puts `_` before them. */
const reserved = /^(?:_|\.|cgroup\.|tasks$|notify_on_release$|release_agent$)/;
const controllers = [
  ...["cpu", "cpuacct", "cpuset", "io", "blkio", "memory", "devices", "pids", "bpf-firewall", "bpf-devices"],
  ...["bpf-foreign", "bpf-socket-bind", "bpf-restrict-network-interfaces"],
] as const;

function escapeName(name: string): string {
  const isReserved = reserved.test(name) || controllers.some((controller) => name.startsWith(`${controller}.`));
  return isReserved ? `_${name}` : name;
}

/** What is wrong with a slice's name; undefined when nothing is. */
function sliceFault(slice: string): string | undefined {
  const name = slice.slice(0, -".slice".length);
  if (!slice.endsWith(".slice") || name === "") return `${quote(slice)} is not the name of a slice`;
  if (name === "-") return undefined;
  if (!unitChars.test(name) || /^-|--|-$|@/.test(name) || slice.length > maxUnitName)
    return `${quote(slice)} is not a valid name of a slice`;
  return undefined;
}

/** The path of a slice's cgroup beneath that of its manager: `a-b.slice` is beneath `a.slice`. */
export function expandSlice(slice: string): string {
  const name = slice.slice(0, -".slice".length);
  if (name === "-") return "";
  const parts = name.split("-");
  return parts.map((_, index) => `/${escapeName(`${parts.slice(0, index + 1).join("-")}.slice`)}`).join("");
}

/** The path of a scope's cgroup beneath that of its manager. */
export function scopePath({ slice, unit }: ScopeName): string {
  return `${expandSlice(slice)}/${escapeName(unit)}`;
}

/** What the scope of a container is called. */
export interface ScopeOptions {
  /** The slice where the path names none. */
  readonly slice: string;
  /** Prefix and name where there is no path. */
  readonly prefix: string;
  readonly id: string;
}

/**
 * Reads a `cgroupsPath` of the form `slice:prefix:name`, as runc does.
 *
 * @returns what is wrong with it, where it has another form
 */
export function readScopeName(path: string, { slice: usual, prefix: own, id }: ScopeOptions): ScopeName | string {
  const parts = path === "" ? ["", own, id] : path.split(":");
  if (parts.length !== 3)
    return `expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got ${quote(path)} instead`;
  const [first = "", prefix = "", name = ""] = parts;
  const slice = first === "" ? usual : first;
  const fault = sliceFault(slice);
  if (fault !== undefined) return fault;
  if (name.endsWith(".slice")) return `${quote(name)} is a slice, which has no processes of its own`;
  const unit = `${prefix === "" ? "" : `${prefix}-`}${name}.scope`;
  if (name === "" || !unitChars.test(unit) || unit.length > maxUnitName || unit.startsWith("@"))
    return `${quote(unit)} is not a valid name of a unit (systemd.unit(5))`;
  return { slice, unit };
}
