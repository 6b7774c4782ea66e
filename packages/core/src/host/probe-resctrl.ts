// What is known of resctrl(5), by which caches and memory bandwidth are shared out.
import { optional } from "../system/error.ts";
import type { System } from "../system/port.ts";
import type { HostFacts } from "./facts.ts";
import { readMountinfo } from "./mountinfo.ts";

const name = /^[^/]+$/;

/** The schemata of a group; undefined when there is no such group. */
function readSchemata(system: System, mount: string, group: string): string | undefined {
  if (group !== "/" && (!name.test(group) || group === "." || group === "..")) return undefined;
  return optional(() => system.readText(`${mount}/${group === "/" ? "" : `${group}/`}schemata`, 65536));
}

/** Looks for resctrl, and for a group in it (`/`: the default one; empty: none is asked for). */
export function probeResctrl(system: System, group: string): HostFacts["resctrl"] {
  const [mount] = readMountinfo(system, "self", ({ type, point }) => (type === "resctrl" ? point : undefined));
  if (mount === undefined) return undefined;
  const schemata = group === "" ? undefined : readSchemata(system, mount, group);
  return { mount, ...(schemata === undefined ? {} : { schemata }) };
}
