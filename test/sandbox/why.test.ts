// `coffer why`, `coffer plan sandbox` and `coffer audit sandbox`: what they say is what a sandbox then does.
import { existsSync, readFileSync } from "node:fs";
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, testUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn } from "./table.ts";

interface Row {
  readonly title: string;
  /** Words behind `why`; `DIR` and `BESIDE` as in other tables. */
  readonly words: readonly string[];
  readonly answer: RegExp;
  readonly prepare?: string;
}

const tree =
  "git init -q .; git config user.name n; mkdir -p sub .husky .git/hooks; echo 1 > file; echo KEY=1 > .env; ln -s file link; ln -s ../beside/file away; echo text > ../beside/file";

const rows: readonly Row[] = [
  { title: "the tree is read", words: ["file"], answer: /^allowed: read DIR\/file: the tree that is worked in\n$/ },
  {
    title: "the tree is not written",
    words: ["file", "--op", "write"],
    answer: /^denied: write .*can only be read: add --rw\n$/,
  },
  { title: "the tree is written with --rw", words: ["file", "--op", "write", "--rw"], answer: /^allowed: write/ },
  { title: "a new name is written with --rw", words: ["sub/new", "--op", "write", "--rw"], answer: /^allowed: write/ },
  {
    title: "a guard holds",
    words: [".git/hooks/pre-commit", "--op", "write", "--rw"],
    answer: /^denied: .*guarded: .*: add --write DIR\/\.git\/hooks\n$/,
  },
  {
    title: "a guard is lifted by its name",
    words: [".git/hooks", "--op", "write", "--rw", "--write", ".git/hooks"],
    answer: /^allowed: write .*--write\n$/,
  },
  {
    title: "a guarded name that is missing cannot be made with a fence",
    words: [".vscode/x", "--op", "write", "--rw", "--fence"],
    answer: /^denied: .*guarded, and missing: .*\n$/,
  },
  {
    title: "a guarded name that is missing is told",
    words: [".vscode", "--op", "write", "--rw"],
    answer: /^allowed: .*told at the end\n$/,
  },
  {
    title: "a file of variables is hidden",
    words: [".env"],
    answer: /^denied: .*hidden: .*keys: add --read DIR\/\.env\n$/,
  },
  { title: "what is denied is hidden", words: ["file", "--deny", "file"], answer: /^denied: .*hidden by --deny\n$/ },
  {
    title: "what is beside is not seen",
    words: ["BESIDE/file"],
    answer: /^denied: .*(?:does not show it|is not there): add --read BESIDE\/file\n$/,
  },
  {
    title: "a file of the sandbox's own is there",
    words: ["/etc/passwd"],
    answer: /^allowed: read \/etc\/passwd: the sandbox has a file of its own there\n$/,
  },
  {
    title: "advice is a word of a shell",
    words: ["/srv/it's;x\u001b"],
    answer: /: add --read \$'\/srv\/it\\x27s;x\\x1b'\n$/,
  },
  {
    title: "advice about a host is a word of a shell",
    words: ["[2001:db8::1]:443", "--op", "connect"],
    answer: /: add --allow '\[2001:db8::1\]:443'\n$/,
  },
  {
    title: "what is beside is seen by its name",
    words: ["BESIDE/file", "--read", "BESIDE"],
    answer: /^allowed: .*--read\n$/,
  },
  { title: "a link is followed", words: ["link"], answer: /^allowed: read DIR\/link: leads to DIR\/file/ },
  {
    title: "a link out of the tree shows nothing",
    words: ["away"],
    answer: /^denied: .*leads to BESIDE\/file: .*add --read BESIDE\/file/,
  },
  {
    title: "a new name behind a link out of the tree is not written",
    words: ["./out/new", "--op", "write", "--rw"],
    prepare: "ln -s /srv out",
    answer: /^denied: .*leads to \/srv\/new: the sandbox does not show it/,
  },
  {
    title: "a new name behind a link to what is guarded is not written",
    words: ["./hk/new", "--op", "write", "--rw"],
    prepare: "ln -s .git/hooks hk",
    answer: /^denied: .*leads to DIR\/\.git\/hooks\/new: guarded/,
  },
  {
    title: "a link to a new name of what is guarded is not written",
    words: ["./new", "--op", "write", "--rw"],
    prepare: "ln -s .git/hooks/new new",
    answer: /^denied: .*leads to DIR\/\.git\/hooks\/new: guarded/,
  },
  { title: "programs are read", words: ["/usr/bin/env"], answer: /^allowed: .*host's programs/ },
  {
    title: "programs are not written",
    words: ["/usr/bin/env", "--op", "write"],
    answer: /^denied: .*: can only be read(?:: add --write \/usr\/bin\/env|, and only its owner may write it)\n$/,
  },
  { title: "/etc is the sandbox's own", words: ["/etc/shadow"], answer: /^denied: / },
  {
    title: "/tmp is the sandbox's own",
    words: ["/tmp/new", "--op", "write"],
    answer: /^allowed: .*gone with the sandbox/,
  },
  ...["/dev/null", "/dev/stdin", "/dev/shm", "/proc/cpuinfo", "/proc/self/exe", "/run", "/home"].map((path) => ({
    title: `the sandbox has its own ${path}`,
    words: [path],
    answer: /^allowed: read \S+: the sandbox has its own\n$/,
  })),
  ...["/dev/fuse", "/dev/shm/x", "/proc/4194304", "/proc/kcore"].map((path) => ({
    title: `no flag shows the host's ${path}`,
    words: [path],
    answer: /^denied: read \S+: (?!.*: add )/,
  })),
  {
    title: "no flag lets a device of the host be written",
    words: ["/dev/fuse", "--op", "write"],
    answer: /^denied: write \S+: a sandbox has its own devices, and none of the host\n$/,
  },
  { title: "its own device is written", words: ["/dev/null", "--op", "write"], answer: /^allowed: write / },
  {
    title: "shared memory is its own",
    words: ["/dev/shm/x", "--op", "write"],
    answer: /^allowed: write .*gone with the sandbox\n$/,
  },
  { title: "its own process is written", words: ["/proc/self/comm", "--op", "write"], answer: /^allowed: write / },
  {
    title: "the kernel is not written",
    words: ["/proc/cpuinfo", "--op", "write"],
    answer: /^denied: write \S+: (?!.*: add )/,
  },
  {
    title: "no host is reached",
    words: ["example.org"],
    answer: /^denied: connect example\.org:443: not allowed: add --allow example\.org:443\n$/,
  },
  {
    title: "a host is reached",
    words: ["example.org:80", "--allow", "*.org"],
    answer: /^allowed: connect example\.org:80/,
  },
  {
    title: "a host is denied",
    words: ["example.org:80", "--allow", "*.org", "--deny-host", "example.org"],
    answer: /^denied: .*example\.org is denied\n$/,
  },
  { title: "the metadata service is denied", words: ["169.254.169.254", "--allow", "*"], answer: /^denied: / },
  { title: "a port of the host is denied", words: ["localhost:5432"], answer: /^denied: .*add --host-port 5432\n$/ },
  { title: "a port of the host is reached", words: ["127.0.0.1:5432", "--host-port", "5432"], answer: /^allowed: / },
  {
    title: "profiles count",
    words: ["example.org", "--profile", "./p.json"],
    prepare: `printf '{"network":{"allow":["example.org"]}}' > p.json`,
    answer: /^allowed: /,
  },
];

const answers = test.macro({
  exec: async (t, row: Row, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, who, `${tree}; ${row.prepare ?? "true"}`);
    const put = (text: string): string => text.replaceAll("BESIDE", `${box.base}/beside`).replaceAll("DIR", box.path);
    const prefix = who === "user" ? asUser : [];
    const words = [...prefix, ...cofferArgv(), "why", "--tools", "none", ...row.words.map(put)];
    const { stdout, exitCode, stderr } = await command(words, { cwd: box.path, env });
    t.regex(stdout, new RegExp(put(row.answer.source)), stderr);
    t.is(exitCode, stdout.startsWith("allowed") ? 0 : 1, stderr);
    const run = (more: readonly string[]) => sandboxIn(box, who, more.map(put), env);
    await doesAsSaid(t, row, { said: stdout, isAllowed: exitCode === 0, run });
  },
  title: (_, row: Row, who: Who) => `as ${who}: ${row.title}`,
});

