// `coffer explain`: a plan in words, of a bundle, a stored plan and a sandbox; and `coffer audit --fix`.
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { command } from "../helpers/command.ts";
import { makeBox, ok } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";

const coffer = (...words: readonly string[]) => command([...cofferArgv(), ...words]);
const explain = (...words: readonly string[]) => coffer("explain", ...words);
const titles = ["Runs as", "Sees", "May write", "Network", "Shares", "Limits", "On the host", "Unusual"];

test.serial("a bundle is explained in words, and nothing is left", async (t) => {
  const box = makeBox(t);
  const { stdout, exitCode, stderr } = await explain(box.path);
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /^A plan that makes a container: \d+ ops\n\nRuns as /);
  for (const title of titles) t.true(stdout.includes(`\n${title.padEnd(13)}`), title);
  t.true(stdout.includes("! it is root of the host: there is no user namespace"));
  t.false(stdout.includes("\u001b"));
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a stored plan is explained the same, and does not know the fields", async (t) => {
  const box = makeBox(t);
  const file = join(box.base, "plan");
  await ok(t, box, "plan", [box.path, "--raw", file]);
  const of = async (...words: readonly string[]) => (await explain(...words)).stdout.split("\nSees")[0];
  t.is(await of("--plan", file), await of(box.path));
  const { stderr, exitCode } = await explain("--plan", file, "--field", "/mounts/0");
  t.is(exitCode, 1);
  t.regex(stderr, /a stored plan does not say which field asks for an op/);
});

test.serial("a field, an op and a system call are answered with ops", async (t) => {
  const box = makeBox(t, { "/hostname": "here" });
  t.regex(
    (await explain(box.path, "--field", "/hostname")).stdout,
    /set-hostname name=here\n.*asked for by \/hostname/s,
  );
  t.regex((await explain(box.path, "--syscall", "pivot_root")).stdout, /^inside:\n +\d+ {2}pivot root=root\n/);
  t.is((await explain(box.path, "--syscall", "reboot")).stdout, 'no op of the plan calls "reboot"\n');
  t.regex((await explain(box.path, "--op", "0")).stdout, /^ +0 {2}host-root = open-root\n.*phase host\n/s);
  for (const words of [
    ["--field", "/no"],
    ["--op", "9999"],
    ["--field", "x"],
    ["--op", "1", "--syscall", "read"],
    ["--syscall", "opne"],
  ]) {
    const { stderr, exitCode } = await explain(box.path, ...words);
    t.is(exitCode, 1, words.join(" "));
    t.regex(stderr, /^coffer: [^\n]+\n$/);
  }
});

test.serial("--ops prints the plan behind the words, --json the words for programs", async (t) => {
  const box = makeBox(t);
  const { stdout } = await explain(box.path, "--ops");
  t.regex(stdout, /\n\nhost:\n {3}0 {2}host-root = open-root\n/);
  const { parts } = JSON.parse((await explain(box.path, "--json")).stdout);
  t.deepEqual(
    parts.map(({ title }: { readonly title: string }) => title),
    titles,
  );
});

test.serial("--html writes one page that needs nothing else", async (t) => {
  const box = makeBox(t);
  const file = join(box.base, "plan.html");
  const { stdout, exitCode } = await explain(box.path, "--html", file);
  t.deepEqual([exitCode, stdout], [0, ""]);
  const page = readFileSync(file, "utf8");
  t.true(page.includes("default-src 'none'"));
  t.regex(page, /it is root of the host: there is no user namespace/);
  t.false(/<script|src=|https?:/.test(page));
});

test.serial("a sandbox is explained, and its command is not run", async (t) => {
  const box = makeBox(t);
  const file = join(box.base, "ran");
  const argv = [...cofferArgv(), "explain", "sandbox", "--rw", "--", "touch", file];
  const { stdout, exitCode, stderr } = await command(argv, { cwd: box.base });
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /it runs touch /);
  t.regex(stdout, /\nMay write {4}\* of the host: /);
  t.throws(() => statSync(file), { code: "ENOENT" });
});

test.serial("on a terminal a long answer has colours, and goes through the pager; NO_COLOR has none", async (t) => {
  const box = makeBox(t);
  const words = [...cofferArgv(), "explain", box.path].map((word) => `'${word}'`).join(" ");
  const onTerminal = async (settings: string) => {
    const line = `stty rows 10 cols 80; ${settings} ${words}`;
    return (await command(["script", "-q", "-e", "-c", line, "/dev/null"], { env: { TERM: "xterm" } })).stdout;
  };
  const paged = await onTerminal("PAGER='sed s/^/paged:/'");
  t.true(paged.includes("paged:\u001b[1mA plan that makes a container"));
  const plain = await onTerminal("NO_COLOR=1 PAGER=cat");
  t.regex(plain, /^A plan that makes a container/m);
  t.false(plain.includes("\u001b["));
  const widest = Math.max(...plain.split("\r\n").map((text) => (text.includes(box.base) ? 0 : text.length)));
  t.true(widest <= 80);
  // A pager that is missing loses nothing.
  t.regex(await onTerminal("PAGER=/no/such/pager"), /A plan that makes a container/);
});

