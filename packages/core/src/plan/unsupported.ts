import type { Context } from "./draft.ts";
import { pointerTo } from "./paths.ts";

/** Whether a value asks for anything: engines write empty objects, lists, strings and zeros that do not. */
function asks(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === 0n || value === false)
    return false;
  if (Array.isArray(value)) return value.some(asks);
  return typeof value === "object" ? Object.values(value).some(asks) : true;
}

/** Tells every field that is not carried out yet, and of objects which part of them. */
export function checkUnsupported({ config, process, processPointer: at, facts, issues }: Context): void {
  const refuse = (pointer: string, value: unknown, reason: string): void => {
    if (asks(value)) issues.unsupported(pointer, reason);
  };
  const each = (pointer: string, value: Readonly<Record<string, unknown>> | undefined, reason: string): void => {
    for (const [name, part] of Object.entries(value ?? {})) refuse(pointerTo(pointer, name), part, reason);
  };
  const { linux } = config;
  each("/vm", config.vm, "this runtime makes no virtual machines");
  // "unconfined" asks for nothing where nothing confines.
  if (process.apparmorProfile !== "unconfined" || facts.lsm.includes("apparmor"))
    refuse(`${at}/apparmorProfile`, process.apparmorProfile, "AppArmor profiles are not carried out yet");
  refuse(`${at}/selinuxLabel`, process.selinuxLabel, "SELinux labels are not carried out yet");
  refuse("/linux/mountLabel", linux?.mountLabel, "SELinux labels are not carried out yet");
}
