// Weakened coffers. Every fixture has at least one build of the helper without one defence, or a config that asks for less,
// and the rows that must turn red. An edit that does not apply any more is an error, so that the table cannot go stale
// unseen.
import type { Patch } from "../helpers/json.ts";
import { bindAt, withCaps } from "./catalogue/words.ts";
import { weakenedPlanners } from "./weakened-planner.ts";

/** One place of the sources, and what it becomes. */
export type Edit = { readonly file: string; readonly from: string; readonly to: string };

/** A weakened build, or config. */
export type Weakened = {
  readonly name: string;
  readonly fixture: "CANARY" | "RACER" | "FAKEPROC" | "INSPECT" | "TRACE" | "ENOSYS" | "VERIFIER" | "ADVERSARY";
  readonly edits: readonly Edit[];
  /** What the configs of the rows ask for besides. */
  readonly patch?: Patch;
  /** Ids of rows, names of races, `trace` or `plan`: each must fail with this build. */
  readonly red: readonly string[];
};

const unrooted: Edit = {
  file: "sys/path.c",
  from: "	long fd = -EAGAIN;\n",
  to: "	long fd = -EAGAIN;\n\n	if (resolve & RESOLVE_IN_ROOT) {\n		how.resolve = 0;\n		while (*path == '/' && path[1])\n			path++;\n		path = *path == '/' ? \".\" : path;\n	}\n",
};

/** The walk to what is missing begins again at the host's root where a link is absolute. */
const walksOut: Edit = {
  file: "sys/path.c",
  from: "walk_enter(w, w->root, S_IFDIR);",
  to: 'walk_enter(w, (int)sys_openat(-100, "/", O_PATH | O_DIRECTORY, 0), S_IFDIR);',
};

/** Init keeps the capabilities that it has when its program is executed. */
export const keepsRights: readonly Edit[] = [
  {
    file: "init/drop.c",
    from: "	long err = caps_put(&sets);\n\n	if (err == 0)\n		err = set_ambient",
    to: "	long err = 0;\n\n	if (err == 0)\n		err = set_ambient",
  },
  {
    file: "init/drop.c",
    from: "if (err == 0 && memcmp(&now, &sets",
    to: "if (err == 77 && memcmp(&now, &sets",
  },
];

const peer = (shape: string): string => `propagation (runc #4417, crun 1.27.1): ${shape}`;

