import { quote } from "../../errors.ts";
import type { HostFacts } from "../../host/facts.ts";
import { cleanPath, hasDotDot, isBeneath, joinPath } from "../../paths.ts";
import type { Context } from "../draft/draft.ts";
import type { CgroupManager, CgroupMark, CgroupPlace } from "../draft/options.ts";
import { listHierarchies } from "../tree/cgroup-mount.ts";
import { readScopeName, scopePath } from "./systemd/unit-name.ts";

const pointer = "/linux/cgroupsPath";

/** What is needed to say where cgroups are. */
export type PlaceContext = Pick<Context, "config" | "facts" | "issues">;

/** Why the caller cannot have cgroups; undefined when it can. */
export function noCgroups({ facts }: PlaceContext, manager: CgroupManager): string | undefined {
  if (manager === "none") return "cgroups are turned off for this container";
  if (facts.cgroup.mode === "none") return "this host has no cgroup file system";
  if (manager === "systemd") return undefined;
  if (!facts.cgroup.writable)
    return "this caller may not make cgroups: have one delegated (systemd-run --user --scope -p Delegate=yes)";
  return undefined;
}

/**
 * The attribute that says whose the cgroups are. An attribute that the container's own user may write is trusted only if
 * that user has nothing to win. With a pid namespace of its own, no process of the container outlives the first.
 */
function markName({ config, facts }: PlaceContext): CgroupMark | undefined {
  if (facts.privileged && facts.initialUserns) return "trusted.coffer";
  const namespaces = config.linux?.namespaces ?? [];
  return namespaces.some(({ type, path }) => type === "pid" && path === undefined) ? "user.coffer" : undefined;
}

/** Where the container's cgroups are made: none when the caller may not and nothing needs them. */
export function listPlaces(
  context: PlaceContext,
  id: string,
  manager: CgroupManager,
  controllers: ReadonlySet<string>,
): readonly CgroupPlace[] {
  const mark = markName(context);
  const places = listUnmarked(context, id, manager, controllers);
  return mark === undefined ? places : places.map((place) => ({ ...place, mark }));
}

function listUnmarked(
  context: PlaceContext,
  id: string,
  manager: CgroupManager,
  controllers: ReadonlySet<string>,
): readonly CgroupPlace[] {
  const { config, facts, issues } = context;
  const asked = config.linux?.cgroupsPath ?? "";
  const reason = noCgroups(context, manager);
  if (reason !== undefined) {
    if (asked !== "" && manager !== "none") issues.unsupported(pointer, reason);
    return [];
  }
  if (manager === "systemd") return scopePlaces(context, id, asked, controllers);
  if (asked.includes(":") && !asked.includes("/"))
    issues.warn(pointer, `${quote(asked)} reads as a unit of systemd, and is the name of a cgroup for cgroupfs`);
  if (hasDotDot(asked)) issues.invalid(pointer, `${quote(asked)} has a ".." in it`);
  const wanted = asked === "" ? ownName(id) : asked;
  const { v2Root, mode, base } = facts.cgroup;
  const v2 =
    v2Root === undefined
      ? []
      : [{ version: 2 as const, mount: v2Root, path: place(context, wanted, base), controllers: [] }];
  if (mode === "v2") return v2;
  return [...v2, ...v1Places(context, wanted, heldControllers(facts, controllers))];
}

const longestName = 255;

/** The cgroup of a container that asks for none. An id may be as long as a name of the kernel. */
function ownName(id: string): string {
  const name = `coffer-${id}`;
  return name.length > longestName ? id : name;
}

/** The hierarchy by which systemd itself knows its units on a version 1 host. */
const systemdHierarchy = "name=systemd";

/** The scope that systemd makes: beneath the cgroup of that systemd. On a version 1 host it is in every hierarchy, as in runc. */
function scopePlaces(
  context: PlaceContext,
  id: string,
  asked: string,
  controllers: ReadonlySet<string>,
): readonly CgroupPlace[] {
  const { facts, issues } = context;
  const { systemd, cgroup } = facts;
  if (systemd === undefined) {
    issues.unsupported(pointer, "neither a message bus nor a systemd was found: use the cgroupfs manager");
    return [];
  }
  if (systemd.user && cgroup.mode !== "v2") {
    const why =
      "on version 1 and hybrid hosts only the system's own systemd has controllers, and this caller may not ask it";
    issues.unsupported(pointer, why);
    return [];
  }
  const slice = systemd.user ? "user.slice" : "system.slice";
  const scope = readScopeName(asked, { slice, prefix: "coffer", id });
  if (typeof scope === "string") {
    issues.invalid(pointer, scope);
    return [];
  }
  const { socket, direct } = systemd;
  const path = joinPath(systemd.cgroup, scopePath(scope));
  const unit = { name: scope.unit, slice: scope.slice, socket, direct };
  const v1 = v1Places(context, path, heldControllers(facts, new Set([...controllers, systemdHierarchy])));
  if (cgroup.v2Root !== undefined) return [{ version: 2, mount: cgroup.v2Root, path, controllers: [], unit }, ...v1];
  const isOwn = ({ controllers: [first] }: CgroupPlace): boolean => first === systemdHierarchy;
  // The cgroup with the unit stands for the container, as the freezer does without a unit.
  return [...v1.filter(isOwn).map((one) => ({ ...one, unit })), ...v1.filter((one) => !isOwn(one))];
}

/** An absolute path counts from the root of the hierarchy, a relative one from where the caller may make cgroups. */
function place({ issues }: PlaceContext, wanted: string, base: string): string {
  const path = wanted.startsWith("/") ? cleanPath(wanted) : joinPath(base, wanted);
  if (path === "/" || path === base) issues.invalid(pointer, `${quote(wanted)} is not beneath ${quote(base)}`);
  else if (!isBeneath(path, base))
    issues.unsupported(pointer, `${quote(path)} is not beneath ${quote(base)}, where this caller may make cgroups`);
  return path;
}

/**
 * The controllers in whose hierarchies the container is: all of them, as in runc, so that it can be counted, stopped and
 * limited later. Who is not privileged has only cgroups that are delegated, and asks for no more than the config does.
 */
function heldControllers(
  { privileged, cgroup: { v1Roots, cpuset, mode } }: HostFacts,
  asked: ReadonlySet<string>,
): ReadonlySet<string> {
  // Without cgroup2 the freezer is what holds the container together: to list, stop and end its processes.
  if (!privileged) return mode === "v1" ? new Set([...asked, "freezer"]) : asked;
  return new Set(Object.keys(v1Roots).filter((name) => name !== "cpuset" || cpuset !== undefined || asked.has(name)));
}

function v1Places({ facts }: PlaceContext, wanted: string, controllers: ReadonlySet<string>): readonly CgroupPlace[] {
  return listHierarchies(facts.cgroup.v1Roots)
    .filter((hierarchy) => hierarchy.controllers.some((name) => controllers.has(name)))
    .map((hierarchy) => ({
      version: 1,
      mount: hierarchy.mount,
      path: cleanPath(wanted),
      controllers: hierarchy.controllers,
    }));
}
