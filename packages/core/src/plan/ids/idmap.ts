import type { LinuxIdMapping } from "@coffer/spec";
import type { IdRange } from "../../host/facts.ts";
import { writesAnyIdMap } from "../../host/id-maps.ts";
import { pointerTo } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import type { Context } from "../draft/draft.ts";
import type { Roots } from "../draft/roots.ts";
import type { Namespaces } from "../namespaces/namespaces.ts";
import { checkMappings, mapText } from "./ids.ts";

/** How one id map is written. */
type Way = "write" | "helper";

function isOwn(mappings: readonly LinuxIdMapping[], id: number): boolean {
  return mappings.length === 1 && mappings[0]?.size === 1 && mappings[0].hostID === id;
}

/** Whether the container's user namespace has setgroups(2) denied: the price of mapping one's own group without help. */
export function deniesSetgroups({ config, facts }: Context): boolean {
  return !writesAnyIdMap(facts) && isOwn(config.linux?.gidMappings ?? [], facts.gid);
}

/** Checks `/linux/uidMappings` and `/linux/gidMappings`. */
export function checkIdmaps(context: Context, namespaces: Namespaces): void {
  const { config, facts, issues } = context;
  for (const name of ["uidMappings", "gidMappings"] as const) {
    const mappings = config.linux?.[name] ?? [];
    const pointer = `/linux/${name}`;
    if (mappings.length === 0 && namespaces.made.has("user"))
      issues.invalid(pointer, "is required for a new user namespace");
    if (namespaces.has("user")) checkMappings(mappings, pointer, issues);
    else if (mappings.length > 0)
      issues.warn(pointer, "there is no user namespace in /linux/namespaces: no id is mapped");
  }
  if (!facts.privileged && !namespaces.has("user"))
    issues.invalid("/linux/namespaces", "an unprivileged caller needs a user namespace (see coffer spec --rootless)");
}

/** Writes the id maps of the new user namespace: by itself, or through newuidmap(1) and newgidmap(1). */
export function planIdmaps(context: Context, namespaces: Namespaces, roots: Roots, process: SlotName): void {
  if (!namespaces.made.has("user")) return;
  const { config, draft, facts } = context;
  const uids = config.linux?.uidMappings ?? [];
  const gids = config.linux?.gidMappings ?? [];
  const uidWay: Way = writesAnyIdMap(facts) || isOwn(uids, facts.uid) ? "write" : "helper";
  const gidWay: Way = writesAnyIdMap(facts) || isOwn(gids, facts.gid) ? "write" : "helper";
  if (uidWay === "helper") planHelper(context, roots, process, "uid", uids);
  if (gidWay === "helper") planHelper(context, roots, process, "gid", gids);
  if (uidWay === "helper" && gidWay === "helper") return;
  draft.add({
    op: "write-idmap",
    phase: "parent",
    proc: "proc",
    process,
    ...(uidWay === "write" ? { uids: mapText(uids) } : {}),
    ...(gidWay === "write" ? { gids: mapText(gids) } : {}),
    denySetgroups: gidWay === "write" && deniesSetgroups(context) ? 1 : 0,
    from: uidWay === "write" ? "/linux/uidMappings" : "/linux/gidMappings",
  });
}

function planHelper(
  context: Context,
  roots: Roots,
  process: SlotName,
  kind: "uid" | "gid",
  mappings: readonly LinuxIdMapping[],
): void {
  const { draft, facts, issues } = context;
  const from = `/linux/${kind}Mappings`;
  const { subids } = facts;
  const program = kind === "uid" ? subids.newuidmap : subids.newgidmap;
  const ranges = kind === "uid" ? subids.uids : subids.gids;
  const own = kind === "uid" ? facts.uid : facts.gid;
  mappings.forEach(({ hostID, size }, index) => {
    if (!isGranted(hostID, size, ranges, own))
      issues.invalid(
        pointerTo(from, index),
        `the host's ${kind}s ${hostID} to ${hostID + size - 1} are not this caller's: they must be in /etc/sub${kind}`,
      );
  });
  if (program === undefined) {
    issues.unsupported(from, `an unprivileged caller needs new${kind}map(1) for this map, and it is not installed`);
    return;
  }
  const helper = `new${kind}map`;
  draft.add({ op: "open-exec", phase: "host", at: roots.host(), path: program, resolve: 0, out: helper, from });
  draft.add({
    op: "spawn-idmap",
    phase: "parent",
    proc: "proc",
    process,
    helper,
    map: mapText(mappings),
    gid: kind === "gid" ? 1 : 0,
    from,
  });
}

function isGranted(start: number, size: number, ranges: readonly IdRange[], own: number): boolean {
  if (size === 1 && start === own) return true;
  return ranges.some((range) => start >= range.start && start + size <= range.start + range.length);
}
