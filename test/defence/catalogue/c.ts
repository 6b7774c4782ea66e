// C. Masked paths, sources of mounts, devices.
import { existsSync } from "node:fs";
import { tools } from "../../helpers/build.ts";
import type { Patch } from "../../helpers/json.ts";
import { factsHold, isRefused, outputHolds, whileRunning } from "../matrix/seen.ts";
import type { Attempt, Group, Row } from "../matrix/types.ts";
import { propagationRows } from "./propagation.ts";
import { bindAt, ownDev, paths, probes, raced, shown, sleeper, tree, tried, userns, withCaps } from "./words.ts";

const without = (...kinds: readonly string[]) => ({
  "/linux/namespaces": ["pid", "network", "ipc", "uts", "mount", "cgroup", "user"]
    .filter((type) => !kinds.includes(type))
    .map((type) => ({ type })),
});

const defaultDevices = [
  ["/dev/null", "1:3"],
  ["/dev/zero", "1:5"],
  ["/dev/full", "1:7"],
  ["/dev/random", "1:8"],
  ["/dev/urandom", "1:9"],
  ["/dev/tty", "5:0"],
] as const;

/** What open(2) gives for a device that a filter denies. */
const eperm = -1;

const areDevices = outputHolds((stdout) => {
  const other = defaultDevices.find(([path, number]) => !stdout.includes(`${path}: device ${number}\n`));
  return other === undefined ? undefined : `${other[0]} is another: ${stdout}`;
});

const lookAtDevices = probes("look", ...defaultDevices.map(([path]) => path));

/** The console is a terminal, whatever the image has there. */
const isTerminal: Attempt["observe"] = async (stage) =>
  outputHolds(
    (stdout) => (/^\/dev\/console: device 136:\d+\r?$/m.test(stdout) ? undefined : `no terminal: ${stdout}`),
    {
      prefix: [tools(), "pty", "24x80", "--"],
    },
  )(stage);

/** A further clone of a tree is refused: the first is of the root. */
const withoutClones = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=open_tree:error=ENOSYS:when=2+"];

/** What each mount of the default config must have, whatever a fallback has made of it. */
const wantedFlags: Readonly<Record<string, readonly string[]>> = {
  "/": ["ro"],
  "/dev": ["nosuid"],
  "/dev/pts": ["nosuid", "noexec"],
  "/dev/shm": ["nosuid", "noexec", "nodev"],
  "/dev/mqueue": ["nosuid", "noexec", "nodev"],
  "/sys": ["ro", "nosuid", "noexec", "nodev"],
  "/proc/sys": ["ro"],
};

const flagsAreKept: Attempt["observe"] = factsHold(({ mounts }) => {
  const lost = Object.entries(wantedFlags).flatMap(([point, flags]) => {
    const row = mounts?.findLast((mount) => mount.point === point);
    const missing = flags.filter((flag) => row?.options.split(",").includes(flag) !== true);
    return missing.length === 0 ? [] : [`${point} is not ${missing.join()}`];
  });
  return lost[0];
});

/** Each of them hides something that this kernel has. */
const maskedHere = [
  "/proc/acpi",
  "/proc/kcore",
  "/proc/keys",
  "/proc/timer_list",
  "/proc/scsi",
  "/sys/firmware",
].filter(existsSync);

const areMasked = outputHolds((stdout) => {
  const open = stdout.split("\n").find((line) => line !== "" && !/: ?$|: ""$|: device 1:3$/.test(line));
  return open === undefined ? undefined : `shows ${open.slice(0, 60)}`;
});

/** A container that may change its mounts, and is asked to be locked; the others pass over the annotation. */
const lockable: Patch = {
  ...userns,
  ...withCaps("CAP_SYS_ADMIN"),
  "/annotations": { "coffer.lock-mounts": "true" },
  "/mounts/-": { destination: "/mnt", type: "bind", source: "$BASE/canary", options: ["bind", "ro"] },
};

const lock = ["packages/core/src/plan/tree/locked-mounts.ts", "helper-c/init/world.c"];
const unlocked = "mounts are the container's own, and it has CAP_SYS_ADMIN; coffer without `--lock-mounts` is the same";
const weaken = ["weaken", "/proc/timer_list", "/mnt"];

