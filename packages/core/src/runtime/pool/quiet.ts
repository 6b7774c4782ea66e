// Which containers may be made long before their program begins: pure.
import type { Config, Mount } from "@coffer/spec";
import { foldDotDot, isBeneath } from "../../paths.ts";

/** Fields of `linux` that only one container can have, or that others hear of when it is made. */
const alone = ["cgroupsPath", "intelRdt", "netDevices"] as const;

/** File systems that are made for their container, or that have nothing that could be renamed. */
const ownTypes = new Set(["tmpfs", "proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2"]);

/** Whether a mount shows something of the host that a container can write: `ro` is not for what is mounted beneath the source. */
function isWritten({ type = "", options = [] }: Mount): boolean {
  const words = [type, ...options];
  if (!words.includes("bind") && !words.includes("rbind")) return !ownTypes.has(type);
  const closed = words.includes("rbind") ? ["rro"] : ["ro", "rro"];
  return options.includes("rw") || !closed.some((word) => options.includes(word));
}

/**
 * Whether something is mounted in what other containers can write: they could move it away, and put theirs in its place. What two
 * containers see of one upper directory of overlays is undefined, wherever mounts are.
 */
function hasMovable({ root, mounts = [], linux: { maskedPaths = [], readonlyPaths = [] } = {} }: Config): boolean {
  if (mounts.some(({ type }) => type === "overlay")) return true;
  const paths = [...mounts.map(({ destination }) => destination), ...maskedPaths, ...readonlyPaths].map(foldDotDot);
  if (root?.readonly !== true && paths.length > 0) return true;
  const written = mounts.filter(isWritten).map(({ destination }) => foldDotDot(destination));
  return paths.some((path) => written.some((dir) => path !== dir && isBeneath(path, dir)));
}

/** Whether nobody but its program notices when a container is made, and others can be made beside it. */
export function isQuiet(config: Config): boolean {
  const { hooks = {}, linux = {}, process } = config;
  const hasHooks = Object.values(hooks).some((list = []) => list.length > 0);
  const isAlone = alone.some((name) => linux[name] !== undefined);
  const isHeard = linux.seccomp?.listenerPath !== undefined || process?.terminal === true;
  return !hasHooks && !isAlone && !isHeard && !hasMovable(config);
}
