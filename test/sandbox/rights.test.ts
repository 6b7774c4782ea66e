// What a session may write, changed while it runs: against whoever is inside and holds something, or moves it
// (docs/decisions/0040-files-of-a-session.md).
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { SessionOptions } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { buildWeakened } from "../defence/matrix/weaken.ts";
import type { Edit } from "../defence/weakened.ts";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { asUser } from "../helpers/user.ts";
import type { Asked, Step } from "./rights/session.ts";
import type { Who } from "./table.ts";
import { makePlace } from "./table.ts";

/** A step, and what it comes to. */
type Expected = readonly [step: Step, result: RegExp | string];

interface Row {
  readonly title: string;
  /** A script that runs on the host first, in the directory `DIR`. */
  readonly prepare?: string;
  readonly options: SessionOptions;
  readonly steps: readonly Expected[];
  readonly edits?: readonly Edit[];
}

const readOnly = /Read-only file system/u;
const done = "done";
const go = "/tmp/go";
const released: Expected = [{ exec: `touch ${go}` }, ""];
const repo = `git init -q . && git config user.email me@example.org && git config user.name me && echo 1 > a && git add a
git commit -qm one`;
const busy = (how: string): readonly Expected[] => [
  [{ start: `python3 writer.py ${how} w/file ${go}` }, "ready"],
  [{ deny: "DIR/w" }, /^E_IO: .*something is open for writing/u],
  [{ exec: "echo more > w/other && echo written" }, "written\n"],
  released,
  [{ end: true }, "ready\n"],
  [{ deny: "DIR/w" }, done],
  [{ exec: "echo more > w/other" }, readOnly],
];

