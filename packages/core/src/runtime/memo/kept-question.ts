// Which plans of containers are kept, and of which question (decision 0054).
import type { Config, Mount } from "@coffer/spec";
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { encodeText } from "../../wire/utf8.ts";
import type { Bundle } from "../launch/bundle.ts";
import type { Image } from "../launch/image.ts";
import { asksModule } from "../launch/module-bundle.ts";
import type { LaunchBasis } from "../launch/prepare.ts";
import type { ContainerOptions } from "../options.ts";
import type { Runtime } from "../runtime.ts";
import type { KeptFile } from "../sandbox/known/store.ts";
import { openKeptFiles } from "../sandbox/known/store.ts";

/** What is planned. */
export interface Planning {
  readonly bundle: Bundle;
  readonly options: ContainerOptions;
  readonly basis: LaunchBasis;
  /** Plans it for an id. */
  readonly plan: (id: string) => Image;
}

/** A younger config is probably an engine's, which writes another one for each container. */
const leastAgeMs = 1000;

const plainTypes: ReadonlySet<string> = new Set([
  "proc",
  "sysfs",
  "tmpfs",
  "devpts",
  "mqueue",
  "cgroup",
  "cgroup2",
  "overlay",
  "bind",
  "rbind",
  "none",
]);

const isPlainMount = ({ type = "none" }: Mount): boolean => plainTypes.has(type);

/** Whether a plan has nothing of the config that may be a secret, but for words and variables of the program. */
function hasNoSecret({ hooks = {}, mounts = [], linux = {} }: Config): boolean {
  const isUnhooked = Object.values(hooks).every((list) => list === undefined || list.length === 0);
  return isUnhooked && linux.seccomp?.listenerPath === undefined && mounts.every(isPlainMount);
}

/** Whether the id is in the plan as it is, and the config is what its text says, without anything odd. */
function isUsual({ bundle, options, basis }: Planning): boolean {
  const { config, warnings } = bundle;
  const { launch, existing } = basis;
  const isUnnamed = launch.notify === undefined && existing.length === 0;
  const isAsRead = asksModule(config) === "no" && warnings.length === 0;
  return isUnnamed && options.cgroupManager !== "systemd" && isAsRead && hasNoSecret(config);
}

function isOld(system: System, file: string): boolean {
  const changed = optional(() => system.stat(file).modified);
  return changed !== undefined && Date.parse(system.now()) - changed >= leastAgeMs;
}

/** What an id looks like: ids of one shape are put into each other's plans. */
export const shapeOf = (id: string): string => id.replace(/[A-Za-z0-9]/g, "a");

/** All that the plan depends on, but for the id, of which it has the shape. The config is what its bytes and the options say. */
function questionOf({ bundle, options, basis }: Planning, config: string): object {
  const { facts, launch } = basis;
  return {
    config,
    bundle: bundle.path,
    facts: { ...facts, capabilities: `${facts.capabilities}` },
    manager: options.cgroupManager,
    lockMounts: options.lockMounts,
    init: options.init,
    launch,
    shape: shapeOf(options.id),
  };
}

/** Where the plan is kept; undefined where it is not. */
export function findFile({ system }: Runtime, planning: Planning): KeptFile | undefined {
  const { source } = planning.bundle;
  if (system.build === undefined || source === undefined || !isUsual(planning)) return undefined;
  if (!isOld(system, source.file)) return undefined;
  const files = openKeptFiles(system);
  // Its digest: a text in quotes would have to be escaped.
  const bytes = encodeText(source.text);
  const key = bytes && files.keyOf({ container: questionOf(planning, system.digest(bytes)) });
  return key === undefined ? undefined : files.file("container-", key);
}
