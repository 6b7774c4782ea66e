import type { Values } from "./flags.ts";
import { UsageError } from "./flags.ts";

/** How an error is reported. */
export interface LogOptions {
  readonly file: string | undefined;
  readonly format: "text" | "json";
  readonly debug: boolean;
}

/** What the global flags said. */
export interface Globals {
  readonly root: string | undefined;
  /** Warnings about a config are errors. */
  readonly strict: boolean;
  readonly cgroupManager: "cgroupfs" | "systemd" | "none";
}

/** crun's names. */
const managers: Readonly<Record<string, Globals["cgroupManager"]>> = {
  cgroupfs: "cgroupfs",
  systemd: "systemd",
  disabled: "none",
};

/** How to tell errors, of which one may be that another flag is wrong. */
export function readLogOptions(values: Values): LogOptions {
  const format = values.text("log-format") === "json" ? "json" : "text";
  // logrus's `crun --log file:PATH`.
  const file = values.text("log")?.replace(/^file:/, "");
  return { file: file === "" ? undefined : file, format, debug: values.boolean("debug") };
}

/**
 * The policy of a call before the verb. Engines call from other directories: containerd's shim from the bundle, which
 * must not choose its own policy.
 *
 * @throws {UsageError} for a relative path
 */
export function readEnginePolicy(values: Values): string | undefined {
  const path = values.text("policy");
  if (path !== undefined && !path.startsWith("/"))
    throw new UsageError(`--policy must be an absolute path: ${JSON.stringify(path)}`);
  return path;
}

/**
 * Reads the global flags.
 *
 * @throws {UsageError} for a cgroup manager that does not exist
 */
export function readGlobals(values: Values): Globals {
  const name = values.text("cgroup-manager") ?? (values.boolean("systemd-cgroup") ? "systemd" : "cgroupfs");
  const cgroupManager = Object.hasOwn(managers, name) ? managers[name] : undefined;
  if (cgroupManager === undefined) throw new UsageError(`invalid cgroup manager ${JSON.stringify(name)}`);
  return { root: values.text("root"), strict: values.boolean("strict"), cgroupManager };
}
