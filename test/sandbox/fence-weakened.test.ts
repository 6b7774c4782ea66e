// What test/sandbox/fence.test.ts shows can be lost: without one part of the fence or of its supervisor, it is.
import type { ExecutionContext } from "ava";
import test from "ava";
import { buildWeakened } from "../defence/matrix/weaken.ts";
import type { Edit } from "../defence/weakened.ts";
import { buildProgram } from "../helpers/build.ts";
import { needs } from "../helpers/needs.ts";
import { jail, rootedWords } from "./rooted.ts";
import { makePlace, sandboxIn } from "./table.ts";

const attack = "./fence .envrc 3000";

interface Weakened {
  readonly title: string;
  readonly edits: readonly Edit[];
  readonly script: string;
  readonly stdout: RegExp;
}

const unfenced: Edit = {
  file: "init/landlock.c",
  from: "int err = (int)SYS2(landlock_restrict_self, op_fd(run, op, 0), 0);",
  to: "int err = 0;",
};

const rows: readonly Weakened[] = [
  {
    title: "without the fence a path of procfs, where the supervisor cannot tell, makes a name",
    edits: [unfenced],
    script: attack,
    stdout: /made by \/proc\/self\/root/u,
  },
  {
    title: "a supervisor that compares no names makes all",
    edits: [
      {
        file: "satellite/supervisor/guards.c",
        from: "	size_t folded_length = fold(place->name, place->length, folded);\n\n",
        to: "	size_t folded_length = fold(place->name, place->length, folded);\n\n	return 0;\n",
      },
    ],
    script: attack,
    stdout: /made by open\n[\s\S]*made by rename of a directory/u,
  },
  {
    title: "a supervisor that lets all calls go on makes nothing, and so neither does the program",
    edits: [
      {
        file: "satellite/supervisor/supervisor.c",
        from: "	long result = carry_out_call(call, &flags);",
        to: "	long result = GO_ON;",
      },
    ],
    script: "mkdir dist 2>&1; mkdir .vscode 2>&1; mkdir /dev/shm/x && echo made",
    stdout: /^mkdir: .*dist.*Permission denied\nmkdir: .*vscode.*Permission denied\nmade\n$/u,
  },
  {
    title: "a supervisor that regards no mark makes what a program's own domain forbids",
    edits: [
      {
        file: "satellite/supervisor/caller.c",
        from: "	return SYS4(prlimit64, pid, RLIMIT_LOCKS_, NULL, limit) < 0 || limit[1] == 0;",
        to: "	return SYS4(prlimit64, pid, RLIMIT_LOCKS_, NULL, limit) < 0;",
      },
    ],
    script: `python3 -c '
import ctypes, os, struct
libc = ctypes.CDLL(None)
ruleset = libc.syscall(444, ctypes.create_string_buffer(struct.pack("Q", 1 << 7)), 8, 0)
libc.syscall(446, ruleset, 0)
os.mkdir("forbidden")
'; ls`,
    stdout: /^forbidden$/mu,
  },
  {
    title: "a supervisor that reads a umask once makes names with another",
    edits: [
      {
        file: "satellite/supervisor/caller.c",
        from: "		known[i].has_umask = 0; /* threads may have it in common */\n",
        to: "",
      },
    ],
    script: `python3 -c 'import os; os.umask(0o22); os.mkdir("a"); os.mkdir("b"); os.umask(0o77); os.mkdir("c")'; stat -c %a a c`,
    stdout: /^755\n755\n$/u,
  },
  {
    title: "a supervisor that lets the kernel look again refuses a thread what another has made way for",
    edits: [
      {
        file: "satellite/supervisor/calls.c",
        from: "	if (err == -ENOENT || err == -ENOTDIR || err == -EBADF)\n		return err;\n",
        to: "",
      },
    ],
    // It is a race, which the program does not lose each time.
    script: `for i in $(seq 60); do
mkdir $i; cd $i; said=$(../same | grep '^mkdir in'); cd ..; echo "$said"
case $said in *Permission*) exit;; esac
done`,
    stdout: /Permission denied/u,
  },
];

const isNoticed = test.macro({
  exec: async (t: ExecutionContext, { edits, script, stdout }: Weakened) => {
    t.timeout(300_000);
    if (!(await needs(t, "root", "user", "userns", "gcc"))) return;
    const { helper = "" } = buildWeakened(edits);
    const program = buildProgram("test/sandbox/fence", ["-pthread"]);
    const same = buildProgram("test/sandbox/same", ["-pthread"]);
    const { box } = await makePlace(t, "root", `cp ${program} fence; cp ${same} same`);
    const outcome = await sandboxIn(box, "root", ["--rw", "--fence", "--", "sh", "-c", script], {
      COFFER_HELPER: helper,
    });
    t.regex(outcome.stdout, stdout, outcome.stderr);
  },
  title: (_, { title }: Weakened) => title,
});

for (const row of rows) test.serial(isNoticed, row);

test.serial("a supervisor that does not look at its caller's root directory makes names outside of it", async (t) => {
  t.timeout(300_000);
  if (!(await needs(t, "root", "user", "userns"))) return;
  const looks = "	if (err == 0 && caller_has_own_root(call->pid))\n		err = GO_ON;\n";
  const { helper = "" } = buildWeakened([{ file: "satellite/supervisor/calls.c", from: looks, to: "" }]);
  const { box, env } = await makePlace(t, "user", jail);
  const { stdout, stderr } = await sandboxIn(box, "user", rootedWords, { ...env, COFFER_HELPER: helper });
  t.regex(stdout, /^made\nmade\nmade\nmade\n/u, stderr);
});
