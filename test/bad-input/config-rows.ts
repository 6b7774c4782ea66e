// Configs that must be refused, as data: what differs from the default config and what the error line must say.
import type { DifferenceId } from "../../packages/core/src/differences.ts";
import type { Json, Patch } from "../helpers/json.ts";

export type ConfigRow = {
  readonly title: string;
  readonly patch: Patch;
  /** The error line: the JSON pointer first of all. */
  readonly error: RegExp;
  /** A shell script, run before in the test's directory. */
  readonly before?: string;
  /** Both runc and crun run it: the row of docs/differences.md that says why it is refused. */
  readonly difference?: DifferenceId;
};

const row = (title: string, patch: Patch, error: RegExp, before?: string): ConfigRow =>
  before === undefined ? { title, patch, error } : { title, patch, error, before };

const other = (difference: DifferenceId, one: ConfigRow): ConfigRow => ({ ...one, difference });
const forbidden = (...[title, patch, error, before]: Parameters<typeof row>): ConfigRow =>
  other("spec-forbids", row(title, patch, error, before));

const mount = (destination: string, more: { readonly [name: string]: Json } = {}): Patch => ({
  "/mounts/6": { destination, type: "tmpfs", source: "tmpfs", ...more },
});

const bind = (destination: string, source: string, options: readonly string[] = ["bind"]): Patch => ({
  "/mounts/6": { destination, type: "bind", source, options },
});

const map = (containerID: Json, hostID: Json, size: Json): Json => ({ containerID, hostID, size });

const userns = (uids: readonly Json[], gids: readonly Json[] = [map(0, 100000, 65536)]): Patch => ({
  "/linux/namespaces/-": { type: "user" },
  "/linux/uidMappings": uids,
  "/linux/gidMappings": gids,
});

const filter = (patch: { readonly [name: string]: Json }): Patch => ({
  "/linux/seccomp": { defaultAction: "SCMP_ACT_ALLOW", ...patch },
});

const rule = (more: { readonly [name: string]: Json }): Patch =>
  filter({ syscalls: [{ names: ["umask"], action: "SCMP_ACT_ERRNO", ...more }] });

/** So many lists in each other. */
const nested = (levels: number): Json => (levels === 0 ? 0 : [nested(levels - 1)]);

const types: readonly ConfigRow[] = [
  forbidden("a config that is nested deeper than 128 levels", { "/unknown": nested(128) }, /nested deeper than 128/),
  row("no ociVersion", { "/ociVersion": undefined }, /\/ociVersion/),
  row("ociVersion of the wrong type", { "/ociVersion": 1 }, /\/ociVersion/),
  forbidden("ociVersion that is no version", { "/ociVersion": "one" }, /\/ociVersion/),
  forbidden("ociVersion of a later major", { "/ociVersion": "2.0.0" }, /\/ociVersion/),
  row("no process", { "/process": undefined }, /\/process/),
  row("process of the wrong type", { "/process": [] }, /\/process/),
  row("no root", { "/root": undefined }, /\/root/),
  row("root of the wrong type", { "/root": "rootfs" }, /\/root/),
  row("root.path of the wrong type", { "/root/path": 5 }, /\/root\/path/),
  row("root.path missing", { "/root/path": undefined }, /\/root\/path/),
  row("root.readonly of the wrong type", { "/root/readonly": "yes" }, /\/root\/readonly/),
  row("mounts of the wrong type", { "/mounts": {} }, /\/mounts/),
  row("hostname of the wrong type", { "/hostname": 12 }, /\/hostname/),
  row("hostname too long", { "/hostname": "h".repeat(65) }, /\/hostname/),
  row("domainname too long", { "/domainname": "d".repeat(65) }, /\/domainname/),
  forbidden("an annotation with an empty key", { "/annotations": { "": "x" } }, /\/annotations\/: /),
  row("annotations of the wrong type", { "/annotations": { a: 1 } }, /\/annotations\/a/),
  row("linux of the wrong type", { "/linux": "linux" }, /\/linux/),
  row("namespaces of the wrong type", { "/linux/namespaces": "all" }, /\/linux\/namespaces/),
];

