// From a bundle to its plan: the same for every verb that plans one, so that `plan` and `audit` show what `run` would do.
import type { Config } from "@coffer/spec";
import type { Subject } from "../../exposure/index.ts";
import type { HostFacts } from "../../host/facts.ts";
import { probeHost } from "../../host/probe.ts";
import type { CgroupManager, PlanCreateOptions } from "../../plan/index.ts";
import { asksResctrl, criuConfigOf, hostPathsOf, planCreate, planLater, withLockedMounts } from "../../plan/index.ts";
import type { Plan } from "../../wire/op.ts";
import type { ContainerOptions } from "../options.ts";
import { followsLinks, rootOf } from "../policy/guard.ts";
import type { Runtime } from "../runtime.ts";
import type { Bundle } from "./bundle.ts";

/** Options of a verb that change the plan of a bundle. */
export type BundlePlanOptions = Pick<ContainerOptions, "id" | "cgroupManager" | "init" | "lockMounts">;

/** Rules for devices need a cgroup: a caller that turns cgroups off, as `podman --cgroups=disabled` does, has none. */
function withoutDeviceRules(config: Config): Config {
  const { linux } = config;
  if (linux?.resources === undefined) return config;
  const { devices: _devices, ...resources } = linux.resources;
  return { ...config, linux: { ...linux, resources } };
}

/** The bundle with what the options change in its config. */
export function bundleAs(bundle: Bundle, { cgroupManager, lockMounts }: Omit<BundlePlanOptions, "id">): Bundle {
  const locked = lockMounts === true ? withLockedMounts(bundle.config) : bundle.config;
  return { ...bundle, config: cgroupManager === "none" ? withoutDeviceRules(locked) : locked };
}

/** The facts that a config's plan needs. */
export function factsFor(runtime: Runtime, config: Config, bundle: string, manager?: CgroupManager): HostFacts {
  const resctrl = asksResctrl(config) ? (config.linux?.intelRdt?.closID ?? "") : undefined;
  return probeHost(runtime.system, { paths: hostPathsOf(config, bundle), resctrl, systemd: manager === "systemd" });
}

/** What bundle and options say of a plan. */
export function planOptions(
  runtime: Runtime,
  { path, warnings }: Bundle,
  { id, cgroupManager, init }: BundlePlanOptions,
): PlanCreateOptions {
  return {
    id,
    bundle: path,
    warnings,
    sourceLinks: followsLinks(runtime),
    ...(cgroupManager === undefined ? {} : { cgroupManager }),
    ...(init === true ? { init: true } : {}),
  };
}

/**
 * Plans a bundle that `bundleAs` gave. `launch`: what only a launch knows.
 *
 * @throws {CofferError} E_CONFIG_INVALID, E_UNSUPPORTED, E_HOST_UNSUPPORTED
 */
export function planBundleAs(
  runtime: Runtime,
  bundle: Bundle,
  facts: HostFacts,
  options: BundlePlanOptions,
  launch: Partial<PlanCreateOptions> = {},
): Plan {
  const asked = { ...planOptions(runtime, bundle, options), ...launch, ...rootOf(runtime, bundle.rootfs) };
  return planCreate(bundle.config, facts, asked);
}

/** What a policy and an audit look at beside the plan: what the container brings later. */
export function laterOf({ config, path }: Bundle, id: string, gate: boolean): Pick<Subject, "later" | "criuConfig"> {
  return { later: planLater(config, id, path, gate), criuConfig: criuConfigOf(config) };
}
