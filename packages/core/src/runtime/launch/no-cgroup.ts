import { CofferError } from "../../errors.ts";

/** The error of a verb that works on a container's cgroup, for a container that has none. */
export function noCgroup(what: string): CofferError {
  const reason = `cannot ${what} a container that has no cgroup`;
  const field = { pointer: "/linux/cgroupsPath", reason };
  const hint = "have cgroups delegated (systemd-run --user --scope -p Delegate=yes), and create it there";
  return new CofferError("E_UNSUPPORTED", reason, { ...field, fields: [field] }, { hint });
}