const processRows: readonly ConfigRow[] = [
  row("no args", { "/process/args": undefined }, /\/process\/args/),
  row("empty args", { "/process/args": [] }, /\/process\/args/),
  row("an empty program", { "/process/args": [""] }, /\/process\/args/),
  row("args of the wrong type", { "/process/args": "/probe" }, /\/process\/args/),
  row("an argument of the wrong type", { "/process/args/1": 5 }, /\/process\/args\/1/),
  forbidden(
    "an argument with half a surrogate pair",
    { "/process/args/-": "a\ud800b" },
    /\/process\/args\/\d: .*surrogate/,
  ),
  row("an argument with NUL", { "/process/args/1": "a\0b" }, /\/process\/args\/1/),
  row("no cwd", { "/process/cwd": undefined }, /\/process\/cwd/),
  row("a relative cwd", { "/process/cwd": "tmp" }, /\/process\/cwd/),
  row("an empty cwd", { "/process/cwd": "" }, /\/process\/cwd/),
  row("a cwd with NUL", { "/process/cwd": "/a\0b" }, /\/process\/cwd/),
  row("a cwd that is a file", { "/process/cwd": "/probe" }, /\/process\/cwd.*ENOTDIR/),
  row("a cwd too long", { "/process/cwd": `/${"x".repeat(5000)}` }, /\/process\/cwd/),
  row("env of the wrong type", { "/process/env": { A: "b" } }, /\/process\/env/),
  row("a variable of the wrong type", { "/process/env/0": 5 }, /\/process\/env\/0/),
  row("a variable with NUL", { "/process/env/0": "A=b\0c" }, /\/process\/env\/0/),
  row("terminal of the wrong type", { "/process/terminal": "no" }, /\/process\/terminal/),
  row("a negative uid", { "/process/user/uid": -1 }, /\/process\/user\/uid/),
  row("a uid too large", { "/process/user/uid": 4294967295 }, /\/process\/user\/uid/),
  row("a uid of the wrong type", { "/process/user/uid": "root" }, /\/process\/user\/uid/),
  row("a fraction as gid", { "/process/user/gid": 1.5 }, /\/process\/user\/gid/),
  row("a group too large", { "/process/user/additionalGids": [4294967295] }, /\/process\/user\/additionalGids\/0/),
  row(
    "a capability of the wrong type",
    { "/process/capabilities/effective/0": 3 },
    /\/process\/capabilities\/effective\/0/,
  ),
  row(
    "effective beyond permitted",
    { "/process/capabilities/effective/-": "CAP_SYS_ADMIN" },
    /\/process\/capabilities\/effective/,
  ),
  row(
    "inheritable beyond bounding",
    { "/process/capabilities/inheritable": ["CAP_SYS_ADMIN"] },
    /\/process\/capabilities\/inheritable/,
  ),
  row("rlimits of the wrong type", { "/process/rlimits": {} }, /\/process\/rlimits/),
  row("an unknown rlimit", { "/process/rlimits/0/type": "RLIMIT_DREAMS" }, /\/process\/rlimits\/0\/type/),
  row(
    "an rlimit twice",
    { "/process/rlimits/-": { type: "RLIMIT_NOFILE", soft: 1, hard: 1 } },
    /\/process\/rlimits\/1/,
  ),
  forbidden(
    "an rlimit without its soft value",
    { "/process/rlimits": [{ type: "RLIMIT_CORE", hard: 0 }] },
    /\/process\/rlimits\/0\/soft/,
  ),
  forbidden("a console without its size", { "/process/consoleSize": {} }, /\/process\/consoleSize\/height/),
  other(
    "newer-fields",
    row("CPUs that are no list", { "/process/execCPUAffinity": { initial: "1-0" } }, /\/execCPUAffinity\/initial/),
  ),
  row("soft above hard", { "/process/rlimits/0/soft": 2048 }, /\/process\/rlimits\/0/),
  row("a negative rlimit", { "/process/rlimits/0/soft": -1 }, /\/process\/rlimits\/0\/soft/),
  row("an rlimit beyond 64 bits", { "/process/rlimits/0/hard": 18446744073709551616n }, /\/process\/rlimits\/0\/hard/),
  row("an OOM score too large", { "/process/oomScoreAdj": 1001 }, /\/process\/oomScoreAdj/),
  row("an OOM score too small", { "/process/oomScoreAdj": -1001 }, /\/process\/oomScoreAdj/),
  row("noNewPrivileges of the wrong type", { "/process/noNewPrivileges": 1 }, /\/process\/noNewPrivileges/),
  row(
    "consoleSize of the wrong type",
    { "/process/terminal": true, "/process/consoleSize": [1, 2] },
    /\/process\/consoleSize/,
  ),
  row("an AppArmor profile", { "/process/apparmorProfile": "none-such" }, /\/process\/apparmorProfile/),
  row("a profile that is not unconfined", { "/process/apparmorProfile": "unconfined_x" }, /\/process\/apparmorProfile/),
  row("an SELinux label", { "/process/selinuxLabel": "a:b:c:d" }, /\/process\/selinuxLabel/),
  row("a mount label", { "/linux/mountLabel": "a:b:c:d" }, /\/linux\/mountLabel/),
  row("a mount label over 255 bytes", { "/linux/mountLabel": "x".repeat(256) }, /\/linux\/mountLabel.*255/),
];

