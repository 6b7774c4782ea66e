// Maps in an option of a bind, as crun takes them: `idmap=uids=0-1000-10#10-2000-1;gids=@0-1-10`.
import type { Config, LinuxIdMapping } from "@coffer/spec";
import { hostId } from "./ids.ts";

const range = /^(@?)(\d{1,10})-(\d{1,10})-(\d{1,10})$/;

/** `@`: the second id is one of the container's user namespace. */
function readRange(text: string, own: readonly LinuxIdMapping[]): LinuxIdMapping | undefined {
  const [, relative, containerID, to, size] = range.exec(text) ?? [];
  const hostID = relative === "@" ? hostId(Number(to), own) : Number(to);
  if (containerID === undefined || hostID === undefined) return undefined;
  return { containerID: Number(containerID), hostID, size: Number(size) };
}

/** The maps of an option; undefined where they make no sense. */
export function readIdmapOption(
  text: string,
  linux: Config["linux"] = {},
): { readonly uidMappings?: readonly LinuxIdMapping[]; readonly gidMappings?: readonly LinuxIdMapping[] } | undefined {
  const maps = text.split(";").map((part) => {
    const [, key, ranges = ""] = /^(uid|gid)s=(.*)$/.exec(part) ?? [];
    if (key !== "uid" && key !== "gid") return undefined;
    const read = ranges.split("#").map((one) => readRange(one, linux[`${key}Mappings`] ?? []));
    const whole = read.filter((one) => one !== undefined);
    return whole.length < read.length ? undefined : ([`${key}Mappings`, whole] as const);
  });
  const known = maps.filter((map) => map !== undefined);
  return known.length < maps.length ? undefined : Object.fromEntries(known);
}
