// What a row of the corpus is, and what rows are made of.
import type { HostMode } from "../../helpers/host-modes.ts";
import type { Json, Patch } from "../../helpers/json.ts";
import type { RuntimeName } from "../../helpers/peers/runtimes.ts";

/** A config that is run under coffer, runc and crun: what differs from the default config. */
export type Row = {
  readonly title: string;
  readonly patch?: Patch;
  /** What the probe tells besides: `+stat PATH`, `+file PATH`, `+dir PATH`, as words. */
  readonly facts?: readonly string[];
  /** A shell script, run before in the private mount namespace with the test's directory as working directory. */
  readonly before?: string;
  readonly mode?: HostMode;
  /** Compared with these only, for a reason. */
  readonly peers?: readonly Exclude<RuntimeName, "coffer">[];
  /** Run on a terminal of this size. */
  readonly terminal?: string;
  /** Its standard streams: pipes, or files. Sockets without this. */
  readonly streams?: "pipes" | "files";
  /** The probe is run by `exec` with these flags, in a container whose first process sleeps. */
  readonly exec?: readonly string[];
  /** The titles of the rows that it is made of. */
  readonly of?: readonly string[];
};

/** A bind of the canary directory. */
export const bind = (destination: string, ...options: readonly string[]): Json => ({
  destination,
  type: "bind",
  source: "$BASE/canary",
  options: ["bind", ...options],
});

/** A bind of a file of the canary. */
export const fileBind = (destination: string, ...options: readonly string[]): Json => ({
  destination,
  type: "bind",
  source: "$BASE/canary/file",
  options: ["bind", ...options],
});

/** A tmpfs. */
export const tmpfs = (destination: string, ...options: readonly string[]): Json => ({
  destination,
  type: "tmpfs",
  source: "tmpfs",
  options,
});

/** The default namespaces without one. */
export const without = (type: string): Json =>
  ["pid", "network", "ipc", "uts", "mount", "cgroup"].filter((name) => name !== type).map((name) => ({ type: name }));

/** The default namespaces, one of them by path. */
export const withPath = (type: string, path: string): Json =>
  ["pid", "network", "ipc", "uts", "mount", "cgroup"].map((name) =>
    name === type ? { type: name, path } : { type: name },
  );

/** A root that can be written to. */
export const writable: Patch = { "/root/readonly": false };
/** One mapping of ids. */
export const maps = (containerID: number, hostID: number, size: number): Json => [{ containerID, hostID, size }];
/** A user namespace of its own. */
export const userns: Patch = {
  "/linux/namespaces/-": { type: "user" },
  "/linux/uidMappings": maps(0, 100000, 65536),
  "/linux/gidMappings": maps(0, 100000, 65536),
};
/** Capabilities that are asked for together. */
export const allCaps = ["CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SETUID", "CAP_MKNOD"];
/** A profile with one rule, that allows all else. */
export const seccomp = (
  action: string,
  names: readonly string[],
  more: { readonly [name: string]: Json } = {},
): Json => ({
  defaultAction: "SCMP_ACT_ALLOW",
  architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64"],
  syscalls: [{ names, action, ...more }],
});