const rootRows: readonly ConfigRow[] = [
  row("a rootfs that is not there", { "/root/path": "nowhere" }, /\/root\/path.*no such file/),
  row("a rootfs that is a file", { "/root/path": "config.json" }, /\/root\/path.*(ENOTDIR|directory)/),
  row("rootfsPropagation unknown", { "/linux/rootfsPropagation": "sideways" }, /\/linux\/rootfsPropagation/),
  forbidden("maskedPaths relative", { "/linux/maskedPaths": ["proc/kcore"] }, /\/linux\/maskedPaths\/0/),
  forbidden("readonlyPaths relative", { "/linux/readonlyPaths": ["proc/sys"] }, /\/linux\/readonlyPaths\/0/),
  row("readonlyPaths of the wrong type", { "/linux/readonlyPaths": [1] }, /\/linux\/readonlyPaths\/0/),
];

const mountRows: readonly ConfigRow[] = [
  row(
    "more mounts than a plan has room for",
    {
      "/mounts": Array.from({ length: 60_000 }, (_, index) => ({
        destination: `/m/${index}`,
        type: "tmpfs",
        source: "t",
      })),
    },
    /\/mounts\/\d+: .*may have 4096.*fewer mounts/,
  ),
  row("a mount without destination", { "/mounts/6": { type: "tmpfs", source: "tmpfs" } }, /\/mounts\/6\/destination/),
  row("an empty destination", mount(""), /\/mounts\/6\/destination/),
  row("a destination that climbs to the root", mount("/mnt/../.."), /\/mounts\/6\/destination.*root/),
  row("a destination inside /proc by ..", mount("/mnt/../proc/self"), /\/mounts\/6\/destination.*\/proc/),
  row(
    "a file of /proc/net, on which no mount stays",
    bind("/proc/net/dev", "$BASE/canary/file"),
    /\/mounts\/6\/destination/,
  ),
  row("a destination that is the root", mount("/"), /\/mounts\/6/),
  row("a destination with NUL", mount("/mnt\0x"), /\/mounts\/6\/destination/),
  row("a destination that is a file", mount("/probe"), /\/mounts\/6.*ENOTDIR/),
  row("a destination through a file", mount("/probe/x"), /\/mounts\/6.*ENOTDIR/),
  row("a destination in a loop of links", mount("/loop"), /\/mounts\/6.*ELOOP/, "ln -s loop bundle/rootfs/loop"),
  row("a name that is too long", mount(`/${"n".repeat(300)}`), /\/mounts\/6.*(ENAMETOOLONG|long)/),
  row("an unknown file system", mount("/mnt", { type: "nonesuchfs" }), /\/mounts\/6.*ENODEV/),
  row("an unknown option of a tmpfs", mount("/mnt", { options: ["colour=red"] }), /\/mounts\/6.*EINVAL/),
  row("a bad size of a tmpfs", mount("/mnt", { options: ["size=lots"] }), /\/mounts\/6.*EINVAL/),
  row("options of the wrong type", mount("/mnt", { options: "ro" }), /\/mounts\/6\/options/),
  row("an option with NUL", mount("/mnt", { options: ["ro\0rw"] }), /\/mounts\/6\/options\/0/),
  row(
    "a bind without source",
    { "/mounts/6": { destination: "/mnt", type: "bind", options: ["bind"] } },
    /\/mounts\/6/,
  ),
  row("a bind of nothing", bind("/mnt", "$BASE/nothing"), /\/mounts\/6\/source.*nothing/),
  row("a directory bound on a file", bind("/probe", "$BASE/canary"), /\/mounts\/6.*ENOTDIR/),
  row("a file bound on a directory", bind("/mnt", "$BASE/canary/file"), /\/mounts\/6.*(ENOTDIR|EISDIR)/),
  other(
    "mounts-of-others",
    row(
      "a remount",
      mount("/proc", { type: "proc", source: "proc", options: ["remount", "ro"] }),
      /\/mounts\/6\/options\/0/,
    ),
  ),
  other("magic-links", row("a bind through a magic link", bind("/mnt", "/proc/self/root/etc"), /\/mounts\/6/)),
  other(
    "idmap-without-bind",
    row(
      "id maps of a mount without bind",
      mount("/mnt", { uidMappings: [map(0, 0, 1)], gidMappings: [map(0, 0, 1)] }),
      /\/mounts\/6/,
    ),
  ),
  row(
    "a mount's uid map only",
    {
      "/mounts/6": {
        destination: "/mnt",
        type: "bind",
        source: "$BASE/canary",
        options: ["bind"],
        uidMappings: [map(0, 1, 1)],
      },
    },
    /\/mounts\/6/,
  ),
  row("proc on a link", {}, /\/mounts\/0/, "rmdir bundle/rootfs/proc; ln -s tmp bundle/rootfs/proc"),
  row("sys on a link", {}, /\/mounts\/5/, "rmdir bundle/rootfs/sys; ln -s tmp bundle/rootfs/sys"),
  row(
    "dev on a link to the host",
    {},
    /\/mounts\/1|\/dev/,
    "rmdir bundle/rootfs/dev; ln -s ../../canary bundle/rootfs/dev",
  ),
  row(
    "a tmpfs where proc should be",
    { "/mounts/0": { destination: "/proc", type: "tmpfs", source: "tmpfs" } },
    /\/mounts\/0|\/proc/,
  ),
];

