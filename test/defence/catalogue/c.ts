// C. Masked paths, sources of mounts, devices.
import { tools } from "../../helpers/build.ts";
import { factsHold, isRefused, outputHolds } from "../matrix/seen.ts";
import type { Group, Row } from "../matrix/types.ts";
import { propagationRows } from "./propagation.ts";
import { ownDev, probes, raced, shown, tree, tried, userns, withCaps } from "./words.ts";

const without = (...kinds: readonly string[]) => ({
  "/linux/namespaces": ["pid", "network", "ipc", "uts", "mount", "cgroup", "user"]
    .filter((type) => !kinds.includes(type))
    .map((type) => ({ type })),
});

const isNull = outputHolds((stdout) => (/^\/dev\/null: device 1:3$/m.test(stdout) ? undefined : stdout));

/** Locking the mounts takes a last user namespace, in which `ip link` and `sethostname` are refused to the container. */
const capSysAdmin =
  "CAP_SYS_ADMIN in its user namespace is the right to change its mounts, and locking them would take away more; no default has it, and ids of its own bound what it reaches";

const masks: readonly Row[] = [
  {
    id: "runc CVE-2025-31133; youki CVE-2025-62161",
    cause: "paths are masked with the container's own /dev/null, which is a link",
    rules: ["R5"],
    by: [tree],
    show: tried({
      patch: { ...ownDev, ...probes("look", "/proc/timer_list") },
      before: "mkdir dev; ln -s /proc/version dev/null",
      observe: outputHolds((stdout) => (/: "Linux/.test(stdout) ? `the mask shows ${stdout.slice(0, 50)}` : undefined)),
    }),
    control: "the versions of Debian are older than the fix",
  },
  {
    id: "runc CVE-2025-31133: race",
    cause: "what is masked is exchanged meanwhile",
    rules: ["R5"],
    by: [tree],
    show: raced("a masked path"),
  },
  {
    id: "runc CVE-2025-52565",
    cause: "/dev/console is mounted by path, where a link is",
    rules: ["R5"],
    by: ["helper-c/init/world.c"],
    show: tried({
      patch: { ...ownDev, ...probes("look", "/dev/console"), "/process/terminal": true },
      before: "mkdir -p dev/pts; ln -s $PWD/canary/file dev/console; echo dev > dev/null",
      observe: async (stage) =>
        outputHolds((stdout) => (/"canary"/.test(stdout) ? "the console is CANARY" : undefined), {
          prefix: [tools(), "pty", "24x80", "--"],
        })(stage),
    }),
  },
  {
    id: "crun 1.29: /dev/null as a regular file",
    cause: "a device that cannot be made is silently a file; new one-call interfaces fail open (OPEN_TREE_NAMESPACE)",
    rules: ["R5", "R9"],
    by: ["packages/core/src/plan/devices.ts", tree],
    show: tried({
      patch: probes("look", "/dev/null"),
      observe: async (stage) => {
        const prefix = [tools(), "deny", "mknodat,open_tree", "38", "--"];
        return outputHolds((stdout) => (/device 1:3/.test(stdout) ? undefined : stdout), { prefix })(stage);
      },
    }),
  },
  {
    id: "crun 1.29.1: devices in a user namespace",
    cause: "the fallback to a bind loses nosuid and noexec",
    rules: ["R5"],
    by: ["packages/core/src/plan/devices.ts"],
    show: tried({
      patch: userns,
      observe: factsHold(({ mounts }) => {
        const devices = mounts?.filter((row) => /^\/dev\/(null|zero|full|random|urandom|tty)$/.test(row.point)) ?? [];
        const loose = devices.filter((row) => !/nosuid/.test(row.options) || !/noexec/.test(row.options));
        return loose.length === 0 ? undefined : `${loose[0]?.point} is ${loose[0]?.options}`;
      }),
    }),
  },
  {
    id: "devices: number and type",
    cause: "a node that is another device",
    rules: ["R5"],
    by: ["helper-c/sys/shared-ops.c"],
    show: tried({ patch: { ...userns, ...probes("look", "/dev/null") }, observe: isNull }),
  },
  {
    id: "crun 1.29: /sys; runc CVE-2023-25809",
    cause: "the fallback to a bind of the host's /sys loses ro",
    rules: ["R9"],
    by: ["packages/core/src/plan/mounts.ts"],
    show: tried({
      patch: { ...userns, ...without("network") },
      observe: factsHold(({ mounts }) => {
        const sys = mounts?.findLast((row) => row.point === "/sys");
        return sys !== undefined && !/^ro/.test(sys.options) ? `/sys is ${sys.options}` : undefined;
      }),
    }),
  },
  {
    id: "who may weaken mounts: masks",
    cause: "a container with CAP_SYS_ADMIN in its user namespace uncovers what is masked",
    rules: ["R3"],
    by: ["packages/core/src/plan/namespaces.ts"],
    show: tried({
      patch: { ...userns, ...withCaps("CAP_SYS_ADMIN"), ...probes("unmount", "/proc/timer_list") },
      observe: outputHolds((stdout) => (/^ok/.test(stdout) ? "the mask is taken off" : undefined)),
    }),
    let: capSysAdmin,
    control: "as with coffer",
  },
  {
    id: "who may weaken mounts: read-only binds",
    cause: "the same, of the read-only bind of a host directory",
    rules: ["R3"],
    by: ["packages/core/src/plan/bind.ts"],
    show: tried({
      patch: {
        ...userns,
        ...withCaps("CAP_SYS_ADMIN"),
        ...probes("remount-rw", "/mnt"),
        "/mounts/-": { destination: "/mnt", type: "bind", source: "$BASE/canary", options: ["bind", "ro"] },
      },
      observe: outputHolds((stdout) => (/^ok/.test(stdout) ? "read-only is taken off" : undefined)),
    }),
    let: capSysAdmin,
    control: "as with coffer",
  },
  {
    id: "masks without CAP_SYS_ADMIN",
    cause: "a mask is taken off, or a read-only path written to, with the default capabilities",
    rules: ["R3", "R9"],
    by: ["packages/core/src/plan/capabilities.ts"],
    show: tried({
      patch: probes("unmount", "/proc/timer_list"),
      observe: outputHolds((stdout) => (/^ok/.test(stdout) ? "the mask is taken off" : undefined)),
    }),
  },
  {
    id: "words of mounts (ro=rro, rrelatime …)",
    cause: "tables of flags drift",
    rules: ["R9"],
    by: ["packages/core/src/plan/mount-words.ts"],
    show: shown("test/conformance/rows.ts", "a recursively read-only bind"),
  },
  {
    id: "tmpfs or a file system that does not exist",
    cause: "what cannot be mounted is left out",
    rules: ["R9"],
    by: ["helper-c/sys/shared-ops.c"],
    show: tried({
      patch: { "/mounts/-": { destination: "/mnt", type: "nonesuchfs", source: "none" } },
      observe: isRefused(),
    }),
  },
];

export const groupC: Group = {
  letter: "C",
  title: "Masked paths, sources of mounts, devices",
  rows: [...masks, ...propagationRows],
};
