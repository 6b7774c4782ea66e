// Annotations that ask for properties of the container's unit. They may come from whoever names an image or a pod, so
// nothing of them reaches systemd but these few, each of its own type.
import { quote } from "../../../errors.ts";
import { pointerTo } from "../../../paths.ts";
import type { CgroupManager } from "../../draft/options.ts";
import type { PlaceContext } from "../place.ts";
import type { DbusProperty } from "./dbus.ts";

const prefix = "org.systemd.property.";
const maxSignal = 64;
const maxUsec = 0xffff_ffff_ffff_ffffn;

type Read = (value: string) => DbusProperty["value"] | undefined;

/** What engines write for containers whose program is an init system, in GVariant's words. */
const table: Readonly<Record<string, Read>> = {
  KillSignal: (value) => {
    const [, digits] = /^(?:int32 )?(\d{1,2})$/.exec(value) ?? [];
    const signal = Number(digits ?? 0);
    return signal > 0 && signal <= maxSignal ? { type: "i", value: signal } : undefined;
  },
  TimeoutStopUSec: (value) => {
    const [, digits] = /^uint64 (\d{1,20})$/.exec(value) ?? [];
    const time = digits === undefined ? undefined : BigInt(digits);
    return time !== undefined && time <= maxUsec ? { type: "t", value: time } : undefined;
  },
  Delegate: (value) => (value === "true" ? { type: "b", value: true } : undefined),
};

/** The properties that annotations ask for: any other than those is an error. Where systemd makes no unit all of them are ignored. */
export function readUnitAnnotations(
  { config, issues }: PlaceContext,
  manager: CgroupManager = "cgroupfs",
): readonly DbusProperty[] {
  return Object.entries(config.annotations ?? {}).flatMap(([key, text]) => {
    if (!key.startsWith(prefix)) return [];
    const at = pointerTo("/annotations", key);
    if (manager !== "systemd") {
      issues.warn(at, `is about a unit of systemd, and the cgroup manager is ${manager}: ignored`);
      return [];
    }
    const name = key.slice(prefix.length);
    const read = Object.hasOwn(table, name) ? table[name] : undefined;
    const value = read?.(text);
    if (read === undefined)
      issues.unsupported(at, `no annotation sets properties of a unit but ${Object.keys(table).join(", ")}`);
    else if (value === undefined) issues.invalid(at, `${quote(text)} is no value of ${name}`);
    return value === undefined ? [] : [{ name, value }];
  });
}