/** What is said of a path, a sandbox with the same flags does, and the flag that is named allows it. */
async function doesAsSaid(
  t: Parameters<typeof makePlace>[0],
  { words }: Row,
  {
    said,
    isAllowed,
    run,
  }: {
    readonly said: string;
    readonly isAllowed: boolean;
    readonly run: (words: readonly string[]) => ReturnType<typeof sandboxIn>;
  },
): Promise<void> {
  const [target = "", ...flags] = words;
  const at = flags.indexOf("--op");
  const op = at < 0 ? "read" : flags[at + 1];
  if (!/^[./]|^(?:file|sub|link|away)|BESIDE/.test(target)) return;
  const rest = at < 0 ? flags : flags.toSpliced(at, 2);
  // A file of no bytes in the place of one that is hidden is not read. What every sandbox has of its own may have none.
  const read = said.endsWith("has its own\n")
    ? `[ -r "${target}" ]`
    : `if [ -d "${target}" ]; then [ -n "$(ls -A "${target}")" ]; else [ -s "${target}" ]; fi`;
  // Who may make names in /dev makes a file, and no device of the host.
  const isDevice = /^\/dev\/(?!shm)/.test(target);
  const write = `${isDevice ? `[ -c ${target} ] || exit 1; ` : ""}if [ -d "${target}" ]; then touch "${target}/x"; else : >> "${target}"; fi`;
  const does = (more: readonly string[]) =>
    run(["--tools", "none", ...rest, ...more, "--", "sh", "-c", op === "write" ? write : read]);
  const { exitCode } = await does([]);
  t.is(exitCode === 0, isAllowed, `a sandbox ${exitCode === 0 ? "does" : "does not"} ${op} it`);
  const [, flag, value] = /: add (--[\w-]+)(?: ([\w./-]+))?\n$/.exec(said) ?? [];
  if (flag === undefined || (value !== undefined && !existsSync(value))) return;
  const more = await does(value === undefined ? [flag] : [flag, value]);
  t.is(more.exitCode, 0, `${flag} does not allow it: ${more.stderr}`);
}

