import type { Config, LinuxNamespaceType } from "@coffer/spec";
import { anyPath } from "@coffer/spec";

/** The capabilities that Docker gives a container unless it is told otherwise. */
const dockerCapabilities = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_SYS_CHROOT",
  "CAP_MKNOD",
  "CAP_AUDIT_WRITE",
  "CAP_SETFCAP",
] as const;

interface WeakeningRow {
  /** What is given up. */
  readonly doc: string;
  readonly apply: (config: Config) => Config;
}

function without(type: LinuxNamespaceType): WeakeningRow["apply"] {
  return ({ linux, ...rest }) => {
    const namespaces = (linux?.namespaces ?? []).filter((entry) => entry.type !== type);
    return { ...rest, linux: { ...linux, namespaces } };
  };
}

const safe = ["rbind", "rprivate", "rnosuid", "rnodev", "rnoexec"];

/**
 * Shares a namespace with the host. A file system that shows it can then not be made in a user namespace: the host's own
 * stands in, or nothing where `options` are missing.
 */
function sharing(type: LinuxNamespaceType, path: string, options?: readonly string[]): WeakeningRow["apply"] {
  return (config) => {
    const shared = without(type)(config);
    if (!(shared.linux?.namespaces ?? []).some((entry) => entry.type === "user")) return shared;
    const mounts = (shared.mounts ?? []).flatMap((mount) => {
      if (mount.destination !== path) return [mount];
      if (options === undefined) return [];
      return [{ ...mount, type: "bind", source: anyPath.parse(path), options: [...safe, ...options] }];
    });
    return { ...shared, mounts };
  };
}

function asHostRoot(config: Config): Config {
  const { linux, ...rest } = without("user")(config);
  const { uidMappings: _uids, gidMappings: _gids, ...kept } = linux ?? {};
  const mounts = (rest.mounts ?? []).map(({ uidMappings: _u, gidMappings: _g, ...mount }) => mount);
  return { ...rest, mounts, linux: kept };
}

function withCapabilities({ process, ...rest }: Config): Config {
  const [bounding, effective, permitted] = [dockerCapabilities, dockerCapabilities, dockerCapabilities];
  if (process === undefined) return rest;
  return { ...rest, process: { ...process, capabilities: { bounding, effective, permitted } } };
}

function withNewPrivileges({ process, ...rest }: Config): Config {
  return process === undefined ? rest : { ...rest, process: { ...process, noNewPrivileges: false } };
}

function withoutSeccomp({ linux, ...rest }: Config): Config {
  const { seccomp: _seccomp, ...kept } = linux ?? {};
  return { ...rest, linux: kept };
}

function withoutMasks({ linux, ...rest }: Config): Config {
  return { ...rest, linux: { ...linux, maskedPaths: [], readonlyPaths: [] } };
}

/** What can be given up of the defaults of `spec` and `sandbox`, each by a flag of its own: `--unsafe-NAME`. */
const rows = {
  "host-root": { doc: "no user namespace: its root is root of the host", apply: asHostRoot },
  "host-network": { doc: "the host's network", apply: sharing("network", "/sys", ["rro"]) },
  "host-pid": { doc: "the host's processes", apply: sharing("pid", "/proc", []) },
  "host-ipc": { doc: "the host's shared memory and message queues", apply: sharing("ipc", "/dev/mqueue") },
  "no-seccomp": { doc: "no seccomp filter", apply: withoutSeccomp },
  "no-masks": { doc: "nothing of procfs and sysfs covered", apply: withoutMasks },
  "new-privileges": { doc: "set-user-id programs work", apply: withNewPrivileges },
  capabilities: { doc: "the fourteen capabilities that Docker gives", apply: withCapabilities },
} as const satisfies Readonly<Record<string, WeakeningRow>>;

/** A name of what can be given up. */
export type Weakening = keyof typeof rows;

/** Every name, with what is given up. */
export const weakenings: Readonly<Record<Weakening, string>> = {
  "host-root": rows["host-root"].doc,
  "host-network": rows["host-network"].doc,
  "host-pid": rows["host-pid"].doc,
  "host-ipc": rows["host-ipc"].doc,
  "no-seccomp": rows["no-seccomp"].doc,
  "no-masks": rows["no-masks"].doc,
  "new-privileges": rows["new-privileges"].doc,
  capabilities: rows.capabilities.doc,
};

/** Gives up what is named. Nothing else changes. */
export function weaken(config: Config, names: readonly Weakening[]): Config {
  return names.reduce((changed, name) => rows[name].apply(changed), config);
}