const namespaceRows: readonly ConfigRow[] = [
  row("an unknown namespace", { "/linux/namespaces/0/type": "dream" }, /\/linux\/namespaces\/0\/type/),
  row("a namespace without type", { "/linux/namespaces/0": {} }, /\/linux\/namespaces\/0/),
  row("a namespace twice", { "/linux/namespaces/-": { type: "pid" } }, /\/linux\/namespaces\/6/),
  row("a namespace by relative path", { "/linux/namespaces/1/path": "ns/net" }, /\/linux\/namespaces\/1\/path/),
  row(
    "a namespace that is not there",
    { "/linux/namespaces/1/path": "/nowhere" },
    /\/linux\/namespaces\/1\/path.*ENOENT/,
  ),
  row(
    "a namespace of the wrong type",
    { "/linux/namespaces/1/path": "/proc/self/ns/uts" },
    /\/linux\/namespaces\/1\/path/,
  ),
  row("a file as namespace", { "/linux/namespaces/1/path": "/etc/passwd" }, /\/linux\/namespaces\/1\/path/),
  row("a hostname without uts", { "/linux/namespaces": [{ type: "mount" }, { type: "pid" }] }, /\/hostname/),
  row(
    "a user namespace without maps",
    { "/linux/namespaces/-": { type: "user" } },
    /\/linux\/(uidMappings|namespaces)/,
  ),
  row("maps that overlap inside", userns([map(0, 100000, 10), map(5, 200000, 10)]), /\/linux\/uidMappings/),
  row("maps that overlap outside", userns([map(0, 100000, 10), map(100, 100005, 10)]), /\/linux\/uidMappings/),
  row("a map of size 0", userns([map(0, 100000, 0)]), /\/linux\/uidMappings\/0/),
  row("a map that overflows", userns([map(0, 4294967290, 10)]), /\/linux\/uidMappings\/0/),
  row("a map of the wrong type", userns([map(0, "1000", 1)]), /\/linux\/uidMappings\/0\/hostID/),
  row("a user outside the map", { ...userns([map(0, 100000, 10)]), "/process/user/uid": 11 }, /\/process\/user\/uid/),
  row(
    "time offsets without a time namespace",
    { "/linux/timeOffsets": { monotonic: { secs: 1 } } },
    /\/linux\/timeOffsets/,
  ),
  row(
    "time offsets of more than a second of nanoseconds",
    { "/linux/namespaces/-": { type: "time" }, "/linux/timeOffsets": { monotonic: { nanosecs: 1000000000 } } },
    /\/linux\/timeOffsets\/monotonic\/nanosecs/,
  ),
];

