import { CofferError } from "../../errors.ts";

/** The error of a verb that works on a container's cgroup, for a container that has none. */
export function noCgroup(what: string): CofferError {
  const reason = `cannot ${what} a container that has no cgroup`;
  const field = { pointer: "/linux/cgroupsPath", reason };
  return new CofferError("E_UNSUPPORTED", reason, { ...field, fields: [field] });
}