/** What was taken off, of what the probe has tried; that it has tried all is a matter of its lines. */
const noneTakenOff =
  (about: RegExp) =>
  (stdout: string): string | undefined => {
    const lines = stdout.trimEnd().split("\n");
    if (lines.length < 42) return `only ${lines.length} ways were tried`;
    return lines.find((line) => about.test(line) && line.endsWith(": ok"));
  };

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
    cause: "/dev/console is mounted from a path, /dev/pts/0, where the image has a link",
    rules: ["R5"],
    by: ["helper-c/init/world.c", "packages/core/src/plan/process/terminal.ts"],
    show: tried({
      // The image's /dev comes last, and covers the devpts.
      patch: {
        "/mounts/1": {
          destination: "/dev/pts",
          type: "devpts",
          source: "devpts",
          options: ["newinstance", "mode=0620"],
        },
        "/mounts/2": bindAt("/dev", "$BASE/dev"),
        ...probes("look", "/dev/console"),
        "/process/terminal": true,
      },
      before: "mkdir -p dev/pts; ln -s /proc/version dev/pts/0; touch dev/console; echo dev > dev/null",
      observe: isTerminal,
    }),
  },
  {
    id: "runc: os.Create on /dev/console",
    cause: "what the image has on /dev/console is truncated, or followed if it is a link",
    rules: ["R2", "R3"],
    by: [paths, "helper-c/init/world.c"],
    show: tried({
      patch: { "/mounts/1": bindAt("/dev", "$BASE/dev"), ...probes("look", "/dev/console"), "/process/terminal": true },
      before: "mkdir -p dev/pts; ln -s $PWD/canary/file dev/console; echo dev > dev/null",
      observe: isTerminal,
    }),
  },
  {
    id: "crun 1.29: /dev/null as a regular file",
    cause: "a device that cannot be made is silently a file; new one-call interfaces fail open (OPEN_TREE_NAMESPACE)",
    rules: ["R5", "R9"],
    by: ["packages/core/src/plan/tree/devices/devices.ts", tree],
    show: tried({
      because: /make-node "\/dev\/null": .*ENOSYS/,
      patch: lookAtDevices,
      observe: async (stage) =>
        outputHolds((stdout) => `it runs: ${stdout}`, { prefix: [tools(), "deny", "mknodat", "38", "--"] })(stage),
    }),
  },
  {
    id: "crun 1.29: /dev/null in a user namespace",
    cause: "the same, where a device can only be bound",
    rules: ["R5", "R9"],
    by: ["packages/core/src/plan/tree/devices/devices.ts", tree],
    show: tried({
      because: /clone-tree.*ENOSYS/,
      patch: { ...userns, ...lookAtDevices },
      observe: isRefused({ prefix: withoutClones }),
      without: { runc: "uses no open_tree", crun: "uses no open_tree" },
    }),
  },
  {
    id: "crun 1.29.1: devices in a user namespace",
    cause: "the fallback to a bind loses nosuid and noexec",
    rules: ["R5"],
    by: ["packages/core/src/plan/tree/devices/devices.ts"],
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
    id: "devices: no rule",
    cause: "a config without rules for devices has no device filter: every device of the host may be used",
    rules: ["R12"],
    by: ["packages/core/src/plan/cgroup/device-rules.ts"],
    show: tried({
      patch: {
        "/linux/resources": undefined,
        "/linux/devices": [{ path: "/dev/other", type: "c", major: 10, minor: 229, fileMode: 0o666 }],
        "/process/args": ["/probe", "facts", "+open", "/dev/other"],
      },
      observe: factsHold(({ extra }) =>
        extra["open /dev/other"] === eperm ? undefined : `open(2) says ${JSON.stringify(extra)}`,
      ),
    }),
  },
  {
    id: "devices: number and type",
    cause: "a node that is another device",
    rules: ["R5"],
    by: ["helper-c/sys/shared-ops.c"],
    show: tried({ patch: { ...userns, ...lookAtDevices }, observe: areDevices }),
  },
  {
    id: "devices: a file system of the host's user namespace",
    cause: "the file system in which devices were made for a user namespace lets its root make further ones",
    rules: ["R5", "R6"],
    by: ["packages/core/src/plan/tree/devices/launcher-dev.ts"],
    show: tried({
      patch: {
        ...userns,
        ...withCaps("CAP_SYS_ADMIN", "CAP_MKNOD", "CAP_DAC_OVERRIDE"),
        "/linux/devices": [{ path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o666 }],
        "/linux/resources/devices": [{ allow: true, access: "rwm" }],
        ...probes("mknod", "/dev/disk", "8", "0"),
      },
      observe: outputHolds((stdout) => (/^errno 1 /.test(stdout) ? undefined : `makes a device: ${stdout}`)),
    }),
    alone: "mknod(2) asks for CAP_MKNOD in the first user namespace, whoever has made the file system",
  },
  {
    id: "devices: what the host has at the path",
    cause: "a device is bound from the host, where another one is at its path",
    rules: ["R5"],
    by: ["helper-c/sys/shared-ops.c"],
    show: tried({
      because: /open-object "\/dev\/null".*which differs|\/dev\/null.*ENODEV/,
      patch: { ...userns, ...lookAtDevices },
      place: "mount --bind /dev/full /dev/null",
      observe: areDevices,
    }),
    control: "it is bound all the same",
  },
  {
    id: "crun 1.29: /sys; runc CVE-2023-25809",
    cause: "the fallback to a bind of the host's /sys loses ro",
    rules: ["R9"],
    by: ["packages/core/src/plan/tree/mounts.ts"],
    show: tried({
      patch: { ...userns, ...without("network") },
      observe: factsHold(({ mounts }) => {
        const sys = mounts?.findLast((row) => row.point === "/sys");
        return sys !== undefined && !/^ro/.test(sys.options) ? `/sys is ${sys.options}` : undefined;
      }),
    }),
  },
  {
    id: "flags of all mounts",
    cause: "what a fallback makes has lost its flags",
    rules: ["R9"],
    by: ["packages/core/src/plan/tree/mounts.ts", tree],
    show: tried({ observe: flagsAreKept }),
  },
  {
    id: "coffer 2026: flags after a restore",
    cause: "a read-only root is writable in a container that was restored",
    rules: ["R9"],
    by: ["packages/core/src/plan/criu/restore.ts", "helper-c/peers/criu.c"],
    show: shown("test/lifecycle/checkpoint-readonly.test.ts", "a restored container has its read-only root and binds"),
  },
  {
    id: "flags of all mounts, in a user namespace",
    cause: "the same, where the kernel lets less be mounted",
    rules: ["R9"],
    by: ["packages/core/src/plan/tree/mounts.ts", tree],
    show: tried({ patch: userns, observe: flagsAreKept }),
  },
  {
    id: "Docker CVE-2018-10892: masks",
    cause: "a path is not masked, though it is in the list",
    rules: ["R5"],
    by: [tree],
    show: tried({ patch: probes("look", ...maskedHere), observe: areMasked }),
  },
  {
    id: "Docker CVE-2018-10892: too few masks",
    cause: "a list of what is hidden misses what a later kernel has",
    rules: ["R12"],
    by: ["packages/core/src/defaults/default-config.ts"],
    show: shown("test/cli/spec.test.ts", "--pid-only-proc hides everything but processes"),
  },
  {
    id: "who may weaken mounts: masks",
    cause:
      "a container with CAP_SYS_ADMIN in its user namespace uncovers what is masked; held where its mounts are locked (--lock-mounts), and by no default",
    rules: ["R3"],
    by: lock,
    show: tried({ patch: { ...lockable, ...probes(...weaken) }, observe: outputHolds(noneTakenOff(/mask|proc/)) }),
    control: unlocked,
  },
  {
    id: "who may weaken mounts: read-only binds",
    cause: "the same, of the read-only bind of a host directory; held where mounts are locked",
    rules: ["R3"],
    by: lock,
    show: tried({ patch: { ...lockable, ...probes(...weaken) }, observe: outputHolds(noneTakenOff(/ro taken/)) }),
    control: unlocked,
  },
  {
    id: "who may weaken mounts: a process that joins",
    cause: "the same by exec, with capabilities that it is given or has asked for; held where mounts are locked",
    rules: ["R3", "R9"],
    by: lock,
    show: tried({
      patch: { ...lockable, ...sleeper },
      observe: whileRunning(async (stage) => {
        const outcome = await stage.verb("exec", ["--cap", "CAP_SYS_ADMIN", stage.bundle.tag, "/probe", ...weaken]);
        return outcome.stdout === "" ? outcome.stderr : noneTakenOff(/./)(outcome.stdout);
      }),
    }),
    control: unlocked,
  },
  {
    id: "masks without CAP_SYS_ADMIN",
    cause: "a mask is taken off, or a read-only path written to, with the default capabilities",
    rules: ["R3", "R9"],
    by: ["packages/core/src/plan/process/capabilities.ts"],
    show: tried({
      patch: probes("unmount", "/proc/timer_list"),
      observe: outputHolds((stdout) => (/^ok/.test(stdout) ? "the mask is taken off" : undefined)),
    }),
  },
  {
    id: "words of mounts (ro=rro, rrelatime …)",
    cause: "tables of flags drift",
    rules: ["R9"],
    by: ["packages/core/src/plan/tree/mount-words.ts"],
    show: shown("test/conformance/rows/mounts.ts", "a recursively read-only bind"),
  },
  {
    id: "tmpfs or a file system that does not exist",
    cause: "what cannot be mounted is left out",
    rules: ["R9"],
    by: ["helper-c/sys/shared-ops.c"],
    show: tried({
      because: /\/mounts\/6: .*make-fs.*ENODEV/,
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