const sysctl = (name: string, value: Json): Patch => ({ "/linux/sysctl": { [name]: value } });

const sysctlRows: readonly ConfigRow[] = [
  row(
    "a sysctl of the whole machine",
    sysctl("kernel.core_pattern", "|/bin/x"),
    /\/linux\/sysctl\/kernel\.core_pattern/,
  ),
  row("a sysctl with ..", sysctl("net/../kernel/core_pattern", "x"), /\/linux\/sysctl/),
  row("a sysctl that climbs", sysctl("kernel/../..", "x"), /\/linux\/sysctl/),
  other("sysctl-text", row("a sysctl with a newline", sysctl("net.ipv4.ip_forward", "1\n2"), /\/linux\/sysctl/)),
  row("a sysctl of the wrong type", sysctl("net.ipv4.ip_forward", 1), /\/linux\/sysctl/),
  row(
    "a net sysctl with the host's network",
    {
      "/linux/namespaces": [{ type: "mount" }, { type: "pid" }, { type: "uts" }],
      ...sysctl("net.ipv4.ip_forward", "1"),
    },
    /\/linux\/sysctl/,
  ),
  row(
    "an ipc sysctl with the host's ipc",
    { "/linux/namespaces": [{ type: "mount" }, { type: "pid" }, { type: "uts" }], ...sysctl("kernel.shmmax", "1") },
    /\/linux\/sysctl/,
  ),
  row("the host name as sysctl", sysctl("kernel.hostname", "x"), /\/linux\/sysctl/),
  row("a sysctl that does not exist", sysctl("net.ipv4.no_such_thing", "1"), /\/linux\/sysctl.*ENOENT/),
  row("a sysctl with a bad value", sysctl("net.ipv4.ip_forward", "maybe"), /\/linux\/sysctl.*EINVAL/),
];

const device = (more: { readonly [name: string]: Json | undefined }): Patch => ({
  "/linux/devices": [
    Object.fromEntries(
      Object.entries({ path: "/dev/x", type: "c", major: 1, minor: 5, ...more }).flatMap(([k, v]) =>
        v === undefined ? [] : [[k, v]],
      ),
    ),
  ],
});

