import type { Capabilities } from "@coffer/spec";
import { quote } from "../../errors.ts";
import { pointerTo } from "../../paths.ts";
import type { Context } from "../draft/draft.ts";

/** The names of linux/capability.h, by number. */
export const capabilityNames = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
] as const;

const numbers: ReadonlyMap<string, number> = new Map(capabilityNames.map((name, index) => [name, index]));

/** The five sets as masks. */
export interface CapabilitySets {
  readonly bounding: bigint;
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly inheritable: bigint;
  readonly ambient: bigint;
}

/** What is said of a name that is none: without its prefix it is unknown to runc and crun too. */
function describeUnknown(name: string): string {
  const meant = `CAP_${name.toUpperCase()}`;
  return `${quote(name)} is not a capability: ignored${numbers.has(meant) ? `. Did you mean ${meant}?` : ""}`;
}

/** The number of a capability, whose letters of ASCII may be small: toUpperCase() makes an S of U+017F. */
function numberOf(name: string): number | undefined {
  return numbers.get(name) ?? (/^[a-z_]+$/i.test(name) ? numbers.get(name.toUpperCase()) : undefined);
}

/** As many capabilities as one number takes. */
const half = 32;

/** What nobody knows gives nothing, and config.md wants a warning. */
function readSet({ issues, facts }: Context, given: readonly string[] | undefined, pointer: string): bigint {
  const names = given ?? [];
  let [low, high] = [0, 0];
  for (let index = 0; index < names.length; index++) {
    const name = names[index] ?? "";
    const number = numberOf(name);
    if (number === undefined) issues.warn(pointerTo(pointer, index), describeUnknown(name));
    else if (number > facts.lastCap)
      issues.warn(pointerTo(pointer, index), `this kernel does not know ${capabilityNames[number]}: ignored`);
    else if (number < half) low |= 1 << number;
    else high |= 1 << (number - half);
  }
  return BigInt(low >>> 0) | (BigInt(high >>> 0) << BigInt(half));
}

/** The names of a set. */
export function capabilitiesOf(mask: bigint): readonly string[] {
  return capabilityNames.filter((_, index) => ((mask >> BigInt(index)) & 1n) === 1n);
}

/** Reads and checks `/process/capabilities`; without them the process has none. */
export function readCapabilities(context: Context, capabilities: Capabilities | undefined): CapabilitySets {
  const pointer = `${context.processPointer}/capabilities`;
  const sets = {
    bounding: readSet(context, capabilities?.bounding, `${pointer}/bounding`),
    permitted: readSet(context, capabilities?.permitted, `${pointer}/permitted`),
    effective: readSet(context, capabilities?.effective, `${pointer}/effective`),
    inheritable: readSet(context, capabilities?.inheritable, `${pointer}/inheritable`),
    ambient: readSet(context, capabilities?.ambient, `${pointer}/ambient`),
  };
  const beyond = (part: keyof CapabilitySets, whole: keyof CapabilitySets): string | undefined => {
    const over = sets[part] & ~sets[whole];
    return over === 0n ? undefined : `has ${capabilitiesOf(over).join(", ")}, which ${whole} has not`;
  };
  const refuse = (part: keyof CapabilitySets, whole: keyof CapabilitySets): void => {
    const found = beyond(part, whole);
    if (found !== undefined) context.issues.invalid(`${pointer}/${part}`, found);
  };
  const tell = (part: keyof CapabilitySets, whole: keyof CapabilitySets, so: string): void => {
    const found = beyond(part, whole);
    if (found !== undefined) context.issues.warn(`${pointer}/${part}`, `${found}: ${so}`);
  };
  // What capset(2) refuses.
  refuse("effective", "permitted");
  refuse("inheritable", "bounding");
  tell("permitted", "bounding", "execve(2) takes it away");
  tell("inheritable", "permitted", "only programs with file capabilities can get it");
  // The kernel raises an ambient capability only where it is permitted and inheritable too. `runc spec` writes ambient
  // sets without inheritable ones since CVE-2022-29162, and runc and crun go on where nothing is raised.
  const { bounding, inheritable } = sets;
  const permitted = sets.permitted & bounding;
  return { ...sets, permitted, effective: sets.effective & permitted, ambient: sets.ambient & permitted & inheritable };
}