test.serial("--fix asks, and without a yes nothing is written", async (t) => {
  const box = makeBox(t);
  const file = join(box.path, "config.json");
  const before = readFileSync(file, "utf8");
  const { stdout, stderr, exitCode } = await command([...cofferArgv(), "audit", "--fix", box.path], { input: "n\n" });
  t.is(exitCode, 0);
  t.regex(stdout, /^[a-z-]+: set \/[^\n]+\n.*nothing is written\n$/s);
  t.regex(stderr, /write \d+ changes to [^\n]*config\.json\? \[y\/N\] $/);
  t.is(readFileSync(file, "utf8"), before);
});

test.serial("--fix asks on a terminal that was made non-blocking", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const before = readFileSync(join(box.path, "config.json"), "utf8");
  const words = [...cofferArgv(), "audit", "--fix", box.path].join(" ");
  const typed = '{ sleep 1; echo n; } | script -qec "$1" /dev/null';
  const { stdout, stderr } = await command(["sh", "-c", typed, "sh", words]);
  t.regex(stdout, /nothing is written/, stderr);
  t.is(readFileSync(join(box.path, "config.json"), "utf8"), before);
});

for (const [verb, ...words] of [
  ["explain"],
  ["explain", "--rw"],
  ["plan", "ls", "-l"],
  ["audit", "--rw", "ls"],
] as const)
  test.serial(`${[verb, "sandbox", ...words].join(" ")} says that -- begins the command`, async (t) => {
    const box = makeBox(t);
    const argv = [...cofferArgv(), verb, "sandbox", ...words];
    const { exitCode, stderr } = await command(argv, { cwd: box.base });
    t.is(exitCode, 1);
    t.regex(stderr, new RegExp(`^coffer: ${verb} sandbox: .*write -- before its command.* write \\./sandbox\n$`));
  });

test.serial("a bundle that is named sandbox is explained by its name", async (t) => {
  const box = makeBox(t);
  renameSync(box.path, join(box.base, "sandbox"));
  const { exitCode, stdout } = await command([...cofferArgv(), "explain", "sandbox"], { cwd: box.base });
  t.is(exitCode, 0);
  t.regex(stdout, /^A plan that makes a container/);
});

test.serial("--fix that cannot be done exits with 1, and the config is as it was", async (t) => {
  const box = makeBox(t);
  const file = join(box.path, "config.json");
  const whole = readFileSync(file, "utf8");
  const config = JSON.parse(whole);
  for (const text of ["{", "[]", JSON.stringify({ ...config, process: { ...config.process, cwd: "x" } })]) {
    writeFileSync(file, text);
    const { exitCode, stderr, stdout } = await coffer("audit", "--fix", "--yes", box.path);
    t.deepEqual([exitCode, stdout], [1, ""], text);
    t.regex(stderr, /^coffer: /);
    t.is(readFileSync(file, "utf8"), text);
  }
  t.is((await coffer("audit", "--fix", "--yes", "/no/such/bundle")).exitCode, 1);
});

for (const [words, answers] of [
  [["--html", "page.html"], "explain"],
  [["--field", "/mounts/0"], "explain"],
  [["--json"], "plan or --show audit or --show explain"],
  [["--fail-on", "high"], "audit"],
] as const)
  test.serial(`sandbox ${words.join(" ")} runs nothing without --show`, async (t) => {
    const box = makeBox(t);
    const made = join(box.path, "made");
    const { exitCode, stderr } = await coffer("sandbox", "--rw", ...words, "--", "touch", made);
    t.is(exitCode, 125);
    t.true(stderr.includes(`${words[0]} is only for --show ${answers}; nothing has run`), stderr);
    t.false(existsSync(made));
  });

test.serial("--fix --yes writes a config with fewer findings, in the form and mode that it had", async (t) => {
  const box = makeBox(t);
  const file = join(box.path, "config.json");
  const { mode } = statSync(file);
  const countOf = async () => JSON.parse((await coffer("audit", "--json", box.path)).stdout).findings.length;
  const before = await countOf();
  const { stdout, exitCode, stderr } = await coffer("audit", "--fix", "--yes", box.path);
  t.is(exitCode, 0, stderr);
  const after = await countOf();
  t.true(after < before);
  t.regex(stdout, new RegExp(`\nwritten; ${after} findings are left\n$`));
  t.is(statSync(file).mode, mode);
  t.regex((await coffer("audit", "--fix", "--yes", box.path)).stdout, /^no finding has a change that removes it\n$/);
  await ok(t, box, "plan", [box.path]);
});

test.serial("--fix keeps numbers that a double cannot hold", async (t) => {
  const limit = "18446744073709551615";
  const box = makeBox(t);
  const file = join(box.path, "config.json");
  const config = JSON.parse(readFileSync(file, "utf8"));
  config.process.rlimits = [{ type: "RLIMIT_AS", hard: "LIMIT", soft: "LIMIT" }];
  writeFileSync(file, JSON.stringify(config, null, 2).replaceAll('"LIMIT"', limit));
  t.is((await coffer("audit", "--fix", "--yes", box.path)).exitCode, 0);
  t.is(readFileSync(file, "utf8").split(limit).length, 3);
});
