// From options to a verified image: everything that can be refused is refused here, before there is any effect.
import type { Config } from "@coffer/spec";
import { directoryOf } from "../../cgroup/files.ts";
import type { HostFacts } from "../../host/facts.ts";
import { probeHost } from "../../host/probe.ts";
import type { CgroupManager, CgroupPlace, CreateOptions } from "../../plan/draft/options.ts";
import {
  asksResctrl,
  cgroupPlaces,
  criuConfigOf,
  hostPathsOf,
  placeResctrl,
  planCreate,
  planLater,
  withLock,
} from "../../plan/index.ts";
import type { LaunchInput } from "../../system/port.ts";
import { findSources } from "../bundle-sources.ts";
import type { ContainerOptions } from "../options.ts";
import { followsLinks, placesOf, requireAllowed, rootOf } from "../policy/guard.ts";
import { tellWarnings } from "../policy/warnings.ts";
import type { Runtime } from "../runtime.ts";
import { readViewpoint } from "../store/identity.ts";
import type { ContainerRecord } from "../store/record.ts";
import { toRemembered } from "../store/record.ts";
import { checkUnused } from "../store/store.ts";
import type { Bundle } from "./bundle.ts";
import type { Image } from "./drive.ts";
import { makeImage } from "./drive.ts";
import { findExistingCgroups } from "./existing-cgroups.ts";
import { notifyOptions } from "./notify-socket.ts";
import { preservedInputs, processOptions } from "./process-options.ts";

/** A bundle, whose config asks for locked mounts where an option does. */
export function lockedIf(option: boolean | undefined, bundle: Bundle): Bundle {
  return option === true ? { ...bundle, config: withLock(bundle.config) } : bundle;
}

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
  options: ContainerOptions,
): ContainerRecord {
  const { system } = runtime;
  const { id, cgroupManager } = options;
  const resctrl = placeResctrl(bundle.config, facts, id);
  return {
    id,
    bundle: bundle.path,
    rootfs: bundle.rootfs,
    created: system.now(),
    uid: system.caller.uid,
    cgroups: cgroupPlaces(bundle.config, facts, id, cgroupManager),
    ...(resctrl === undefined ? {} : { resctrl }),
    viewpoint: readViewpoint(system),
    config: toRemembered(bundle.config),
  };
}

/** The facts that a config's plan needs. */
export function factsFor(runtime: Runtime, config: Config, bundle: string, manager?: CgroupManager): HostFacts {
  const resctrl = asksResctrl(config) ? (config.linux?.intelRdt?.closID ?? "") : undefined;
  return probeHost(runtime.system, { paths: hostPathsOf(config, bundle), resctrl, systemd: manager === "systemd" });
}

/** Rules for devices need a cgroup: a caller that turns cgroups off, as `podman --cgroups=disabled` does, has none. */
export function withoutDeviceRules(bundle: Bundle): Bundle {
  const { linux } = bundle.config;
  if (linux?.resources === undefined) return bundle;
  const { devices: _devices, ...resources } = linux.resources;
  return { ...bundle, config: { ...bundle.config, linux: { ...linux, resources } } };
}

/**
 * Plans a container, has the plan verified, and holds it and what the container brings later against the policy. Nothing is
 * changed.
 */
export function prepare(
  runtime: Runtime,
  given: Bundle,
  options: ContainerOptions,
  how: Pick<CreateOptions, "gate" | "detach" | "dieWithParent" | "keepCgroups">,
): Prepared {
  const read = lockedIf(options.lockMounts, given);
  const prepared = prepareUnchecked(runtime, read, options, how);
  const { image, inputs } = prepared;
  const later = planLater(read.config, options.id, read.path, how.gate === true);
  requireAllowed(runtime, { ...image, later, criuConfig: criuConfigOf(read.config), ...placesOf(inputs) });
  tellWarnings(runtime, image.plan, "config");
  return prepared;
}

function prepareUnchecked(
  runtime: Runtime,
  read: Bundle,
  options: ContainerOptions,
  how: Pick<CreateOptions, "gate" | "detach" | "dieWithParent" | "keepCgroups">,
): Prepared {
  const { id, cgroupManager } = options;
  checkUnused(runtime, id);
  const bundle = cgroupManager === "none" ? withoutDeviceRules(read) : read;
  const facts = factsFor(runtime, bundle.config, bundle.path, cgroupManager);
  const sources = findSources(runtime, bundle, facts);
  const process = processOptions(runtime, bundle.config.process, { ...options, detach: how.detach ?? false });
  const places = cgroupPlaces(bundle.config, facts, id, cgroupManager);
  const existing = findExistingCgroups(runtime, places);
  const plan = planCreate(bundle.config, facts, {
    ...process,
    ...how,
    ...(cgroupManager === undefined ? {} : { cgroupManager }),
    ...(options.init === true ? { init: true } : {}),
    ...(options.notifySocket === undefined
      ? {}
      : { notify: notifyOptions(runtime, id, options.notifySocket, options.isNotifyStale) }),
    id,
    bundle: bundle.path,
    warnings: bundle.warnings,
    state: true,
    ...(options.noPivot ? { noPivot: true } : {}),
    existingCgroups: existing.map(directoryOf),
    sourceLinks: followsLinks(runtime),
    ...sources.options,
    ...rootOf(runtime, bundle.rootfs),
  });
  const inputs: readonly LaunchInput[] = [rootInput(bundle), ...sources.inputs, ...preservedInputs(runtime, options)];
  const needed = new Set(plan.inputs.map((input) => input.name));
  return {
    image: makeImage(plan),
    record: recordOf(runtime, bundle, facts, options),
    inputs: inputs.filter((input) => needed.has(input.name)),
    existing,
  };
}