for (const row of rows) for (const who of ["root", "user"] as const) test.serial(answers, row, who);

test.serial("what belongs to another user is not written, and root is warned", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  for (const [who, mode, why] of [
    ["root", "777", /^denied: write .*: it belongs to another user, and root in a sandbox has no rights to it\n$/],
    ["user", "755", /^denied: write .*: only its owner may write it\n$/],
  ] as const) {
    const { box, env } = await makePlace(t, who);
    const owner = who === "root" ? testUser : "root";
    const dir = `${box.base}/beside/other`;
    await command(["install", "-d", "-o", owner, "-m", mode, dir]);
    const flags = ["--tools", "none", "--write", dir];
    const words = [...(who === "user" ? asUser : []), ...cofferArgv(), "why", `${dir}/x`, "--op", "write", ...flags];
    const asked = await command(words, { cwd: box.path, env });
    t.regex(asked.stdout, why, asked.stderr);
    const { exitCode, stderr } = await sandboxIn(box, who, [...flags, "--", "sh", "-c", `: > ${dir}/x`], env);
    t.not(exitCode, 0);
    const warned = stderr.includes(`coffer: warning: "${dir}" belongs to another user`);
    t.is(warned, who === "root", stderr);
  }
});

test.serial("why makes no directory for downloads", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "user");
  const home = `${box.base}/beside`;
  const words = [...asUser, ...cofferArgv(), "why", ".", "--cache", "npm", "--tools", "none"];
  const { exitCode, stderr } = await command(words, { cwd: box.path, env: { ...env, HOME: home } });
  t.is(exitCode, 0, stderr);
  t.notRegex((await command(["ls", "-A", home])).stdout, /npm/);
});

test.serial("a plan and an audit of a sandbox run nothing", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "user", "true");
  const call = (...words: readonly string[]) => command([...asUser, ...cofferArgv(), ...words], { cwd: box.path, env });
  const plan = await call("plan", "sandbox", "--rw", "--tools", "none", "--", "touch", "x");
  t.is(plan.exitCode, 0, plan.stderr);
  t.regex(plan.stdout, /exec/);
  const json = await call("sandbox", "--show", "plan", "--json", "--tools", "none", "--", "touch", "x");
  t.is(JSON.parse(json.stdout).kind, "create");
  const audit = await call("audit", "sandbox", "--tools", "none", "--", "touch", "x");
  t.is(audit.exitCode, 0, audit.stdout);
  t.regex(audit.stdout, /^ {10}fix: add --pids N$/m);
  const weak = await call("audit", "sandbox", "--unsafe-no-seccomp", "--tools", "none", "--", "touch", "x");
  t.not(weak.exitCode, 0);
  t.regex(weak.stdout, /seccomp/);
  t.deepEqual((await command(["ls", box.path])).stdout.includes("x\n"), false);
});

for (const [file, profile] of [
  ["pom.xml", "java"],
  ["build.gradle", "java"],
  ["settings.gradle.kts", "java"],
  ["setup.py", "python"],
] as const)
  test.serial(`init knows a project with ${file}`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, "user", `echo > ${file}`);
    const made = await command([...asUser, ...cofferArgv(), "init"], { cwd: box.path, env });
    t.is(made.exitCode, 0, made.stderr);
    t.true(readFileSync(`${box.path}/coffer.jsonc`, "utf8").includes(`"extends": ["${profile}"], // ${file}\n`));
    const asked = await command([...asUser, ...cofferArgv(), "why", "repo.maven.apache.org"], { cwd: box.path, env });
    t.is(asked.exitCode, profile === "java" ? 0 : 1, asked.stdout);
  });

test.serial("init writes settings for what a project is made with", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "user", "echo '{}' > package.json; echo > go.mod");
  const call = (...words: readonly string[]) => command([...asUser, ...cofferArgv(), ...words], { cwd: box.path, env });
  const made = await call("init");
  t.is(made.exitCode, 0, made.stderr);
  t.regex(made.stdout, /^wrote .*coffer\.jsonc\n(?:.*\n)*accepted until the file changes/);
  const accepted = await call("sandbox", "--tools", "none", "--", "sh", "-c", "touch x && echo $HTTPS_PROXY");
  t.regex(accepted.stdout, /^http/, accepted.stderr);
  const again = await call("init");
  t.regex(again.stderr, /is there already/);
  t.is(again.exitCode, 1);
});
