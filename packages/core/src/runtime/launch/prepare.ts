// From options to a verified image: everything that can be refused is refused here, before there is any effect.
import { directoryOf } from "../../cgroup/files.ts";
import type { HostFacts } from "../../host/facts.ts";
import type { CgroupPlace, PlanCreateOptions } from "../../plan/index.ts";
import { cgroupPlaces, placeResctrl } from "../../plan/index.ts";
import type { LaunchInput } from "../../system/port.ts";
import { findSources } from "../bundle-sources.ts";
import { planKept } from "../memo/kept-plan.ts";
import { keyOf, planOnce } from "../memo/plan-once.ts";
import type { ContainerOptions } from "../options.ts";
import { placesOf, requireAllowed } from "../policy/guard.ts";
import { tellWarnings } from "../policy/warnings.ts";
import type { Runtime } from "../runtime.ts";
import { readViewpoint } from "../store/identity.ts";
import type { ContainerRecord } from "../store/record.ts";
import { toRemembered } from "../store/record.ts";
import { checkUnused } from "../store/store.ts";
import type { Bundle } from "./bundle.ts";
import { findExistingCgroups } from "./existing-cgroups.ts";
import type { Image } from "./image.ts";
import { makeImageLater } from "./image.ts";
import { notifyOptions } from "./notify-socket.ts";
import { bundleAs, factsFor, laterOf, planBundleAs } from "./plan-bundle.ts";
import { passedInputs, processOptions } from "./process-options.ts";

/** The root directory, as an input of the launch. */
export function rootInput({ held: { root } }: Bundle): LaunchInput {
  return { name: "rootfs", fd: root.fd, known: root.path };
}

/** A container that is ready to be made. */
export interface Prepared {
  readonly image: Image;
  readonly record: ContainerRecord;
  readonly inputs: readonly LaunchInput[];
  /** Cgroups that were there already. */
  readonly existing: readonly CgroupPlace[];
}

/** What has to be known of a container later. */
export function recordOf(
  runtime: Runtime,
  bundle: Bundle,
  facts: HostFacts,
  id: string,
  cgroups: readonly CgroupPlace[],
): ContainerRecord {
  const { system } = runtime;
  const resctrl = placeResctrl(bundle.config, facts, id);
  return {
    id,
    bundle: bundle.path,
    rootfs: bundle.rootfs,
    created: system.now(),
    uid: system.caller.uid,
    cgroups,
    ...(resctrl === undefined ? {} : { resctrl }),
    viewpoint: readViewpoint(system),
    config: toRemembered(bundle.config),
  };
}

/** What a verb knows of a launch. */
export type Launching = Pick<PlanCreateOptions, "gate" | "detach" | "dieWithParent" | "keepCgroups" | "holdMs">;

/** What is known of a container before it is planned. */
export interface LaunchBasis {
  readonly facts: HostFacts;
  readonly sources: ReturnType<typeof findSources>;
  readonly cgroups: readonly CgroupPlace[];
  readonly existing: readonly CgroupPlace[];
  /** What only a launch knows. */
  readonly launch: Partial<PlanCreateOptions>;
}

/** Whether nothing can pivot out of the host's root: it is its own parent. */
function isRootInitramfs({ system }: Runtime): boolean {
  return [...system.readLines("/proc/self/mountinfo")].some((line) => /^(\d+) \1 /.test(line));
}

/** Looks at the host, and at what the options ask for, for a bundle that `bundleAs` gave. */
export function findBasis(runtime: Runtime, bundle: Bundle, options: ContainerOptions, how: Launching): LaunchBasis {
  const { id, cgroupManager } = options;
  const facts = factsFor(runtime, bundle.config, bundle.path, cgroupManager);
  const sources = findSources(runtime, bundle, facts);
  const process = processOptions(runtime, bundle.config.process, { ...options, detach: how.detach ?? false });
  const cgroups = cgroupPlaces(bundle.config, facts, id, cgroupManager);
  const existing = findExistingCgroups(runtime, cgroups);
  const launch = {
    ...process,
    ...how,
    ...(options.notifySocket === undefined
      ? {}
      : { notify: notifyOptions(runtime, id, options.notifySocket, options.isNotifyStale) }),
    state: true,
    ...(options.noPivot === true && isRootInitramfs(runtime) ? { noPivot: true } : {}),
    existingCgroups: existing.map(directoryOf),
    ...sources.options,
  };
  return { facts, sources, cgroups, existing, launch };
}

/** All that the plan of a run depends on but its id, as a text. */
export function keyOfRun(bundle: Bundle, { facts, launch }: LaunchBasis, options: ContainerOptions): string {
  const { config, path, warnings } = bundle;
  return keyOf(config, path, warnings, facts, options.cgroupManager, options.init, launch);
}

/**
 * Plans a container, and holds the plan and what the container brings later against the policy. Nothing is changed. The plan is
 * encoded and verified when the launcher has started.
 */
export function prepare(runtime: Runtime, given: Bundle, options: ContainerOptions, how: Launching): Prepared {
  const bundle = bundleAs(given, options);
  checkUnused(runtime, options.id);
  const prepared = prepareKnown(runtime, bundle, options, findBasis(runtime, bundle, options, how));
  tellWarnings(runtime, prepared.image.plan, "config");
  return prepared;
}

/** Plans, or takes the plan of a container that differs in its id alone. With a policy that says what a plan is, it is planned. */
function imageOf(runtime: Runtime, bundle: Bundle, options: ContainerOptions, basis: LaunchBasis): Image {
  const { facts, launch } = basis;
  const plan = (id: string): Image => makeImageLater(planBundleAs(runtime, bundle, facts, { ...options, id }, launch));
  if (runtime.guard !== undefined) return plan(options.id);
  if (options.anonymous !== true) return planKept(runtime, { bundle, options, basis, plan });
  return planOnce(keyOfRun(bundle, basis, options), options.id, () => plan(options.id));
}

/** `prepare` for what has been asked already; who calls it tells the warnings. */
export function prepareKnown(
  runtime: Runtime,
  bundle: Bundle,
  options: ContainerOptions,
  basis: LaunchBasis,
): Prepared {
  const { facts, sources, cgroups, existing, launch } = basis;
  const { id } = options;
  const image = imageOf(runtime, bundle, options, basis);
  const { plan, made = false } = image;
  const given: readonly LaunchInput[] = [rootInput(bundle), ...sources.inputs, ...passedInputs(launch)];
  const needed = new Set(plan.inputs.map((input) => input.name));
  const inputs = given.filter((input) => needed.has(input.name));
  requireAllowed(runtime, { plan, made, ...laterOf(bundle, id, launch.gate === true), ...placesOf(inputs) });
  return { image, record: recordOf(runtime, bundle, facts, id, cgroups), inputs, existing };
}
