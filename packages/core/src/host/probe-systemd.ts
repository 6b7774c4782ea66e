// Which systemd can make cgroups for the caller, and where it is reached.
import { optional, readOr } from "../system/error.ts";
import type { System } from "../system/port.ts";
import type { CgroupFacts, SystemdFacts } from "./facts.ts";

const limit = 65536;

function kindOf(system: System, path: string): string | undefined {
  return optional(() => system.stat(path).kind);
}

function readWords(system: System, path: string): readonly string[] {
  return readOr([], () => system.readText(path, limit).trim().split(/\s+/).filter(Boolean));
}

/** The paths of an address such as `unix:path=/run/user/1000/bus,guid=…;…`, with `%20` for a blank. */
function socketsOf(address: string | undefined): readonly string[] {
  return (address ?? "").split(";").flatMap((one) => {
    const [, path] = /^unix:(?:[^,]*,)*path=([^,]+)/.exec(one) ?? [];
    return path === undefined
      ? []
      : [path.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))];
  });
}

/** The caller's id as the host has it: systemd names the cgroups of its users after that. */
function hostUid(system: System): number {
  const { uid } = system.caller;
  const numbers = readWords(system, "/proc/self/uid_map").map(Number);
  for (let at = 0; at + 2 < numbers.length; at += 3) {
    const [inside = 0, outside = 0, count = 0] = numbers.slice(at, at + 3);
    if (uid >= inside && uid < inside + count) return outside + uid - inside;
  }
  return uid;
}

interface Candidate {
  readonly user: boolean;
  readonly cgroup: string;
  readonly buses: readonly string[];
  readonly direct: string | undefined;
}

function systemManager({ caller }: System): Candidate {
  const buses = [...socketsOf(caller.env.DBUS_SYSTEM_BUS_ADDRESS), "/run/dbus/system_bus_socket"];
  return { user: false, cgroup: "/", buses, direct: caller.uid === 0 ? "/run/systemd/private" : undefined };
}

function userManager(system: System): Candidate {
  const { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: named = "" } = system.caller.env;
  const uid = hostUid(system);
  const directory = named.startsWith("/") ? named : `/run/user/${uid}`;
  return {
    user: true,
    cgroup: `/user.slice/user-${uid}.slice/user@${uid}.service`,
    buses: [...socketsOf(address), `${directory}/bus`],
    direct: `${directory}/systemd/private`,
  };
}

/**
 * Finds the systemd that makes cgroups for the caller: the host's for root, else that of the user. A bus is preferred, as
 * systemd's own socket is not for others; where there is no bus it is the way that systemctl goes.
 */
export function probeSystemd(
  system: System,
  initialUserns: boolean,
  { v2Root, v1Roots }: Pick<CgroupFacts, "v2Root" | "v1Roots">,
): SystemdFacts | undefined {
  const isRoot = system.caller.uid === 0 && initialUserns;
  const candidates = isRoot ? [systemManager(system)] : [userManager(system), systemManager(system)];
  const root = v2Root ?? v1Roots["name=systemd"];
  for (const { user, cgroup, buses, direct } of candidates) {
    if (root === undefined || kindOf(system, `${root}${cgroup}`) !== "directory") continue;
    if (!user && system.caller.uid !== 0) continue;
    const bus = buses.find((path) => kindOf(system, path) === "socket");
    const own = direct !== undefined && kindOf(system, direct) === "socket" ? direct : undefined;
    const socket = bus ?? own;
    if (socket === undefined) continue;
    const controllers = readWords(system, `${root}${cgroup}/cgroup.controllers`);
    return { socket, direct: bus === undefined, user, cgroup, controllers };
  }
  return undefined;
}
