// The plans that are changed: containers of several kinds, each with the probe as its program.
import { basename } from "node:path";
import type { PlanCreateOptions } from "../../packages/core/src/plan/draft/options.ts";
import type { Plan } from "../../packages/core/src/wire/op.ts";
import { baseConfig } from "../helpers/config.ts";
import type { Json } from "../helpers/json.ts";

type MakePlan = (config: Json, options: PlanCreateOptions) => Plan;

const program = ["/probe", "facts", "+inode", "/", "+hold", "-"];
const types = ["pid", "network", "ipc", "uts", "mount"];

/** Plans by their names. `user`: with a user namespace, as whoever has none of the host's rights makes them. */
export function basesOf(user: boolean, base: string, plan: MakePlan): Readonly<Record<string, Plan>> {
  const maps: Json = [{ containerID: 0, hostID: 65_536, size: 65_536 }];
  const namespaces = (...more: readonly string[]): Json =>
    [...types, ...(user ? ["user"] : []), ...more].map((type) => ({ type }));
  const ids = user ? { "/linux/uidMappings": maps, "/linux/gidMappings": maps } : {};
  const make = (name: string, patch: Readonly<Record<string, Json>>): Plan =>
    plan(
      baseConfig({
        "/process/args": program,
        "/process/env": [],
        "/linux/namespaces": namespaces(),
        "/linux/resources": {},
        "/linux/cgroupsPath": `/coffer-test/${basename(base)}-${name}`,
        ...ids,
        ...patch,
      }),
      { id: name, bundle: base, cgroupManager: user ? "none" : "cgroupfs", sourceLinks: false },
    );
  const bind = (name: string, ...options: readonly string[]): Json => {
    return { destination: `/${name}`, type: "bind", source: `${base}/${name}`, options: ["rbind", ...options] };
  };
  const limits: Json = { pids: { limit: 100 }, memory: { limit: 1 << 27 } };
  return {
    plain: make("plain", {}),
    binds: make("binds", { "/mounts/6": bind("vol", "rro", "rnosuid"), "/mounts/7": bind("data") }),
    bare: make("bare", { "/linux/maskedPaths": [], "/linux/readonlyPaths": [], "/process/noNewPrivileges": false }),
    parameters: make("parameters", {
      "/linux/sysctl": { "net.ipv4.ip_forward": "1" },
      "/linux/namespaces": namespaces("cgroup"),
    }),
    ...(user ? {} : { limits: make("limits", { "/linux/resources": limits }) }),
  };
}
