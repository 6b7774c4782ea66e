import type { Config, LinuxNamespaceType } from "@coffer/spec";
import { anyPath } from "@coffer/spec";
import { capabilitiesOf } from "../plan/index.ts";
import { withOwnNamespaces } from "../seccomp/index.ts";
import type { Weakening } from "./weakenings.ts";

/** The capabilities that Docker gives a container by default, as /proc/PID/status shows them. */
const dockerNames = capabilitiesOf(0xa80425fbn);

type Apply = (config: Config) => Config;

function without(type: LinuxNamespaceType): Apply {
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
function sharing(type: LinuxNamespaceType, path: string, options?: readonly string[]): Apply {
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
  const [bounding, effective, permitted] = [dockerNames, dockerNames, dockerNames];
  if (process === undefined) return rest;
  return { ...rest, process: { ...process, capabilities: { bounding, effective, permitted } } };
}

function withNewPrivileges({ process, ...rest }: Config): Config {
  return process === undefined ? rest : { ...rest, process: { ...process, noNewPrivileges: false } };
}

function withUserNamespaces({ linux, ...rest }: Config): Config {
  if (linux?.seccomp === undefined) return { ...rest, linux };
  return { ...rest, linux: { ...linux, seccomp: withOwnNamespaces(linux.seccomp) } };
}

function withoutSeccomp({ linux, ...rest }: Config): Config {
  const { seccomp: _seccomp, ...kept } = linux ?? {};
  return { ...rest, linux: kept };
}

function withoutMasks({ linux, ...rest }: Config): Config {
  return { ...rest, linux: { ...linux, maskedPaths: [], readonlyPaths: [] } };
}

const apply: Readonly<Record<Weakening, Apply>> = {
  "host-root": asHostRoot,
  "host-network": sharing("network", "/sys", ["rro"]),
  "host-pid": sharing("pid", "/proc", []),
  "host-ipc": sharing("ipc", "/dev/mqueue"),
  "user-namespaces": withUserNamespaces,
  "no-seccomp": withoutSeccomp,
  "no-masks": withoutMasks,
  "new-privileges": withNewPrivileges,
  capabilities: withCapabilities,
};

/** Gives up what is named. Nothing else changes. */
export function weaken(config: Config, names: readonly Weakening[]): Config {
  return names.reduce((changed, name) => apply[name](changed), config);
}
