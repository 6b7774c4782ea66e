// Work in a tree that is fenced ends as it does in one that is not: the same calls, results, modes, owners and kinds of files.
import type { ExecutionContext } from "ava";
import test from "ava";
import { buildProgram } from "../helpers/build.ts";
import { needs } from "../helpers/needs.ts";
import { jail, rootedWords } from "./rooted.ts";
import type { Row, Who } from "./table.ts";
import { declare, makePlace, sandboxIn } from "./table.ts";

const program = (): string => buildProgram("test/sandbox/same", ["-pthread"]);

async function seen(t: ExecutionContext, who: Who, flags: readonly string[]): Promise<readonly string[]> {
  const { box, env } = await makePlace(t, who, `git init -q .; cp ${program()} same`);
  const { stdout, stderr, exitCode } = await sandboxIn(box, who, ["--rw", ...flags, "--", "./same"], env);
  t.is(exitCode, 0, stderr);
  return stdout.split("\n");
}

const isSame = test.macro({
  exec: async (t: ExecutionContext, who: Who) => {
    t.timeout(300_000);
    if (!(await needs(t, "root", "user", "userns"))) return;
    const [without, fenced] = [await seen(t, who, []), await seen(t, who, ["--fence"])];
    t.true(without.length > 500);
    t.deepEqual(fenced, without);
  },
  title: (_, who: Who) => `as ${who}: 600 calls end as without a fence`,
});

for (const who of ["root", "user"] as const) test.serial(isSame, who);

/** Confines itself by Landlock, which handles MAKE_REG and MAKE_DIR, then makes names; so does a process whose parents are gone. */
const confined = `
import ctypes, os, struct, time
libc = ctypes.CDLL(None)
ruleset = libc.syscall(444, ctypes.create_string_buffer(struct.pack("Q", 1 << 8 | 1 << 7)), 8, 0)
print(ruleset >= 0, libc.syscall(446, ruleset, 0))
def tries(name):
    for make in (lambda: os.mkdir(name), lambda: os.close(os.open(name, os.O_CREAT | os.O_WRONLY))):
        try: make(); print("made", flush=True)
        except OSError as error: print(error.errno, flush=True)
tries("own")
sides = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        tries("orphan")
    os._exit(0)
os.close(sides[1]); os.read(sides[0], 1)
`;

const rows: readonly Row[] = [
  {
    title: "what confines itself by Landlock is not helped around its own domain, and the rest works",
    prepare: `cat > confined.py <<'END'\n${confined}END`,
    flags: ["--rw", "--fence"],
    script: "python3 confined.py; mkdir after; ls",
    stdout: /^True 0\n13\n13\n13\n13\nafter\nconfig.json\nconfined.py\nrootfs\n$/,
  },
  {
    title: "programs that trace others work",
    flags: ["--rw", "--fence"],
    script:
      "strace -f -o log sh -c 'mkdir traced; : > traced/file; rmdir nothing 2>/dev/null; true' && ls traced && grep -c mkdir log",
    stdout: /^file\n\d+\n$/,
  },
  {
    title: "copies, archives and builds are whole",
    prepare: `mkdir -p from/a/b; echo 1 > from/a/one; ln -s a from/link; ln from/a/one from/a/b/two; chmod 751 from/a/b; chmod 640 from/a/one
printf 'all: out/x\\nout/x:\\n\\tmkdir -p out && echo built > out/x\\n' > Makefile; git init -q sub; git -C sub -c user.name=n -c user.email=e commit -qm x --allow-empty`,
    flags: ["--rw", "--fence"],
    script: `set -e; cp -a from copy; diff -r from copy; stat -c '%a %h' copy/a/b copy/a/one; tar cf t.tar from; mkdir untarred; tar xpf t.tar -C untarred
diff -r from untarred/from; stat -c '%a %h' untarred/from/a/b untarred/from/a/one; make -s; cat out/x
git clone -q sub cloned; git -C cloned log --oneline | wc -l; install -D -m 600 from/a/one deep/er/one; stat -c %a deep/er/one
python3 -c 'import sqlite3; c = sqlite3.connect("db"); c.execute("create table t(x)"); c.execute("insert into t values(1)"); c.commit(); print(c.execute("select * from t").fetchall())'
sed -i s/1/2/ from/a/one; cat from/a/one; mktemp -d ./tmp.XXXXXX | wc -l`,
    stdout: /^751 2\n640 2\n751 2\n640 2\nbuilt\n1\n600\n\[\(1,\)\]\n2\n1\n$/,
  },
];

declare(rows);

test.serial("what has a root directory of its own makes no name outside of it", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "user", jail);
  const { stdout, stderr } = await sandboxIn(box, "user", rootedWords, env);
  t.is(stdout, "2\n2\n2\n13\nafter\n", stderr);
});
