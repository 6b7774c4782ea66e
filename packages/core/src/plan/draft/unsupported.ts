import { pointerTo } from "../../paths.ts";
import type { Context } from "./draft.ts";

/** Whether a value asks for anything: engines write empty objects, lists, strings and zeros that do not. */
function asks(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === 0n || value === false)
    return false;
  if (Array.isArray(value)) return value.some(asks);
  return typeof value === "object" ? Object.values(value).some(asks) : true;
}

/** Tells every field that is not carried out: as runc and crun it makes a container of Linux from the rest. */
export function checkUnsupported({ config, issues }: Pick<Context, "config" | "issues">): void {
  for (const [name, part] of Object.entries(config.vm ?? {}))
    if (asks(part)) issues.warn(pointerTo("/vm", name), "is ignored: this runtime makes no virtual machines");
}
