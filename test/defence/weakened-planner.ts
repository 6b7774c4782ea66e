// Weakened coffers whose planner, or front, has one defence taken out; some of the helper besides, where both keep it out.
import type { Weakened } from "./weakened.ts";

const core = (file: string): string => `packages/core/src/${file}`;

/** Works on files by their paths, as the weakened fronts do. */
const files = 'process.getBuiltinModule("node:fs")';

/** The weakened planners and fronts. */
export const weakenedPlanners: readonly Weakened[] = [
  {
    name: "/proc, /sys and /dev of the image may be links (R3)",
    fixture: "CANARY",
    edits: [
      {
        file: core("plan/tree/attach.ts"),
        from: "special.has(destination) ? 2 : 0;",
        to: "special.has('') ? 2 : 0;",
      },
    ],
    red: [
      "runc CVE-2019-19921",
      "runc CVE-2023-27561, CVE-2023-28642",
      "youki CVE-2025-54867",
      "runc CVE-2026-41579, crun CVE-2026-47766",
    ],
  },
  {
    name: "a bind that the config shares is no peer (R3)",
    fixture: "CANARY",
    edits: [{ file: core("plan/tree/bind.ts"), from: "isPeer ? 0 : isCut ? 1 : 2", to: "isPeer ? 2 : isCut ? 1 : 2" }],
    red: ["propagation (Kubernetes: Bidirectional): a shared bind under a shared root"],
  },
  {
    name: "without a rule every device may be used (R12)",
    fixture: "INSPECT",
    edits: [
      {
        file: core("plan/cgroup/device-rules.ts"),
        from: '  const pointer = "/linux/resources/devices";\n  const asked',
        to: '  if (rules.length === 0) return [];\n  const pointer = "/linux/resources/devices";\n  const asked',
      },
    ],
    red: ["devices: no rule"],
  },
  {
    name: "a destination may climb (R1)",
    fixture: "CANARY",
    edits: [
      {
        file: core("plan/tree/mount-list.ts"),
        from: "const destination = foldDotDot(mount.destination);",
        to: "const destination = cleanPath(mount.destination);",
      },
    ],
    red: ["containerd CVE-2022-23648"],
  },
  {
    name: "the front writes to the image by path (R2)",
    fixture: "CANARY",
    edits: [
      {
        file: core("runtime/launch/bundle.ts"),
        from: "  return makeBundle(system, directory, (dir, path) => readConfig(system, dir, path, configFile));",
        to: `  const bundle = makeBundle(system, directory, (dir, path) => readConfig(system, dir, path, configFile));
  const { config } = bundle;
  const home = config.process?.env?.find((word) => word.startsWith("HOME=/x"));
  const image = \`\${bundle.rootfs}/\`;
  if (config.annotations?.["run.oci.handler"]) ${files}.writeFileSync(\`\${image}.krun_config.json\`, "{}");
  if (home !== undefined) ${files}.writeFileSync(\`\${image}etc/passwd\`, \`x:x:0:0::\${home.slice(5)}:/\\n\`);
  return bundle;`,
      },
      {
        file: core("runtime/verbs/delete.ts"),
        from: "  forget(runtime, id);\n}",
        to: `  forget(runtime, id);
  const { mounts } = JSON.parse(${files}.readFileSync(\`\${record.bundle}/config.json\`, "utf8"));
  for (const { destination } of mounts)
    try {
      ${files}.rmdirSync(\`\${record.rootfs}\${destination}\`);
    } catch {}
}`,
      },
    ],
    red: ["crun CVE-2025-24965", "BuildKit CVE-2024-23652; Incus CVE-2026-48769", "CRI-O CVE-2022-4318"],
  },
  {
    name: "any kernel parameter is set, and more than one at a time (R10)",
    fixture: "INSPECT",
    edits: [
      {
        file: core("plan/namespaces/sysctl.ts"),
        from: "if (reason !== undefined) issues",
        to: 'if (reason === "") issues',
      },
      {
        file: core("plan/namespaces/sysctl.ts"),
        from: "for (const [name, value] of entries) {",
        to: 'for (const [name, whole] of entries) {\n    const [value = ""] = whole.split("+");',
      },
    ],
    red: [
      "sysctl of the whole machine",
      "sysctl that climbs",
      "sysctl of a namespace that is the host's",
      "CRI-O CVE-2022-0811",
    ],
  },
  {
    name: "a kernel parameter is written through the /proc in sight (R4)",
    fixture: "FAKEPROC",
    edits: [
      {
        file: "init/label.c",
        from: "	int dir = op_fd(run, op, 0);\n	struct statfs fs;",
        to: '	int dir = (int)sys_openat(AT_FDCWD, "/proc/sys", O_PATH | O_CLOEXEC, 0);\n	struct statfs fs;',
      },
      { file: "init/label.c", from: "RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)", to: "RESOLVE_NO_MAGICLINKS)" },
    ],
    red: ["“another procfs file”; youki CVE-2025-62596"],
  },
  {
    name: "the first user namespace is known by its id map (R4)",
    fixture: "INSPECT",
    edits: [
      {
        file: core("host/probe.ts"),
        from: '=> system.readLink("/proc/self/ns/user")) === initialUserns;',
        to: '=> /^\\s*0\\s+0\\s/.test(system.readText("/proc/self/uid_map", 4096))) === true || initialUserns === "";',
      },
    ],
    red: ["crun: which user namespace"],
  },
  {
    name: "the terminal is bound by its path (R5)",
    fixture: "INSPECT",
    edits: [
      {
        file: core("plan/process/terminal.ts"),
        from: '  draft.add({\n    op: "clone-tree",\n    phase: "inside",\n    flags: ["keep"],\n    source: "console",',
        to: '  draft.add({ op: "open-object", phase: "inside", at: root, path: "/dev/pts/0", resolve: 0, type: 0, major: 0, minor: 0, out: "console-path", from });\n  draft.add({\n    op: "clone-tree",\n    phase: "inside",\n    source: "console-path",',
      },
    ],
    red: ["runc CVE-2025-52565"],
  },
  {
    name: "a file system that there is none of is left out (R9)",
    fixture: "INSPECT",
    edits: [
      {
        file: core("plan/tree/mounts.ts"),
        from: "    else {\n      const kept",
        to: "    else if (Object.hasOwn(magics, mount.type)) {\n      const kept",
      },
      {
        file: core("plan/tree/mounts.ts"),
        from: "listExpected(mounts) };",
        to: "listExpected(mounts.filter(({ type }) => Object.hasOwn(magics, type))) };",
      },
    ],
    red: ["tmpfs or a file system that does not exist"],
  },
  {
    name: "without a plan init ends as if all were well (R7)",
    fixture: "INSPECT",
    edits: [
      {
        file: "init/main.c",
        from: "	(void)tell(run, MSG_FAULT, 0, -1);\n	sys_exit(1);",
        to: "	(void)tell(run, MSG_FAULT, 0, -1);\n	sys_exit(0);",
      },
    ],
    red: ["CVE-2019-5736: entry point"],
  },
  {
    name: "nothing is closed before the end (R6)",
    fixture: "INSPECT",
    edits: [
      {
        file: "sys/shared-ops.c",
        from: "int op_close(struct run *run, const struct plan_op *op)\n{\n",
        to: "int op_close(struct run *run, const struct plan_op *op)\n{\n	if (op)\n		return 0;\n",
      },
    ],
    red: ["LXC CVE-2016-8649"],
  },
  {
    name: "the caller's descriptors are passed on (R6)",
    fixture: "INSPECT",
    edits: [
      {
        file: core("runtime/launch/process-options.ts"),
        from: "preserveFds: options.preserveFds ?? 0 }",
        to: "preserveFds: options.preserveFds ?? 30 }",
      },
    ],
    red: ["Docker CVE-2015-3627; bubblewrap: descriptors", "exec through a leaked descriptor"],
  },
  {
    name: "others may read the state directory (R8)",
    fixture: "INSPECT",
    edits: [
      {
        file: core("system/node/files/files.ts"),
        from: "fs.mkdirSync(at, { mode: 0o700 })",
        to: "fs.mkdirSync(at, { mode: 0o755 })",
      },
    ],
    red: ["state directory"],
  },
  {
    name: "the caller's session is kept (R12)",
    fixture: "INSPECT",
    edits: [
      {
        file: core("plan/create/first-steps.ts"),
        from: 'if (context.terminal === "none" && context',
        to: 'if (context.terminal === "" && context',
      },
      {
        file: core("system/node/launch/launch.ts"),
        from: "stdio: [...stdio], detached: true,",
        to: "stdio: [...stdio], detached: false,",
      },
    ],
    red: ["LXC CVE-2016-10124; bwrap CVE-2017-5226; snap CVE-2019-7303"],
  },
  {
    name: "cgroups are mounted so that they can be written to (R9)",
    fixture: "INSPECT",
    edits: [
      { file: core("plan/tree/cgroup-mount.ts"), from: "  if (readonly) set", to: "  if (readonly === undefined) set" },
      {
        file: core("plan/tree/cgroup-mount.ts"),
        from: "  const attrs = mount.options.own.set | mount.options.deep.set;\n",
        to: "  const attrs = (mount.options.own.set | mount.options.deep.set) & ~attr.readonly;\n",
      },
    ],
    red: ["runc CVE-2023-25809; moby: writable cgroups"],
  },
  {
    name: "lengths of the plan have 16 bits (R10)",
    fixture: "VERIFIER",
    edits: [
      ...(["length", "length + 1"] as const).map((length) => ({
        file: core("wire/encode/sections.ts"),
        from: `words[at + 1] = ${length};`,
        to: `words[at + 1] = (${length}) & 0xffff;`,
      })),
      {
        file: core("wire/encode/fields.ts"),
        from: "words[at + 1] = value.length;",
        to: "words[at + 1] = value.length & 0xffff;",
      },
    ],
    red: ["runc CVE-2021-43784", "a crash of the plan's reader"],
  },
  {
    name: "the image's config is obeyed (R10)",
    fixture: "INSPECT",
    edits: [
      {
        file: core("runtime/launch/bundle.ts"),
        from: `isElsewhere ? name : \`\${at}/\${name}\``,
        to: `isElsewhere ? name : \`\${at}/rootfs/\${name}\``,
      },
    ],
    red: ["systemd-nspawn CVE-2026-40226"],
  },
  {
    name: "start reads the bundle once more (R10)",
    fixture: "INSPECT",
    edits: [
      {
        file: core("runtime/verbs/start.ts"),
        from: "  const record = readRecord(runtime, id);\n",
        to: `  const record = readRecord(runtime, id);
  if (record.id === id) {
    const [{ remove }, { run }] = await Promise.all([import("./delete.ts"), import("./run.ts")]);
    await remove(runtime, id, { force: true });
    await run(runtime, { id, bundle: record.bundle, detach: true });
    return;
  }
`,
      },
    ],
    red: ["config.json is read again"],
  },
  {
    name: "arguments that look like options are taken for ones (R10)",
    fixture: "INSPECT",
    edits: [
      {
        file: core("plan/process/process.ts"),
        from: "const args = process.args ?? [];",
        to: 'const args = (process.args ?? []).filter((word) => !word.startsWith("--"));',
      },
    ],
    red: ["flatpak CVE-2024-32462"],
  },
  {
    name: "the front asks the network (R12)",
    fixture: "TRACE",
    edits: [
      {
        file: core("runtime/launch/bundle.ts"),
        from: "  const path = toAbsolute(system, directory);\n",
        to: `  const path = toAbsolute(system, directory);
  process.getBuiltinModule("node:net").connect(9, "127.0.0.1").on("error", () => {});
`,
      },
    ],
    red: ["network of the runtime"],
  },
  {
    name: "init is executed in a user namespace that has the ids of root (R13)",
    fixture: "ADVERSARY",
    edits: [{ file: core("plan/create/unseen.ts"), from: "return facts.uid === 0 &&", to: "return facts.uid < 0 &&" }],
    red: ["root beside a user namespace: the ids of root in it"],
  },
  {
    name: "the profile lets io_uring through (R12)",
    fixture: "INSPECT",
    edits: [
      {
        file: core("seccomp/default-profile.ts"),
        from: "fsconfig fsmount fsopen fspick get_kernel_syms init_module io_uring_enter io_uring_register\n  io_uring_setup ioperm",
        to: "fsconfig fsmount fsopen fspick get_kernel_syms init_module ioperm",
      },
      {
        file: core("seccomp/default-profile.ts"),
        from: "mseal membarrier",
        to: "mseal io_uring_setup membarrier",
      },
    ],
    red: ["flatpak CVE-2021-41133; CVE-2022-0185, CVE-2016-3135; AF_ALG"],
  },
  {
    name: "hierarchies are mounted in which the container has no cgroup (R6)",
    fixture: "INSPECT",
    edits: [
      {
        file: "packages/core/src/plan/tree/cgroup-mount.ts",
        from: "if (place === undefined) planEmpty(",
        to: "if (hierarchy === undefined) planEmpty(",
      },
      {
        file: "packages/core/src/plan/tree/cgroup-mount.ts",
        from: "{ ...hierarchy, path: place.path }",
        to: '{ ...hierarchy, path: place?.path ?? "/" }',
      },
      {
        file: "packages/core/src/plan/cgroup/place.ts",
        from: "Object.keys(v1Roots).filter(",
        to: 'Object.keys(v1Roots).filter((name) => name !== "freezer").filter(',
      },
    ],
    red: ["a hierarchy without a cgroup of the container"],
  },
];