/** The weakened builds. */
export const weakenedBuilds: readonly Weakened[] = [
  {
    name: "paths are not resolved in the root (R1)",
    fixture: "CANARY",
    edits: [unrooted, walksOut],
    red: [
      "LXC CVE-2015-1335",
      "runc: cgroup v1 links",
      "runc: os.Create on /dev/console",
      "Podman CVE-2026-55686; buildah CVE-2024-1753, CVE-2024-9675",
    ],
  },
  {
    name: "paths are not resolved in the root (R1), while they are exchanged",
    fixture: "RACER",
    edits: [unrooted],
    red: ["race: the target of a mount", "race: the parent of a missing mount point"],
  },
  {
    name: "what is missing is made through a link (R2)",
    fixture: "CANARY",
    edits: [
      {
        file: "sys/path.c",
        from: "int fd = path_open(dir, name, O_PATH | flags, PLAIN);",
        to: "int fd = path_open(dir, name, O_PATH | (flags & ~(uint64_t)O_NOFOLLOW), 0);",
      },
      {
        file: "sys/path.c",
        from: "long err = kind == 1 ? SYS4(mknodat, dir, name, S_IFREG | mode, 0)",
        to: "long err = kind == 1 ? SYS4(openat, dir, name, O_CREAT | O_WRONLY, mode)",
      },
    ],
    red: ["crun CVE-2019-18837"],
  },
  {
    name: "the host's /proc is trusted (R4)",
    fixture: "FAKEPROC",
    edits: [
      { file: "launch/host.c", from: 'int fs = (int)SYS2(fsopen, "proc", FSOPEN_CLOEXEC);', to: "int fs = -EPERM;" },
      {
        file: "launch/host.c",
        from: '	long err = SYS2(fstatfs, fd, &fs);\n\n	if (err == 0)\n		err = sys_statx(fd, "", AT_EMPTY_PATH, STATX_INO, &st);',
        to: '	long err = SYS2(fstatfs, fd, &fs);\n\n	if (err == 0)\n		return fd;\n	if (err == 0)\n		err = sys_statx(fd, "", AT_EMPTY_PATH, STATX_INO, &st);',
      },
    ],
    red: ["FAKEPROC"],
  },
  {
    name: "init's memory is not sealed (R7)",
    fixture: "INSPECT",
    edits: [
      {
        file: "launch/plan-take.c",
        from: "		err = seal(fd, F_SEAL_EXEC_);",
        to: "		err = 0;",
      },
    ],
    red: ["runc, LXC, crun, youki CVE-2019-5736"],
  },
  {
    name: "init stays dumpable (R7)",
    fixture: "INSPECT",
    edits: [
      {
        file: "init/world.c",
        from: "return (int)sys_prctl(PR_SET_DUMPABLE, op->nums[0], 0, 0);",
        to: "(void)op;\n	return (int)sys_prctl(PR_SET_DUMPABLE, 1, 0, 0);",
      },
    ],
    red: ["runc CVE-2016-9962"],
  },
  {
    name: "the name of a cgroup is expected to be short, and a listing that fails to be at its end (R12)",
    fixture: "INSPECT",
    edits: [
      {
        file: "cgroup/walk.c",
        from: "list->buf, sizeof(list->buf));\n			if (list->used <= 0)\n				return (int)list->used;",
        to: "list->buf, 1024);\n			if (list->used <= 0)\n				return 0;",
      },
    ],
    red: ["names and depth of cgroups"],
  },
  {
    name: "capabilities are set inheritable, and not read back (R9)",
    fixture: "INSPECT",
    edits: [
      {
        file: "init/drop.c",
        from: ".inheritable = (uint32_t)(op->nums[OP_SET_CAPS_NUM_INHERITABLE] >> 32 * i),",
        to: ".inheritable = (uint32_t)(op->nums[OP_SET_CAPS_NUM_PERMITTED] >> 32 * i),",
      },
    ],
    red: [
      "runc CVE-2022-24769, CVE-2022-29162; crun CVE-2022-27650; youki CVE-2025-27612",
      "the same: exec, exec --cap",
    ],
  },
  {
    name: "clones stay peers of shared mounts (R3)",
    fixture: "INSPECT",
    edits: [
      {
        file: "sys/shared-ops.c",
        from: "int err = propagation == PROPAGATION_KEEP ? 0 : set_attr(fd, recursive, &attr);",
        to: "int err = 1 ? 0 : set_attr(fd, recursive, &attr);",
      },
      {
        file: "init/tree.c",
        from: 'return (int)SYS5(mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof(attr));',
        to: "return attr.propagation == 77;",
      },
      {
        file: "packages/core/src/plan/tree/bind.ts",
        from: "word?.value === propagation.shared || word?.value === propagation.unbindable)\n    setMount",
        to: "word?.value === propagation.shared)\n    setMount",
      },
    ],
    red: [
      ...["nothing is said", "a recursive bind", "rootfsPropagation rprivate", "rootfsPropagation rslave"].map(peer),
      ...["private", "rprivate", "slave", "rslave", "shared", "rshared"].map((word) => peer(`a ${word} bind`)),
      ...["unbindable", "runbindable"].map((word) => peer(`a ${word} bind`)),
      peer("a rshared bind in a user namespace"),
    ],
  },
  {
    name: "files are masked with the container's own /dev/null (R5)",
    fixture: "INSPECT",
    edits: [
      {
        file: "init/tree.c",
        from: 'err = clone_mask(masks, type == S_IFDIR ? "dir" : "file", 0);',
        to: 'err = type == S_IFDIR ? clone_mask(masks, "dir", 0) : clone_mask(-100, "/dev/null", 0);',
      },
    ],
    red: ["runc CVE-2025-31133; youki CVE-2025-62161"],
  },
  {
    name: "the bounding set is kept (R9)",
    fixture: "INSPECT",
    edits: [
      {
        file: "init/drop.c",
        from: "		if (keep >> cap & 1)\n			continue;",
        to: "		if (keep >> cap & 1 || keep >= 64 || cap >= 3)\n			continue;",
      },
    ],
    red: ["runc CVE-2016-8867; youki: bounding set", "FAKEPROC: the last capability"],
  },
  {
    name: "the caller's groups are kept, and not read back (R9)",
    fixture: "INSPECT",
    edits: [{ file: "init/drop.c", from: "if (op->nums[OP_SET_IDS_NUM_SET_GROUPS]) {", to: "if (count == 77) {" }],
    red: ["moby CVE-2022-36109; podman CVE-2022-2989, CVE-2022-2990"],
  },
  {
    name: "the caller's keyring is kept (R12)",
    fixture: "INSPECT",
    edits: [
      {
        file: "init/world.c",
        from: "long err = SYS2(keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL);",
        to: "long err = 0;",
      },
    ],
    red: ["session keyrings"],
  },
  {
    name: "ignored and blocked signals are passed on (R12)",
    fixture: "INSPECT",
    edits: [
      {
        file: "launch/main.c",
        from: "for (int signal = 1; signal <= 64; signal++)",
        to: "for (int signal = 1; signal <= 1; signal++)",
      },
      { file: "launch/clone.c", from: "| CLONE_PIDFD |\n\t\t     CLONE_CLEAR_SIGHAND,", to: "| CLONE_PIDFD," },
    ],
    red: ["bwrap 0.11.1; runc: signals"],
  },
  {
    name: "a device is whatever the host has at its path (R5)",
    fixture: "INSPECT",
    edits: [
      { file: "sys/shared-ops.c", from: "if (fd >= 0 && type) {", to: "if (fd >= 0 && type == 77) {" },
      {
        file: "packages/core/src/plan/tree/devices/devices.ts",
        from: "    source: node.path,\n",
        to: '    source: node.path === "/dev/null" ? "/dev/zero" : node.path,\n',
      },
    ],
    red: ["devices: what the host has at the path", "devices: number and type"],
  },
  {
    name: "a namespace may be of any type (R1)",
    fixture: "INSPECT",
    edits: [
      {
        file: "launch/host.c",
        from: "	if (err == 0) {\n		err = sys_ioctl(fd, NS_GET_NSTYPE, NULL);",
        to: "	if (err == 77) {\n		err = sys_ioctl(fd, NS_GET_NSTYPE, NULL);",
      },
    ],
    red: ["time, uts, ipc, net by path"],
  },
  {
    name: "the gate is an abstract socket (R12)",
    fixture: "INSPECT",
    edits: [
      {
        file: "peers/unix-socket.c",
        from: "	if (text.full)\n		return -ENAMETOOLONG;\n	long cwd",
        to: "	if (text.full)\n		return -ENAMETOOLONG;\n	address.path[0] = 0;\n	long cwd",
      },
    ],
    red: ["containerd CVE-2020-15257"],
  },
  {
    name: "the end of a cgroup is not that of its processes (R8)",
    fixture: "INSPECT",
    edits: [
      {
        file: "cgroup/kill.c",
        from: "int op_kill_cgroup(struct run *run, const struct plan_op *op)\n{\n",
        to: "int op_kill_cgroup(struct run *run, const struct plan_op *op)\n{\n	if (op)\n		return 0;\n",
      },
    ],
    red: ["--pid=host: who is killed"],
  },
  {
    name: "a config with CAP_SYS_ADMIN",
    fixture: "INSPECT",
    edits: [],
    patch: withCaps("CAP_SYS_ADMIN"),
    red: ["masks without CAP_SYS_ADMIN", "CVE-2022-0492: release_agent"],
  },
  {
    name: "a config with CAP_SYS_ADMIN, and the host's ids and cgroups",
    fixture: "INSPECT",
    edits: [],
    patch: {
      "/linux/namespaces": ["pid", "network", "ipc", "uts", "mount"].map((type) => ({ type })),
      "/linux/uidMappings": undefined,
      "/linux/gidMappings": undefined,
    },
    red: ["release_agent, with CAP_SYS_ADMIN in a user namespace"],
  },
  {
    name: "a config whose mounts are not locked",
    fixture: "INSPECT",
    edits: [],
    patch: { "/annotations": { "coffer.lock-mounts": "false" } },
    red: ["masks", "read-only binds", "a process that joins"].map((what) => `who may weaken mounts: ${what}`),
  },
  {
    name: "the copy of the mounts belongs to the container's own user namespace (R3)",
    fixture: "INSPECT",
    edits: [
      {
        file: "init/world.c",
        from: ".flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_PIDFD,",
        to: ".flags = CLONE_NEWNS | CLONE_PIDFD,",
      },
    ],
    red: ["masks", "read-only binds", "a process that joins"].map((what) => `who may weaken mounts: ${what}`),
  },
  {
    name: "the process that goes on has the whole plan (R6)",
    fixture: "ADVERSARY",
    edits: [{ file: "init/fork.c", from: "if (op->phase < run->fault.phase)", to: "if (op->phase > PHASE_EXEC)" }],
    red: ["traced while it joins: exec, without a user namespace"],
  },
  {
    // With its capabilities kept as well, the attacker would keep its own, and nobody would have more than it.
    name: "init can be looked into (R13)",
    fixture: "ADVERSARY",
    edits: [
      {
        file: "init/world.c",
        from: "return (int)sys_prctl(PR_SET_DUMPABLE, op->nums[0], 0, 0);",
        to: "return (int)sys_prctl(PR_SET_DUMPABLE, 1, 0, 0);",
      },
    ],
    red: ["traced while it joins: a pod", "root beside a user namespace: a pod"],
  },
  {
    name: "the launcher of root can be looked into, and what it executes in a user namespace (R13)",
    fixture: "ADVERSARY",
    edits: [{ file: "launch/main.c", from: "l->is_root = SYS0(geteuid) == 0;", to: "l->is_root = 0;" }],
    red: ["the host's pid namespace", "an idmapped bind"].map((where) => `root beside a user namespace: ${where}`),
  },
  {
    name: "a config with CAP_DAC_READ_SEARCH",
    fixture: "INSPECT",
    edits: [],
    patch: withCaps("CAP_DAC_READ_SEARCH"),
    red: ["shocker (2014)"],
  },
  {
    name: "a config without masks, and with a root that can be written to",
    fixture: "INSPECT",
    edits: [],
    patch: { "/linux/maskedPaths": [], "/root/readonly": false },
    red: ["Docker CVE-2018-10892: masks", "flags of all mounts", "flags of all mounts, in a user namespace"],
  },
  {
    name: "a config with a bind that receives mounts",
    fixture: "INSPECT",
    edits: [],
    patch: { "/mounts/6": bindAt("/mnt", "$BASE/vol", "rbind", "rslave") },
    red: ["propagation (youki: rslave): what the host mounts later, with rprivate"],
  },
  {
    name: "magic links are followed (R1)",
    fixture: "TRACE",
    edits: [
      {
        file: "sys/path.c",
        from: "#define IN_ROOT (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)",
        to: "#define IN_ROOT RESOLVE_IN_ROOT",
      },
    ],
    red: ["trace", "runc CVE-2024-21626"],
  },
  {
    name: "a keyring that cannot be made is passed over (R9)",
    fixture: "ENOSYS",
    edits: [
      {
        file: "init/world.c",
        from: "return err < 0 ? (int)err : 0;\n}\n\nint op_join_namespaces",
        to: "return 0;\n}\n\nint op_join_namespaces",
      },
    ],
    red: ["ENOSYS"],
  },
  {
    name: "ops that fail are passed over (R9)",
    fixture: "ENOSYS",
    edits: [
      {
        file: "sys/run.c",
        from: "	if (err < 0)\n		(void)op_fault(run, FAULT_CALL, -err, 0);\n	return err;",
        to: "	return err == -EPERM || err == -ENOSYS ? 0 : err;",
      },
    ],
    red: [
      "fail open: setgroups",
      "fail open: sethostname",
      "fail open: prlimit64",
      "fail open: setresuid",
      "fail open: seccomp",
      "fail open: capset",
      "crun 1.29: /dev/null as a regular file",
      "crun 1.29: /dev/null in a user namespace",
    ],
  },
  {
    name: "plans are not verified (R10)",
    fixture: "VERIFIER",
    edits: [
      {
        file: "launch/plan-take.c",
        from: "if (plan_verify(base, st.stx_size, &scratch, &result) != 0) {",
        to: "if (plan_verify(base, st.stx_size, &scratch, &result) == 77) {",
      },
    ],
    red: ["plan"],
  },
  ...weakenedPlanners,
];
