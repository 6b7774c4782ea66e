import type { LinuxResources } from "@coffer/spec";
import type { ConfigIssue } from "../../errors.ts";
import { quote } from "../../errors.ts";
import type { HostFacts } from "../../host/facts.ts";
import { joinPath } from "../../paths.ts";
import type { Plan } from "../../wire/op.ts";
import type { CurrentLimits, Limit } from "../cgroup/limits/limits.ts";
import { askedLimits } from "../cgroup/limits/limits.ts";
import { limitsHybrid, limitsV1 } from "../cgroup/limits/v1.ts";
import { limitsV2 } from "../cgroup/limits/v2.ts";
import { writeSchemata } from "../cgroup/resctrl/resctrl.ts";
import { enableControllers, writeLimits } from "../cgroup/steps.ts";
import { planScopeUpdate, planUnitUpdate } from "../cgroup/systemd/systemd.ts";
import { limitPropertiesV1 } from "../cgroup/systemd/unit-properties.ts";
import type { Draft, Issues } from "../draft/draft.ts";
import { createDraft, createIssues } from "../draft/draft.ts";
import type { CgroupPlace, ResctrlPlace } from "../draft/options.ts";
import type { Roots } from "../draft/roots.ts";
import { createRoots } from "../draft/roots.ts";

/** Options of `planUpdate`. */
export interface UpdateOptions {
  readonly resources: LinuxResources;
  /** What reading the resources has found odd: the plan has it among its warnings. */
  readonly warnings?: readonly ConfigIssue[];
  readonly facts: HostFacts;
  /** The container's cgroups, as its state directory has them. */
  readonly cgroups: readonly CgroupPlace[];
  readonly current: CurrentLimits;
  /** The container's config. */
  readonly config: { readonly ociVersion: string };
  /** Lines for the group of resctrl that the container is in. */
  readonly schemata?: { readonly place: ResctrlPlace; readonly lines: readonly string[] } | undefined;
}

interface Update {
  readonly draft: Draft;
  readonly roots: Roots;
  readonly issues: Issues;
  readonly facts: HostFacts;
}

/**
 * Changes the limits of a container. Device rules are left alone, as in runc: engines send them along unchanged.
 *
 * @throws {CofferError} E_CONFIG_INVALID, E_UNSUPPORTED
 */
export function planUpdate(options: UpdateOptions): Plan {
  const { resources, facts, cgroups, current, schemata, warnings, config } = options;
  const issues = createIssues(warnings);
  const draft = createDraft();
  const context = { facts, issues, current, config };
  const update = { draft, roots: createRoots(draft), issues, facts };
  if (cgroups.length === 0)
    for (const { pointer } of askedLimits(resources, { config }))
      issues.unsupported(pointer, "the container has no cgroup that could have limits");
  else if (facts.cgroup.mode === "v2") updateV2(update, cgroups, limitsV2(context, resources));
  else {
    updateV2(update, cgroups, limitsHybrid(context, resources));
    updateV1(update, cgroups, limitsV1(context, resources));
  }
  if (schemata !== undefined) writeSchemata(draft, update.roots, schemata.place, schemata.lines);
  issues.check("resources");
  return issues.tell(draft.finish("host"));
}

/** The container may have been made without the controllers: every cgroup above has to hand them down. */
function updateV2({ draft, roots, issues, facts }: Update, cgroups: readonly CgroupPlace[], limits: readonly Limit[]) {
  const place = cgroups.find(({ version }) => version === 2);
  if (place === undefined || limits.length === 0) return;
  const { base } = facts.cgroup;
  const unit = place.unit;
  const controllers = unit === undefined ? facts.cgroup.controllers : (facts.systemd?.controllers ?? []);
  const needed = limits.filter(({ controller }) => controller !== "");
  for (const [at, controller] of new Map(needed.map(({ from, controller: name }) => [from, name])))
    if (!controllers.includes(controller))
      issues.unsupported(
        at,
        `the requested cgroup controller \`${controller}\` is not available beneath ${quote(base)}`,
      );
  if (unit === undefined) enableControllers(draft, roots, { place, base, limits, phase: "host" });
  else planScopeUpdate(draft, roots, place, unit, limits);
  const path = joinPath(place.mount, place.path);
  draft.add({ op: "open-cgroup", phase: "host", at: roots.host(), path, version: 2, out: "cgroup" });
  writeLimits(draft, "cgroup", limits);
}

function updateV1({ draft, roots, issues }: Update, cgroups: readonly CgroupPlace[], limits: readonly Limit[]): void {
  const unit = cgroups.find((place) => place.unit !== undefined)?.unit;
  if (unit !== undefined) planUnitUpdate(draft, roots, unit, limitPropertiesV1(limits));
  cgroups
    .filter(({ version }) => version === 1)
    .forEach((place, index) => {
      const own = limits.filter(({ controller }) => place.controllers.includes(controller));
      if (own.length === 0) return;
      const out = `cgroup-${index}`;
      const path = joinPath(place.mount, place.path);
      draft.add({ op: "open-cgroup", phase: "host", at: roots.host(), path, version: 1, out });
      writeLimits(draft, out, own);
    });
  for (const [from, controller] of new Map(limits.map((limit) => [limit.from, limit.controller])))
    if (!cgroups.some(({ version, controllers }) => version === 1 && controllers.includes(controller)))
      issues.unsupported(from, `the container was made without a cgroup of the ${controller} controller`);
}
