import { existsSync, readFileSync } from "node:fs";
import type { SeccompProfile, SeccompSyscall } from "../../packages/core/src/seccomp/profile.ts";

const path = "/usr/share/containers/seccomp.json";

/** Why the engines' default profile cannot be read, or undefined. */
export const engineProfileMissing = existsSync(path)
  ? undefined
  : `${path} is missing: install golang-github-containers-common`;

/** When an entry of the engines' own format applies. */
interface Filter {
  readonly caps?: readonly string[];
  readonly arches?: readonly string[];
}

interface EngineEntry extends SeccompSyscall {
  readonly includes: Filter;
  readonly excludes: Filter;
}

interface EngineProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly archMap: readonly { readonly architecture: string; readonly subArchitectures: readonly string[] }[];
  readonly syscalls: readonly EngineEntry[];
}

/** The machine and rights the profile is resolved for. */
export interface Target {
  /** As the profile's `arches` says: amd64, arm64. */
  readonly goArch: string;
  readonly ociArch: string;
  readonly caps: readonly string[];
}

function applies(entry: EngineEntry, { goArch, caps }: Target): boolean {
  const { includes, excludes } = entry;
  if (includes.arches !== undefined && !includes.arches.includes(goArch)) return false;
  if (includes.caps !== undefined && !includes.caps.some((cap) => caps.includes(cap))) return false;
  if (excludes.arches?.includes(goArch)) return false;
  return !excludes.caps?.some((cap) => caps.includes(cap));
}

/** The containers/common default profile as an engine resolves it into the OCI config. */
export function readEngineProfile(target: Target): SeccompProfile {
  const profile: EngineProfile = JSON.parse(readFileSync(path, "utf8"));
  const own = profile.archMap.find((entry) => entry.architecture === target.ociArch);
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    architectures: [target.ociArch, ...(own?.subArchitectures ?? [])],
    syscalls: profile.syscalls
      .filter((entry) => applies(entry, target))
      .map(({ names, action, errnoRet, args }) => ({
        names,
        action,
        ...(errnoRet === undefined ? {} : { errnoRet }),
        ...(args === undefined || args === null ? {} : { args }),
      })),
  };
}
