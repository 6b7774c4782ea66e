// From options to a verified image: everything that can be refused is refused here, before there is any effect.
import type { Config } from "@coffer/spec";
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
import { preservedInputs, processOptions } from "./process-options.ts";

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
  /** Whoever makes the container reports what is odd in the config, when it has been planned. */
  readonly warns?: boolean;
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
    ...(options.noPivot ? { noPivot: true } : {}),
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
 * Prepares a container. With a policy, and for a strict caller, it is planned here: what is refused then changes nothing. Else it is
 * planned when the launcher has started.
 */
export function prepare(runtime: Runtime, given: Bundle, options: ContainerOptions, how: Launching): Prepared {
  const bundle = bundleAs(given, options);
  checkUnused(runtime, options.id);
  const prepared = prepareKnown(runtime, bundle, options, findBasis(runtime, bundle, options, how));
  if (isPlannedLate(runtime)) return { ...prepared, warns: true };
  tellWarnings(runtime, prepared.image.plan, "config");
  return prepared;
}

/** Whether nobody may refuse a plan that can be carried out. */
const isPlannedLate = ({ guard, strict }: Runtime): boolean => guard === undefined && strict !== true;

/** Whether the container has a network namespace of its own, which belongs to the launcher's user namespace. */
function makesNetns({ linux: { namespaces = [] } = {} }: Config): boolean {
  return (
    namespaces.some(({ type, path }) => type === "network" && path === undefined) &&
    namespaces.every(({ type }) => type !== "user")
  );
}

/** Plans, or takes the plan of a container that differs in its id alone. With a policy that says what a plan is, it is planned. */
function imageOf(runtime: Runtime, bundle: Bundle, options: ContainerOptions, basis: LaunchBasis): Image {
  const { facts, launch } = basis;
  const netns = makesNetns(bundle.config);
  const plan = (id: string): Image =>
    makeImageLater(() => planBundleAs(runtime, bundle, facts, { ...options, id }, launch), netns);
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
  const record = recordOf(runtime, bundle, facts, id, cgroups);
  const given: readonly LaunchInput[] = [rootInput(bundle), ...sources.inputs, ...preservedInputs(runtime, options)];
  // A plan need not ask for all of them.
  if (isPlannedLate(runtime)) return { image, record, inputs: given, existing };
  const { plan, made = false } = image;
  const needed = new Set(plan.inputs.map((input) => input.name));
  const inputs = given.filter((input) => needed.has(input.name));
  requireAllowed(runtime, { plan, made, ...laterOf(bundle, id, launch.gate === true), ...placesOf(inputs) });
  return { image, record, inputs, existing };
}
