// Builds with one defence taken out: each attacker turns its cells red with one of them.
import type { Edit } from "../../defence/weakened.ts";
import { keepsRights, weakenedBuilds } from "../../defence/weakened.ts";
import type { Verb } from "./verbs.ts";

export type Weakening = {
  readonly attacker: string;
  readonly rights: string;
  readonly verb: Verb;
  /** What is taken out. */
  readonly name: string;
  readonly edits: readonly Edit[];
  /** What must be lost. */
  readonly lost: RegExp;
};

/** The edits of a build that the defence matrix has as well. */
function editsOf(name: string): readonly Edit[] {
  const build = weakenedBuilds.find((one) => one.name === name);
  if (build === undefined) throw new Error(`no weakened build: ${name}`);
  return build.edits;
}

const waitsForEver: readonly Edit[] = [
  { file: "wait/init.c", from: "l->patience_ms = !limited ? -1 :", to: "l->patience_ms = !limited || 1 ? -1 :" },
];
/** Of memory and processes: a cpuset that is not written cannot be joined. */
const noLimits: readonly Edit[] = [
  {
    file: "cgroup/cgroup.c",
    from: "int op_write_cgroup(struct run *run, const struct plan_op *op)\n{\n",
    to: "int op_write_cgroup(struct run *run, const struct plan_op *op)\n{\n	const char *f = plan_string(&run->plan, op, OP_WRITE_CGROUP_DATA_FILE);\n\n	if (*f == 'p' || *f == 'm')\n		return 0;\n",
  },
];

const late = /not within/;
const reached = /of the runtime|its /;

/** Attackers without such a build, and why. */
export const unweakened: Readonly<Record<string, string>> = {
  passer: "nothing of the runtime takes part: the queues that the passer fills are read by nobody",
  shuffler:
    "not red in 60 runs without RESOLVE_IN_ROOT; the races of the defence matrix exchange the same names and turn red (RACER)",
  flooder: "not red: the relay ends by other bounds too",
  terminal: "not red: the launcher has no controlling terminal to pass on",
};

/** One row for each other attacker. */
export const weakenings: readonly Weakening[] = [
  {
    attacker: "tracer",
    rights: "docker + CAP_SYS_PTRACE",
    verb: "exec",
    name: "capabilities are not given up",
    edits: keepsRights,
    lost: reached,
  },
  {
    attacker: "uring",
    rights: "docker + CAP_SYS_PTRACE",
    verb: "exec",
    name: "capabilities are not given up",
    edits: keepsRights,
    lost: reached,
  },
  {
    attacker: "stopper",
    rights: "docker",
    verb: "exec",
    name: "the launcher waits for init for ever",
    edits: waitsForEver,
    lost: late,
  },
  {
    attacker: "staller",
    rights: "privileged",
    verb: "exec",
    name: "the launcher waits for init for ever",
    edits: waitsForEver,
    lost: late,
  },
  {
    attacker: "cgroups",
    rights: "cgroups",
    verb: "delete",
    name: "the name of a cgroup is expected to be short, and a listing that fails to be at its end",
    edits: editsOf("the name of a cgroup is expected to be short, and a listing that fails to be at its end (R12)"),
    lost: /left|not within/,
  },
  {
    attacker: "hider",
    rights: "privileged",
    verb: "exec -t",
    name: "what is at /dev/pts is believed, and opened so that it is waited for, without a bound",
    edits: [
      ...waitsForEver,
      { file: "init/world.c", from: "if (fs.f_type != DEVPTS_SUPER_MAGIC)", to: "if (fs.f_type == 77)" },
      {
        file: "init/world.c",
        from: 'path_open(devpts, "ptmx", O_RDWR | O_NOCTTY, PLAIN)',
        to: 'path_open(devpts, "ptmx", O_RDONLY | O_NOCTTY, PLAIN)',
      },
    ],
    lost: late,
  },
  { attacker: "forks", rights: "docker", verb: "exec", name: "limits are not written", edits: noLimits, lost: /limit/ },
  { attacker: "hog", rights: "docker", verb: "exec", name: "limits are not written", edits: noLimits, lost: /limit/ },
];
