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
  /** The caller has a controlling terminal. */
  readonly onTerminal?: boolean;
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

const taken = "		long n = SYS6(recvfrom, CONTAINER, text, sizeof(text), MSG_DONTWAIT_, 0, 0);\n";
/** The whole message goes to the service manager. */
const passesAll: readonly Edit[] = [
  {
    file: "satellite/notify.c",
    from: "			size = ready_line(text, (size_t)n, line, sizeof(line));\n",
    to: "			size = (size_t)n < sizeof(line) ? (size_t)n : sizeof(line);\n		(void)memcpy(line, text, size);\n		(void)ready_line;\n",
  },
];
/** A descriptor of the container takes the place of the one that goes to the service manager, and no filter forbids that. */
const takesDescriptors: readonly Edit[] = [
  {
    file: "satellite/main.c",
    from: "	long err = SYS3(seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);",
    to: "	long err = program.filter ? 0 : -EPERM;",
  },
  {
    file: "satellite/notify.c",
    from: taken,
    to: `		struct io_vector iov = {text, sizeof(text)};
		struct control_fd control = {.fd = -1};
		struct message_header head = {.iov = &iov, .iov_count = 1, .control = &control, .control_size = CONTROL_USED};

		(void)sys_close(HELD);
		long n = SYS3(recvmsg, CONTAINER, &head, MSG_DONTWAIT_);
`,
  },
];

/** One row for each attacker at least. */
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
    attacker: "shuffler",
    rights: "bind",
    verb: "run",
    name: "what is missing is made through a link",
    edits: editsOf("what is missing is made through a link (R2)"),
    lost: /canary/,
  },
  {
    attacker: "hider",
    rights: "privileged",
    verb: "exec -t",
    name: "what is at /dev/pts is believed, and opened so that it is waited for, without a bound",
    edits: [
      ...waitsForEver,
      {
        file: "init/world.c",
        from: "if (!(op->flags & OPF_DEVICE) && fs.f_type != DEVPTS_SUPER_MAGIC)",
        to: "if (fs.f_type == 77)",
      },
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
  {
    attacker: "flooder",
    rights: "docker",
    verb: "run",
    name: "what the container tells of its start goes to the service manager as it is",
    edits: passesAll,
    lost: /service manager/,
  },
  {
    attacker: "passer",
    rights: "docker",
    verb: "run",
    name: "descriptors are taken from the notify socket, and the satellite has no filter",
    edits: takesDescriptors,
    lost: /service manager: .*strange fd/,
  },
  {
    attacker: "terminal",
    rights: "none",
    verb: "run",
    name: "the caller's session is kept",
    edits: editsOf("the caller's session is kept (R12)"),
    lost: /terminal/,
    onTerminal: true,
  },
];