const rows: readonly Row[] = [
  {
    title: "a directory, a file and a file system in memory become read-only, and writable again",
    prepare: "mkdir w; echo 1 > f; mkdir m",
    options: { write: ["DIR/w", "DIR/f"], tmp: ["DIR/m"] },
    steps: [
      [{ exec: "echo 1 | tee w/a f m/a" }, "1\n"],
      [{ deny: ["DIR/w", "DIR/f", "DIR/m"] }, done],
      [{ exec: "for i in w/a f m/a; do (echo 2 > $i) 2>&1; done" }, /(.*Read-only file system\n){3}/u],
      [{ exec: "cat w/a f m/a" }, "1\n1\n1\n"],
      [{ allow: "DIR/f" }, done],
      [{ exec: "echo 2 > f; cat f; echo 2 > w/a" }, /^2\n.*Read-only/u],
      [{ allow: ["DIR/w", "DIR/m", "DIR/m"] }, done],
      [{ exec: "echo 3 | tee w/a m/a" }, "3\n"],
      [{ deny: "DIR" }, /^E_USAGE: .* is no path of its own/u],
      [{ allow: "/usr" }, /^E_USAGE: .* is no path of its own/u],
    ],
  },
  {
    title: "guards stay guards when the tree around them is writable again",
    prepare: repo,
    options: { writable: true },
    steps: [
      [{ exec: "echo 2 > a && git commit -qam two && echo yes" }, "yes\n"],
      [{ deny: "DIR" }, done],
      [{ exec: "echo 3 > a; echo 3 > .git/index; echo 3 > .git/hooks/x" }, /(.*Read-only file system\n?){3}/u],
      [{ exec: "mv .git x; rm -rf .git/refs" }, /(busy|Read-only)/u],
      [{ allow: "DIR" }, done],
      [{ exec: "echo 3 > .git/hooks/x; echo 3 > .git/config" }, /(.*Read-only file system\n?){2}/u],
      [{ exec: "echo 4 > a && git commit -qam four && git log --oneline | wc -l" }, "3\n"],
    ],
  },
  {
    title: "what is nested keeps its own rules",
    prepare: "mkdir -p w/r/x; cp /etc/hostname w/r/y",
    options: { write: ["DIR/w", "DIR/w/r/x"], read: ["DIR/w/r"] },
    steps: [
      [{ exec: "touch w/a w/r/x/a && touch w/r/a" }, readOnly],
      [{ deny: "DIR/w" }, done],
      [{ exec: "touch w/a; touch w/r/x/a" }, /(.*Read-only file system\n){2}/u],
      [{ allow: "DIR/w/r/x" }, done],
      [{ exec: "touch w/r/x/b; touch w/b" }, /^touch: cannot touch 'w\/b'/u],
      [{ allow: "DIR/w" }, done],
      [{ exec: "touch w/c w/r/x/c; touch w/r/c" }, /^touch: cannot touch 'w\/r\/c'/u],
      [{ deny: "DIR/w/r/x" }, done],
      [{ exec: "touch w/d; touch w/r/x/d" }, /^touch: cannot touch 'w\/r\/x\/d'/u],
    ],
  },
  {
    title: "with a fence the supervisor makes nothing either",
    prepare: "echo 1 > a",
    options: { writable: true, fence: true },
    steps: [
      [{ exec: "mkdir b && ls -d b" }, "b\n"],
      [{ deny: "DIR" }, done],
      [{ exec: "mkdir c; ln a d; rm a; mv a e; ls" }, /^(.*Read-only file system\n){4}a\nb\n$|(Read-only[\s\S]*){4}/u],
      [{ allow: "DIR" }, done],
      [{ exec: "mkdir c; mkdir .vscode; ls -d c" }, /^c\n.*\.vscode.*file system/u],
    ],
  },
  {
    title: "an overlay becomes read-only",
    prepare: "echo 1 > a",
    options: { writable: true, overlay: "discard" },
    steps: [
      [{ exec: "echo 2 > a; cat a" }, "2\n"],
      [{ deny: "DIR" }, done],
      [{ exec: "echo 3 > a; touch b" }, /(.*Read-only file system\n?){2}/u],
      [{ allow: "DIR" }, done],
      [{ exec: "echo 4 > a; cat a" }, "4\n"],
    ],
  },
  {
    title: "nothing that was held before changes anything",
    prepare: "mkdir w; touch w/file w/old w/gone1 w/gone2",
    options: { write: ["DIR/w"] },
    steps: [
      [{ start: `python3 held.py DIR/w ${go}` }, "ready"],
      [{ deny: "DIR/w" }, done],
      released,
      [{ end: true }, "ready\nlater:\n"],
    ],
  },
  ...(["open", "mapped", "sent"] as const).map((how) => ({
    title: `while a file is ${how} for writing nothing changes, and that is said`,
    prepare: "mkdir w; echo 1 > w/file",
    options: { write: ["DIR/w"] },
    steps: busy(how),
  })),
  {
    title: "a mount is changed that was named, whatever directories are renamed above it",
    prepare: "mkdir w v",
    options: { tmp: ["/srv/t"], bind: ["DIR/w:/srv/t/a/m:rw", "DIR/v:/srv/t/b/m:rw"] },
    steps: [
      [{ exec: "cd /srv/t && mv a c && mv b a && mv c b && touch a/m/is-v b/m/is-w; ls a/m b/m" }, /is-v[\s\S]*is-w/u],
      [{ deny: "/srv/t/a/m" }, done],
      [{ exec: "touch /srv/t/a/m/2 && touch /srv/t/b/m/2" }, /^touch: cannot touch '\/srv\/t\/b\/m\/2'/u],
      [{ exec: "cd /srv/t && rm -rf c; mkdir -p c/m; mv b d; ln -s c b; touch d/m/3" }, readOnly],
      [{ allow: "/srv/t/a/m" }, done],
      [{ exec: "touch /srv/t/d/m/4 && ls /srv/t/d/m" }, "4\nis-w\n"],
    ],
  },
  {
    title: "what can be written by another path too is not denied by halves",
    prepare: "mkdir -p w/x",
    options: { write: ["DIR/w"], bind: ["DIR/w/x:/srv/x:rw"] },
    steps: [
      [{ deny: "DIR/w" }, /^E_USAGE: .*can be written at "\/srv\/x" too/u],
      [{ deny: "/srv/x" }, /^E_USAGE: .*can be written at ".*\/w" too/u],
      [{ exec: "touch w/1 /srv/x/1 && ls /srv/x" }, "1\n"],
      [{ deny: ["/srv/x", "DIR/w"] }, done],
      [{ exec: "touch w/x/2; touch /srv/x/2" }, /(.*Read-only file system\n){2}/u],
    ],
  },
  {
    title: "a session that can copy its mounts is denied nothing",
    prepare: "mkdir w",
    options: { write: ["DIR/w"], unsafe: ["no-seccomp"] },
    steps: [
      [{ deny: "DIR/w" }, /^E_USAGE: .*can have a copy of its mounts/u],
      [{ exec: "touch w/a && ls w" }, "a\n"],
    ],
  },
  {
    title: "while names are made and removed without end it is done or it is not, and nothing is made after",
    prepare: "mkdir w",
    options: { write: ["DIR/w"] },
    steps: [
      [
        {
          start: `for i in 1 2 3; do (while :; do mkdir w/$i; rmdir w/$i; done 2> /dev/null) & done
echo ready; while [ ! -e ${go} ]; do sleep 0.01; done; kill $(jobs -p)`,
        },
        "ready",
      ],
      [{ press: "DIR/w", times: 100 }, done],
      [
        {
          exec: 'a=$(stat -c %y w; ls w); sleep 0.3; [ "$a" = "$(stat -c %y w; ls w)" ] && echo same',
        },
        "same\n",
      ],
      [{ allow: "DIR/w" }, done],
      [
        {
          exec: 'a=$(stat -c %y w); sleep 0.3; [ "$a" = "$(stat -c %y w)" ] || echo different',
        },
        "different\n",
      ],
      released,
    ],
  },
];

