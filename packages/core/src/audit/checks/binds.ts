// What of the host is bound, and how it may be used.
import type { Exposure } from "../../exposure/index.ts";
import type { MountView } from "../../exposure/mounts.ts";
import { hasAttr, isReadonly } from "../../exposure/mounts.ts";
import { isBeneath } from "../../paths.ts";
import { attr, propagation } from "../../plan/index.ts";
import type { Check, Checks, Severity } from "../check.ts";
import { severities } from "../check.ts";
import type { SourceUse } from "./sources.ts";
import { findPlaces, sensitivePlaces } from "./sources.ts";

/** Binds of the host, without nodes of devices and terminals. */
function hostBinds({ tree }: Exposure): readonly (MountView & { readonly path: string })[] {
  return tree.mounts.flatMap((mount) => {
    const { type, source, device } = mount;
    return type === "bind" && source?.root === "host" && device === undefined ? [{ ...mount, path: source.path }] : [];
  });
}

function describe({ path, destination }: { readonly path: string; readonly destination: string }): string {
  return destination === "/" ? `${path} of the host is the root` : `${path} of the host is bound on ${destination}`;
}

/** Ids that nobody has write nothing of root's, unless the mount maps them. */
function usesOf({ isHostRoot }: Exposure, mount: MountView): readonly SourceUse[] {
  if (isReadonly(mount)) return ["read"];
  return isHostRoot || mount.idmapped ? ["read", "write", "root"] : ["read", "write"];
}

/** One check for each severity: the places are a table of their own. */
function sourceCheck(severity: Severity): Check {
  return {
    severity,
    class: "D Docker 2015-3627",
    why: "parts of the host that its programs trust, or that hold secrets, are in the container",
    fix: "bind only what the program needs, from a directory made for it, read-only (rro)",
    test: (exposure) =>
      hostBinds(exposure).flatMap((mount) => {
        const worst = findPlaces(mount.path, usesOf(exposure, mount)).toSorted(
          (a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity),
        )[0];
        if (worst?.severity !== severity) return [];
        return [{ at: mount.at, what: `${describe(mount)}, which shows ${worst.path}: ${worst.why}` }];
      }),
  };
}

function eachBind(of: (mount: MountView & { readonly path: string }) => string | undefined): Check["test"] {
  return (exposure) =>
    hostBinds(exposure)
      .filter(({ destination }) => destination !== "/")
      .flatMap((mount) => {
        const what = of(mount);
        return what === undefined ? [] : [{ at: mount.at, what: `${describe(mount)} ${what}` }];
      });
}

/** The severities that places have. */
const used = severities.filter((severity) => sensitivePlaces.some((place) => place.severity === severity));

export const bindChecks: Checks = {
  ...Object.fromEntries(used.map((severity) => [`bind-sensitive-${severity}`, sourceCheck(severity)])),
  "bind-through-links": {
    severity: "note",
    class: "A K8s 2017-1002101, 2021-25741",
    why: "whoever may change a directory above the source chooses what is bound",
    fix: "bind from directories that only root can change; a policy has sources opened without following links",
    test: eachBind(({ followsLinks }) => (followsLinks ? "with symbolic links followed" : undefined)),
  },
  "bind-writable": {
    severity: "note",
    class: "C read-only lost",
    why: "the container writes files of the host",
    fix: "add rro to the mount's options, unless it has to write",
    test: eachBind((mount) => (isReadonly(mount) ? undefined : "and can be written")),
  },
  "bind-guards-what-exists": {
    severity: "low",
    class: "D Docker 2015-3627",
    why: "programs of the host obey files that the container can make there, such as .git/commondir, .envrc or .vscode",
    fix: "add --fence to a sandbox, or do not let the container write the tree; otherwise look at the files that the sandbox reports at its end before you use the tree",
    test: (exposure) =>
      hostBinds(exposure).flatMap((mount) => {
        const { destination, at } = mount;
        const isGuarded = exposure.tree.guarded.some((path) => path !== destination && isBeneath(path, destination));
        const isSupervised = exposure.supervised.some((path) => isBeneath(path, destination));
        if (isReadonly(mount) || !isGuarded || isSupervised) return [];
        return [
          { at, what: `${describe(mount)} and can be written, and a guarded name is protected only if it exists` },
        ];
      }),
  },
  "bind-readonly-top": {
    severity: "low",
    class: "C read-only lost",
    why: "ro is about the mount itself; what is mounted beneath the source stays writable",
    fix: "write rro instead of ro",
    test: eachBind((mount) => {
      const topOnly = mount.recursive && (mount.own & attr.readonly) !== 0 && !isReadonly(mount);
      return topOnly ? "read-only, but not what is mounted in it" : undefined;
    }),
  },
  "bind-devices": {
    severity: "low",
    class: "C device nodes",
    why: "nodes of devices in the bound directory work",
    fix: "add rnodev to the mount's options",
    test: eachBind((mount) => (hasAttr(mount, attr.nodev) ? undefined : "without nodev")),
  },
  "bind-set-user-id": {
    severity: "low",
    class: "F no_new_privs",
    why: "a set-user-id program that the container leaves there gives its rights to whoever runs it on the host, and one that is there to the container",
    fix: "add rnosuid to the mount's options",
    test: eachBind((mount) => (hasAttr(mount, attr.nosuid) ? undefined : "without nosuid")),
  },
  "bind-shared": {
    severity: "high",
    class: "C propagation leaks",
    why: "what is mounted beneath it in the container appears on the host, and the other way round",
    fix: "add rslave to the mount's options instead of rshared",
    test: eachBind((mount) => (mount.isPeer ? "as a peer" : undefined)),
  },
  "bind-receives-mounts": {
    severity: "note",
    class: "C propagation leaks",
    why: "what is later mounted beneath the source on the host appears in the container",
    fix: "add rprivate to the mount's options",
    test: eachBind((mount) => (mount.propagation === propagation.slave ? "as a slave" : undefined)),
  },
};