const deviceRows: readonly ConfigRow[] = [
  row("a device without path", device({ path: undefined }), /\/linux\/devices\/0\/path/),
  row("a device of an unknown type", device({ type: "z" }), /\/linux\/devices\/0\/type/),
  forbidden(
    "a device where a file is",
    { ...device({ path: "/etc/motd" }), "/root/readonly": false },
    /\/linux\/devices\/0.*EEXIST/,
  ),
  forbidden("a device without number", device({ major: undefined }), /\/linux\/devices\/0/),
  row("a device without a name", device({ path: "" }), /\/linux\/devices\/0\/path/),
  forbidden(
    "a device rule without allow",
    { "/linux/resources/devices": [{ access: "rwm" }] },
    /\/linux\/resources\/devices\/0/,
  ),
  forbidden(
    "a device rule with unknown access",
    { "/linux/resources/devices": [{ allow: true, access: "rwx" }] },
    /\/linux\/resources\/devices\/0\/access/,
  ),
  row("a relative cgroup path with ..", { "/linux/cgroupsPath": "/coffer-test/../../x" }, /\/linux\/cgroupsPath/),
  row(
    "a memory limit of the wrong type",
    { "/linux/resources/memory": { limit: "64M" } },
    /\/linux\/resources\/memory\/limit/,
  ),
  row("a pids limit of the wrong type", { "/linux/resources/pids": { limit: [] } }, /\/linux\/resources\/pids\/limit/),
  row("cpus with a newline", { "/linux/resources/cpu": { cpus: "0\n1" } }, /\/linux\/resources\/cpu\/cpus/),
  other(
    "cgroup-dot-dot",
    row("a key that freezes", { "/linux/resources/unified": { "cgroup.freeze": "0" } }, /\/unified\/cgroup\.freeze/),
  ),
  row("a unified key with a slash", { "/linux/resources/unified": { "../x": "1" } }, /\/linux\/resources\/unified/),
  forbidden("a hook by relative path", { "/hooks": { poststop: [{ path: "bin/true" }] } }, /\/hooks\/poststop/),
  row("resctrl where none is mounted", { "/linux/intelRdt": { closID: "x" } }, /\/linux\/intelRdt: .*no resctrl/),
  row("a resctrl group that is a path", { "/linux/intelRdt": { closID: "../x" } }, /\/linux\/intelRdt\/closID/),
  row("a resctrl group of the wrong type", { "/linux/intelRdt": { closID: 1 } }, /\/linux\/intelRdt\/closID/),
  row("schemata of the wrong type", { "/linux/intelRdt": { schemata: "L3:0=f" } }, /\/linux\/intelRdt\/schemata/),
  row("schemata of two lines", { "/linux/intelRdt": { schemata: ["a\nb"] } }, /\/linux\/intelRdt\/schemata\/0/),
  row("memory bandwidth by another name", { "/linux/intelRdt": { memBwSchema: "L3:0=f" } }, /intelRdt\/memBwSchema/),
  row("monitoring of the wrong type", { "/linux/intelRdt": { enableMonitoring: 1 } }, /intelRdt\/enableMonitoring/),
];

const netDevices = (devices: { readonly [name: string]: Json }): Patch => ({ "/linux/netDevices": devices });

const networkRows: readonly ConfigRow[] = [
  forbidden("interfaces of the wrong type", { "/linux/netDevices": ["eth0"] }, /\/linux\/netDevices/),
  forbidden(
    "an interface's name of the wrong type",
    netDevices({ eth0: { name: 1 } }),
    /\/linux\/netDevices\/eth0\/name/,
  ),
  other(
    "newer-fields",
    row("an interface that does not exist", netDevices({ "cft-none": {} }), /\/linux\/netDevices\/cft-none: .*ENODEV/),
  ),
  other(
    "newer-fields",
    row("an interface's name too long", netDevices({ lo: { name: "x".repeat(16) } }), /\/linux\/netDevices\/lo\/name/),
  ),
  other(
    "newer-fields",
    row("an interface's name that is a path", netDevices({ "../lo": {} }), /\/linux\/netDevices\/\.\.~1lo/),
  ),
  forbidden("an interface's name with NUL", netDevices({ lo: { name: "a\u0000b" } }), /\/linux\/netDevices\/lo\/name/),
  other(
    "newer-fields",
    row("an interface that stays", netDevices({ lo: { name: "eth0" } }), /\/linux\/netDevices\/lo: .*EINVAL/),
  ),
  other(
    "newer-fields",
    row("interfaces of one name", netDevices({ a: { name: "c" }, b: { name: "c" } }), /\/linux\/netDevices\/b\/name/),
  ),
  other(
    "newer-fields",
    row(
      "interfaces without a network namespace",
      { "/linux/namespaces": [{ type: "mount" }, { type: "pid" }, { type: "uts" }], ...netDevices({ lo: {} }) },
      /\/linux\/netDevices: .*network namespace/,
    ),
  ),
];