const weakened: readonly Row[] = [
  {
    title: "a launcher that changes one mount of a tree is noticed",
    edits: [
      {
        file: "peers/change-mount.c",
        from: "AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0)",
        to: "AT_EMPTY_PATH | (recursive ? 0 : 0)",
      },
    ],
    prepare: repo,
    options: { writable: true },
    steps: [
      [{ deny: "DIR" }, /^E_IO: ".*\.git" can still be written/u],
      [{ exec: "echo 1 > .git/index && echo written" }, "written\n"],
    ],
  },
  {
    title: "a launcher that takes a failure for done is noticed",
    edits: [{ file: "peers/change-mount.c", from: "	return (int)err;", to: "	return 0;" }],
    prepare: "mkdir w; echo 1 > w/file",
    options: { write: ["DIR/w"] },
    steps: [
      [{ start: `python3 writer.py open w/file ${go}` }, "ready"],
      [{ deny: "DIR/w" }, /^E_IO: ".*w" can still be written/u],
      released,
    ],
  },
];

const isSo = test.macro({
  exec: async (t: ExecutionContext, row: Row, who: Who) => {
    t.timeout(120_000);
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, who, row.prepare);
    for (const name of ["held.py", "writer.py"])
      copyFileSync(join(repository, "test/sandbox/rights", name), join(box.path, name));
    const put = (text: string): string => text.replaceAll("DIR", box.path);
    const asked: Asked = {
      root: join(box.base, who === "user" ? "run/state" : "state"),
      options: { ...row.options, cwd: box.path },
      steps: row.steps.map(([step]) => step),
    };
    const built = row.edits === undefined ? undefined : buildWeakened(row.edits);
    const helper = built?.helper === undefined ? {} : { COFFER_HELPER: built.helper };
    const driver = join(repository, "test/sandbox/rights/session.ts");
    const words = ["--conditions=@coffer/source", "--disable-warning=ExperimentalWarning", driver];
    const prefix = who === "user" ? asUser : [];
    const argv = [...prefix, process.execPath, ...words, put(JSON.stringify(asked))];
    const { stdout, stderr, exitCode } = await command(argv, { cwd: box.path, env: { ...env, ...helper } });
    t.is(exitCode, 0, stderr);
    const results: readonly string[] = JSON.parse(stdout || "[]");
    t.is(results.length, row.steps.length);
    for (const [index, [step, expected]] of row.steps.entries()) {
      const what = `step ${index}, ${JSON.stringify(step)}`;
      if (typeof expected === "string") t.is(results[index], put(expected), what);
      else t.regex(results[index] ?? "", expected, what);
    }
    await nothingLeft(t, box, box.before);
  },
  title: (_, { title }, who) => `as ${who}: ${title}`,
});

for (const row of [...rows, ...weakened]) for (const who of ["root", "user"] as const) test.serial(isSo, row, who);
