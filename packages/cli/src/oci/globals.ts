import type { Flags, Values } from "./flags.ts";
import { UsageError } from "./flags.ts";

/** The flags before the verb: runc's, crun's `--cgroup-manager`, and `--policy`. */
export const globalFlags: Flags = {
  root: { kind: "text" },
  log: { kind: "text" },
  "log-format": { kind: "text" },
  "log-level": { kind: "text", ignored: true },
  debug: { kind: "boolean" },
  "systemd-cgroup": { kind: "boolean" },
  "cgroup-manager": { kind: "text" },
  policy: { kind: "text" },
  rootless: { kind: "text", ignored: true },
  criu: { kind: "text", ignored: true },
  help: { kind: "boolean", char: "h" },
  version: { kind: "boolean", char: "v" },
};

/** How an error is told. */
export interface LogOptions {
  readonly file: string | undefined;
  readonly format: "text" | "json";
  readonly debug: boolean;
}

/** What the flags before the verb said. */
export interface Globals {
  readonly root: string | undefined;
  readonly cgroupManager: "cgroupfs" | "systemd" | "none";
  /** The file that says what a plan may do; the verbs that make no process pass it over. */
  readonly policy: string | undefined;
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

/** Engines call from other directories: containerd's shim from the bundle, which must not choose its own policy. */
function readPolicyPath(values: Values): string | undefined {
  const path = values.text("policy");
  if (path !== undefined && !path.startsWith("/")) {
    throw new UsageError(`--policy must be an absolute path: ${JSON.stringify(path)}`);
  }
  return path;
}

/**
 * Reads the flags before the verb.
 *
 * @throws {UsageError} where they ask for what there is not
 */
export function readGlobals(values: Values): Globals {
  const format = values.text("log-format") ?? "text";
  if (format !== "text" && format !== "json") throw new UsageError(`invalid log-format: ${JSON.stringify(format)}`);
  const name = values.text("cgroup-manager") ?? (values.boolean("systemd-cgroup") ? "systemd" : "cgroupfs");
  const cgroupManager = Object.hasOwn(managers, name) ? managers[name] : undefined;
  if (cgroupManager === undefined) throw new UsageError(`invalid cgroup manager ${JSON.stringify(name)}`);
  return { root: values.text("root"), cgroupManager, policy: readPolicyPath(values) };
}
