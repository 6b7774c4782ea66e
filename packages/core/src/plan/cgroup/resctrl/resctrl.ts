import type { Config } from "@coffer/spec";
import { quote } from "../../../errors.ts";
import type { HostFacts } from "../../../host/facts.ts";
import { joinPath } from "../../../paths.ts";
import type { SlotName } from "../../../wire/op.ts";
import type { Context, Draft, Issues } from "../../draft/draft.ts";
import type { ResctrlPlace } from "../../draft/options.ts";
import type { Roots } from "../../draft/roots.ts";
import { differingLine } from "./schema.ts";

const pointer = "/linux/intelRdt";
/** The version that ops of cgroups have for resctrl(5), a file system of its own kind of control groups. */
const resctrlVersion = 3;

/** A line for the file `schemata`, and the field that asks for it. */
interface SchemaLine {
  readonly line: string;
  readonly from: string;
}

function schemaLines({ linux }: Config): readonly SchemaLine[] {
  const { l3CacheSchema = "", memBwSchema = "", schemata = [] } = linux?.intelRdt ?? {};
  const all = [
    { line: l3CacheSchema, from: `${pointer}/l3CacheSchema` },
    { line: memBwSchema, from: `${pointer}/memBwSchema` },
    ...schemata.map((line, index) => ({ line, from: `${pointer}/schemata/${index}` })),
  ];
  return all.filter(({ line }) => line !== "");
}

/** Whether the config asks for a group: engines write an empty object that asks for none. */
export function asksResctrl({ linux }: Config): boolean {
  return Object.values(linux?.intelRdt ?? {}).some((value) =>
    Array.isArray(value) ? value.length > 0 : value !== "" && value !== false,
  );
}

/** Where the container's groups are; undefined where none is asked for or the host has none. */
export function placeResctrl(config: Config, facts: HostFacts, id: string): ResctrlPlace | undefined {
  if (!asksResctrl(config) || facts.resctrl === undefined) return undefined;
  const { closID = "", enableMonitoring = false } = config.linux?.intelRdt ?? {};
  const group = closID === "" ? `/${id}` : closID === "/" ? "/" : `/${closID}`;
  return {
    mount: facts.resctrl.mount,
    group,
    own: closID === "",
    ...(enableMonitoring ? { monitor: joinPath(group, "mon_groups", id) } : {}),
  };
}

/** What keeps a group from being had, whatever its schemata. */
function checkGroup({ config, facts, issues }: Pick<Context, "config" | "facts" | "issues">): void {
  const { closID = "" } = config.linux?.intelRdt ?? {};
  if (facts.resctrl === undefined)
    issues.unsupported(
      pointer,
      "this host has no resctrl file system mounted: mount -t resctrl resctrl /sys/fs/resctrl",
    );
  if (closID !== "/" && (closID.includes("/") || closID === "." || closID === ".."))
    issues.invalid(`${pointer}/closID`, `${quote(closID)} is no name of a group`);
  for (const { line, from } of schemaLines(config))
    if (line.includes("\n")) issues.invalid(from, "has a newline in it: one line is one element of schemata");
}

/** A group that is there has to be as the config has it, since others may be in it. */
function checkSchemata(lines: readonly SchemaLine[], schemata: string, issues: Issues): void {
  for (const { line, from } of lines) {
    const found = differingLine(line, schemata);
    if (found !== undefined) issues.invalid(from, `differs from the group that is there: ${found}`);
  }
}

/** Makes or opens the groups and writes their schemata. What it gives is what init has to be put into. */
export function planResctrl(context: Context, roots: Roots, id: string): readonly SlotName[] {
  const { config, draft, facts, issues } = context;
  if (!asksResctrl(config)) return [];
  checkGroup(context);
  const place = placeResctrl(config, facts, id);
  if (place === undefined) return [];
  const root = openGroup(draft, roots, place, "/", "resctrl-root", pointer);
  const lines = schemaLines(config);
  const there = place.own ? undefined : facts.resctrl?.schemata;
  if (there !== undefined) checkSchemata(lines, there, issues);
  else if (!place.own && lines.length === 0)
    issues.invalid(`${pointer}/closID`, "names a group that is not there, and no schemata to make it with");
  const group = place.group === "/" ? root : planGroup(context, roots, place, root, there !== undefined);
  if (there === undefined)
    for (const { line, from } of lines)
      draft.add({ op: "write-cgroup", phase: "host", cgroup: group, file: "schemata", value: `${line}\n`, from });
  if (place.monitor === undefined) return [group];
  const from = `${pointer}/enableMonitoring`;
  const path = joinPath("mon_groups", id).slice(1);
  draft.add({ op: "make-cgroup", phase: "host", parent: group, path, exist: 0, out: "resctrl-monitor", from });
  return [group, "resctrl-monitor"];
}

function planGroup(
  { draft }: Context,
  roots: Roots,
  place: ResctrlPlace,
  parent: SlotName,
  isThere: boolean,
): SlotName {
  const out = "resctrl";
  const from = place.own ? pointer : `${pointer}/closID`;
  if (isThere) return openGroup(draft, roots, place, place.group, out, from);
  draft.add({ op: "make-cgroup", phase: "host", parent, path: place.group.slice(1), exist: 0, out, from });
  return out;
}

function openGroup(
  draft: Draft,
  roots: Roots,
  { mount }: ResctrlPlace,
  group: string,
  out: SlotName,
  from = "",
): SlotName {
  const path = joinPath(mount, group);
  draft.add({ op: "open-cgroup", phase: "host", at: roots.host(), path, version: resctrlVersion, out, from });
  return out;
}

/** Puts init into its groups: what it makes is in them as well. */
export function joinResctrl(draft: Draft, groups: readonly SlotName[], process: SlotName): void {
  for (const cgroup of groups)
    draft.add({ op: "join-cgroup", phase: "parent", cgroup, process, file: "tasks", from: pointer });
}

/** Opens the groups of a container that is there. */
export function openResctrl(draft: Draft, roots: Roots, place: ResctrlPlace | undefined): readonly SlotName[] {
  if (place === undefined) return [];
  const group = openGroup(draft, roots, place, place.group, "resctrl");
  const { monitor } = place;
  return monitor === undefined ? [group] : [group, openGroup(draft, roots, place, monitor, "resctrl-monitor")];
}

/** Removes the groups that were made for the container alone. */
export function removeResctrl(draft: Draft, roots: Roots, place: ResctrlPlace | undefined): void {
  const paths = [...(place?.monitor === undefined ? [] : [place.monitor]), ...(place?.own ? [place.group] : [])];
  if (place === undefined || paths.length === 0) return;
  const parent = openGroup(draft, roots, place, "/", "resctrl-root");
  for (const path of paths)
    draft.add({
      op: "remove-cgroup",
      phase: "host",
      flags: ["absent-ok"],
      parent,
      path: path.slice(1),
      timeoutMs: 1000,
      from: pointer,
    });
}

/** Changes the schemata of a container's group: each line is one resource. */
export function writeSchemata(draft: Draft, roots: Roots, place: ResctrlPlace, lines: readonly string[]): void {
  const cgroup = openGroup(draft, roots, place, place.group, "resctrl");
  for (const line of lines)
    draft.add({ op: "write-cgroup", phase: "host", cgroup, file: "schemata", value: `${line}\n`, from: pointer });
}