const seccompRows: readonly ConfigRow[] = [
  row("seccomp without default", { "/linux/seccomp": {} }, /\/linux\/seccomp\/defaultAction/),
  row("an unknown default", filter({ defaultAction: "SCMP_ACT_DREAM" }), /\/linux\/seccomp\/defaultAction/),
  row("an unknown architecture", filter({ architectures: ["SCMP_ARCH_PDP11"] }), /\/linux\/seccomp\/architectures\/0/),
  row("an unknown action", rule({ action: "SCMP_ACT_MAYBE" }), /\/linux\/seccomp\/syscalls\/0\/action/),
  forbidden("a rule without names", rule({ names: [] }), /\/linux\/seccomp\/syscalls\/0\/names/),
  row(
    "an unknown operator",
    rule({ args: [{ index: 0, value: 1, op: "SCMP_CMP_ALMOST" }] }),
    /\/linux\/seccomp\/syscalls\/0\/args\/0\/op/,
  ),
  row(
    "an argument too far",
    rule({ args: [{ index: 6, value: 1, op: "SCMP_CMP_EQ" }] }),
    /\/linux\/seccomp\/syscalls\/0\/args\/0\/index/,
  ),
  row("an errno too large", rule({ errnoRet: 70000 }), /\/linux\/seccomp\/syscalls\/0\/errnoRet/),
  row("an unknown flag", filter({ flags: ["SECCOMP_FILTER_FLAG_DREAM"] }), /\/linux\/seccomp\/flags\/0/),
  row("notify to nobody", rule({ action: "SCMP_ACT_NOTIFY" }), /\/linux\/seccomp/),
  row(
    "exec denied",
    filter({ syscalls: [{ names: ["execve", "execveat"], action: "SCMP_ACT_ERRNO" }] }),
    /\/linux\/seccomp.*exec/,
  ),
];

const lock: Patch = {
  "/annotations": { "coffer.lock-mounts": "true" },
  "/process/capabilities": { bounding: ["CAP_SYS_ADMIN"], permitted: ["CAP_SYS_ADMIN"] },
};

const lockRows: readonly ConfigRow[] = [
  other(
    "own-annotations",
    row(
      "locked mounts, neither yes nor no",
      { "/annotations": { "coffer.lock-mounts": "TRUE" } },
      /\/annotations\/coffer\.lock-mounts: "TRUE" is neither "true" nor "false"/,
    ),
  ),
  row(
    "locked mounts without a mount namespace",
    {
      ...lock,
      "/linux/namespaces": [{ type: "pid" }],
      "/mounts": [],
      "/hostname": undefined,
      "/linux/maskedPaths": [],
      "/linux/readonlyPaths": [],
      "/root/readonly": false,
    },
    /\/annotations\/coffer\.lock-mounts: needs a new mount namespace/,
  ),
  other(
    "own-annotations",
    row("locked mounts for root of the host", lock, /\/annotations\/coffer\.lock-mounts: needs a user namespace/),
  ),
  other(
    "own-annotations",
    row(
      "locked mounts and a shared root",
      { ...lock, ...userns([map(0, 100000, 65536)]), "/linux/rootfsPropagation": "shared" },
      /\/linux\/rootfsPropagation: "shared" does not go with locked mounts/,
    ),
  ),
];

/** Every config that must be refused. */
export const configRows: readonly ConfigRow[] = [
  ...types,
  ...processRows,
  ...rootRows,
  ...mountRows,
  ...namespaceRows,
  ...sysctlRows,
  ...deviceRows,
  ...networkRows,
  ...seccompRows,
  ...lockRows,
];
