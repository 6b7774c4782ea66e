// Weakened coffers: for every fixture at least one build of the helper with one defence taken out, and the rows that must
// turn red. An edit that does not apply any more is an error, so that the table cannot go stale unseen.

/** One place of the sources, and what it becomes. */
export type Edit = { readonly file: string; readonly from: string; readonly to: string };

/** A weakened build. */
export type Weakened = {
  readonly name: string;
  readonly fixture: "CANARY" | "RACER" | "FAKEPROC" | "INSPECT" | "TRACE" | "ENOSYS" | "VERIFIER";
  readonly edits: readonly Edit[];
  /** Ids of rows, names of races, `trace` or `plan`: each must fail with this build. */
  readonly red: readonly string[];
};

const unrooted: Edit = {
  file: "sys/path.c",
  from: "	long fd = -EAGAIN;\n",
  to: "	long fd = -EAGAIN;\n\n	if (resolve & RESOLVE_IN_ROOT) {\n		how.resolve = 0;\n		while (*path == '/' && path[1])\n			path++;\n		path = *path == '/' ? \".\" : path;\n	}\n",
};

/** The weakened builds. */
export const weakenedBuilds: readonly Weakened[] = [
  {
    name: "paths are not resolved in the root (R1)",
    fixture: "CANARY",
    edits: [unrooted],
    red: ["LXC CVE-2015-1335"],
  },
  {
    name: "paths are not resolved in the root (R1), while they are exchanged",
    fixture: "RACER",
    edits: [unrooted],
    red: ["race: the target of a mount", "race: the parent of a missing mount point"],
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
        from: "(size_t)n != size ? -EIO : seal(fd, F_SEAL_EXEC_);",
        to: "(size_t)n != size ? -EIO : 0;",
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
    name: "capabilities are set inheritable, and not read back (R9)",
    fixture: "INSPECT",
    edits: [
      {
        file: "init/drop.c",
        from: ".inheritable = op->nums[OP_SET_CAPS_NUM_INHERITABLE],",
        to: ".inheritable = op->nums[OP_SET_CAPS_NUM_PERMITTED],",
      },
    ],
    red: ["runc CVE-2022-24769, CVE-2022-29162; crun CVE-2022-27650; youki CVE-2025-27612"],
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
        from: '	int err =\n	    (int)SYS5(mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr));\n\n	(void)sys_close(fd);\n	return err;',
        to: "	(void)attr;\n	(void)sys_close(fd);\n	return 0;",
      },
    ],
    red: [
      "propagation (runc #4417, crun 1.27.1): nothing is said",
      "propagation (runc #4417, crun 1.27.1): a private bind",
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
    name: "magic links are followed (R1)",
    fixture: "TRACE",
    edits: [
      {
        file: "sys/path.c",
        from: "#define IN_ROOT (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)",
        to: "#define IN_ROOT RESOLVE_IN_ROOT",
      },
    ],
    red: ["trace"],
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
];
