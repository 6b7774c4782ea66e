// Relative sources of bind mounts: looked up beneath the bundle that is held, so that no name of the bundle is looked up again.
import { configInvalid, quote } from "../errors.ts";
import type { HostFacts } from "../host/facts.ts";
import { withParents } from "../paths.ts";
import type { HeldSource, PlanCreateOptions } from "../plan/index.ts";
import { relativeSourcesOf } from "../plan/index.ts";
import { optional, SystemError } from "../system/error.ts";
import type { LaunchInput, System } from "../system/port.ts";
import { whyUntrusted } from "../system/trust.ts";
import type { Bundle } from "./launch/bundle.ts";
import { followsLinks } from "./policy/guard.ts";
import type { Runtime } from "./runtime.ts";

type RelativeSource = ReturnType<typeof relativeSourcesOf>[number];

/** As many links as the kernel follows in one path: MAXSYMLINKS. */
const maxLinks = 40;

const partsOf = (path: string): readonly string[] => path.split("/").filter((part) => part !== "" && part !== ".");

interface Step {
  readonly at: HeldSource["at"];
  readonly parts: readonly string[];
}

/** Goes up; from the bundle itself to where its parent is now. */
function goUp({ at, parts }: Step, bundle: string): Step {
  if (parts.length > 0 || at === "host-root") return { at, parts: parts.slice(0, -1) };
  return { at: "host-root", parts: partsOf(bundle).slice(0, -1) };
}

/**
 * Follows the links of a source, beneath the bundle that is held. What it gives has no link: the launcher refuses one that
 * somebody puts there meanwhile.
 */
function followLinks({ stat, readLink }: System, { dir }: Bundle["held"], source: string): HeldSource {
  const names = [...partsOf(source)];
  let step: Step = { at: "bundle", parts: [] };
  let links = 0;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === "..") {
      step = goUp(step, dir.path);
      continue;
    }
    const parts: readonly string[] = [...step.parts, name];
    const path = `${step.at === "bundle" ? dir.at : ""}/${parts.join("/")}`;
    if (stat(path, { follow: false }).kind !== "link") {
      step = { ...step, parts };
      continue;
    }
    links += 1;
    if (links > maxLinks) throw new SystemError("open", path, "ELOOP");
    const target = readLink(path);
    if (target.startsWith("/")) step = { at: "host-root", parts: [] };
    names.unshift(...partsOf(target));
  }
  return { at: step.at, path: step.parts.join("/") || "." };
}

/** Where a source leads; undefined where that cannot be looked up, which the planner tells. */
function findSource(runtime: Runtime, bundle: Bundle, { source }: RelativeSource): HeldSource | undefined {
  // A policy that refuses links refuses those in the source as it is written.
  if (!followsLinks(runtime)) return source.split("/").includes("..") ? undefined : { at: "bundle", path: source };
  return optional(() => followLinks(runtime.system, bundle.held, source));
}

/**
 * Init of an ordinary caller looks the source up itself, by the bundle's path: only the launcher of a privileged one may clone
 * what is held. So nobody else may give a directory on that path to something else.
 */
function requireTrusted({ system }: Runtime, { held: { dir } }: Bundle, one: RelativeSource): void {
  for (const path of withParents(dir.path)) {
    const why = whyUntrusted(system, system.stat(path, { follow: false }));
    if (why === undefined) continue;
    const hint = "name the source by an absolute path, or move the bundle to where only you and root may write";
    const message = `${quote(one.path)}: ${path}, on the way to it, ${why}`;
    throw configInvalid("config", [{ pointer: one.pointer, message }], { hint });
  }
}

/** What the plan of a bundle gets of its relative sources, and the input that it needs for them. */
export function findSources(
  runtime: Runtime,
  bundle: Bundle,
  { privileged }: Pick<HostFacts, "privileged">,
): { readonly options: Pick<PlanCreateOptions, "sources">; readonly inputs: readonly LaunchInput[] } {
  const { fd, path } = bundle.held.dir;
  const found = relativeSourcesOf(bundle.config, bundle.path).flatMap((one): readonly [string, HeldSource][] => {
    const source = findSource(runtime, bundle, one);
    if (source === undefined) return [];
    if (source.at === "host-root" || privileged) return [[one.path, source]];
    requireTrusted(runtime, bundle, one);
    return [[one.path, { at: "host-root", path: `${path}/${source.path}` }]];
  });
  if (found.length === 0) return { options: {}, inputs: [] };
  return { options: { sources: Object.fromEntries(found) }, inputs: [{ name: "bundle", fd, known: path }] };
}
