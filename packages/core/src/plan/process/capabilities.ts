import type { Capabilities } from "@coffer/spec";
import { quote } from "../../errors.ts";
import type { Context } from "../draft/draft.ts";
import { pointerTo } from "../draft/paths.ts";

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

function readSet(context: Context, names: readonly string[] | undefined, pointer: string): bigint {
  return (names ?? []).reduce((mask, name, index) => {
    const number = numbers.get(name);
    const here = pointerTo(pointer, index);
    if (number === undefined) context.issues.invalid(here, `${quote(name)} is not a capability`);
    else if (number > context.facts.lastCap) context.issues.invalid(here, `this kernel does not know ${name}`);
    else return mask | (1n << BigInt(number));
    return mask;
  }, 0n);
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
  const within = (part: keyof CapabilitySets, whole: bigint, name: string): void => {
    const over = sets[part] & ~whole;
    if (over !== 0n)
      context.issues.invalid(`${pointer}/${part}`, `has ${capabilitiesOf(over).join(", ")}, which ${name} has not`);
  };
  within("permitted", sets.bounding, "bounding");
  within("effective", sets.permitted, "permitted");
  within("inheritable", sets.permitted, "permitted");
  // The kernel raises an ambient capability only where it is permitted and inheritable too. `runc spec` writes ambient
  // sets without inheritable ones since CVE-2022-29162, and runc and crun go on where nothing is raised.
  return { ...sets, ambient: sets.ambient & sets.permitted & sets.inheritable };
}
