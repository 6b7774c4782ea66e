// A sandbox that the native front has prepared before: the host is asked again (helper-c/front/bind/same.c), and what has
// changed counts. Each row changes an answer of another kind.
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { frontArgv } from "../helpers/callers/front.ts";
import { command, until } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { needs } from "../helpers/needs.ts";
import { helperPath } from "../helpers/peers/runtimes.ts";

interface Place {
  readonly home: string;
  readonly project: string;
  /** Certificates for npm, as many as a system has. */
  readonly bundle: string;
}

const certificate = `-----BEGIN CERTIFICATE-----\n${"QUJDRA==\n".repeat(150)}-----END CERTIFICATE-----\n`;
const certificates = certificate.repeat(160);

/** Other tests mount and make files meanwhile: so often a call may find another host. */
const mostCalls = 10;
const marker = "the host answers as in";

function makePlace(t: ExecutionContext): Place {
  const { path } = makeBox(t);
  const place = { home: join(path, "home"), project: join(path, "project"), bundle: join(path, "ca.pem") };
  for (const dir of [place.home, place.project]) mkdirSync(dir);
  writeFileSync(place.bundle, certificates);
  writeFileSync(join(place.home, ".npmrc"), `cafile=${place.bundle}\n`);
  mkdirSync(join(place.home, ".cargo/bin"), { recursive: true });
  writeFileSync(join(place.home, ".gitconfig"), "[user]\n\tname = A\n");
  symlinkSync("/nowhere", join(place.home, ".netrc"));
  return place;
}

async function run({ home, project }: Place, words: readonly string[], flags: readonly string[] = []) {
  const argv = [...frontArgv("coffer", [], true), "--debug", "sandbox", "--cwd", project, ...flags, "--", ...words];
  const { stdout, stderr, exitCode } = await command(argv, { env: { HOME: home, CARGO_HOME: join(home, ".cargo") } });
  return { stdout, exitCode, stderr, known: stderr.includes(marker) };
}

/** Calls until the host is found as it was. */
async function settle(
  t: ExecutionContext,
  place: Place,
  flags: readonly string[] = [],
  words = ["true"],
): Promise<void> {
  for (let count = 0; count < mostCalls; count++) if ((await run(place, words, flags)).known) return;
  t.fail("the host was never found as it was");
}

const changes: Readonly<Record<string, (place: Place) => void>> = {
  "a name of the home directory": ({ home }) => mkdirSync(join(home, ".ssh")),
  "the content of a file": ({ home }) => writeFileSync(join(home, ".gitconfig"), "[user]\n\tname = B\n"),
  "a content that is longer": ({ home }) =>
    writeFileSync(join(home, ".gitconfig"), "[user]\n\tname = A\n\temail = a\n"),
  "the last certificate of many": ({ bundle }) =>
    writeFileSync(bundle, certificates.replace(/Q(?=\w+==\n-----END[^\n]*\n$)/, "R")),
  "a file that is gone": ({ home }) => rmSync(join(home, ".gitconfig")),
  "the mode of the tree": ({ project }) => chmodSync(project, 0o707),
  "what a directory is": ({ home }) => {
    rmSync(join(home, ".cargo"), { recursive: true });
    writeFileSync(join(home, ".cargo"), "");
  },
  "where a link leads": ({ home }) => {
    rmSync(join(home, ".netrc"));
    symlinkSync("/etc/hostname", join(home, ".netrc"));
  },
  "a guarded name": ({ project }) => writeFileSync(join(project, ".envrc"), ""),
  "a file of variables": ({ project }) => writeFileSync(join(project, ".env"), "KEY=1\n"),
};

const counts = test.macro({
  exec: async (t, change: (place: Place) => void) => {
    if (!(await needs(t, "root", "userns"))) return;
    const place = makePlace(t);
    await settle(t, place, ["--rw"]);
    change(place);
    t.false((await run(place, ["true"], ["--rw"])).known);
    await settle(t, place, ["--rw"]);
  },
  title: (title) => `what has changed counts: ${title}`,
});

for (const [title, change] of Object.entries(changes)) test.serial(title, counts, change);

test.serial("a secret that comes is hidden, and one that goes is seen no more", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const place = makePlace(t);
  const read = ["sh", "-c", "cat .env; cat README"];
  writeFileSync(join(place.project, "README"), "read me\n");
  await settle(t, place);
  writeFileSync(join(place.project, ".env"), "KEY=a-secret\n");
  t.is((await run(place, read)).stdout, "read me\n");
  await settle(t, place);
  t.is((await run(place, read)).stdout, "read me\n");
});

test.serial("words and variables are those of the call", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const place = makePlace(t);
  await settle(t, place);
  for (const word of ["one", "two"]) {
    const { stdout } = await run(place, ["sh", "-c", 'echo "$A $1 $HOME"', "sh", word], ["--env", `A=${word}`]);
    t.regex(stdout, new RegExp(`^${word} ${word} /`));
  }
});

test.serial("an error of a launch tells the path, as the first time", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const place = makePlace(t);
  const first = await run(place, ["/no/such/program"]);
  const again = await run(place, ["/no/such/program"]);
  const last = ({ stderr }: typeof first): string => stderr.trim().split("\n").at(-1) ?? "";
  t.is(again.exitCode, first.exitCode);
  t.is(last(again), last(first));
});

test.serial("an explained sandbox says the same of what was denied, each time", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const place = makePlace(t);
  const words = ["sh", "-c", `cat ${join(place.home, ".npmrc")}; exit 3`];
  await settle(t, place, ["--explain"], words);
  const { stderr, exitCode, known } = await run(place, words, ["--explain"]);
  t.deepEqual({ exitCode, known }, { exitCode: 3, known: true });
  t.true(stderr.includes(`denied: read ${join(place.home, ".npmrc")}: `), stderr);
});

test.serial("a launcher that began for nothing leaves nothing, and says nothing", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const place = makePlace(t);
  await settle(t, place);
  mkdirSync(join(place.home, ".ssh"));
  const argv = [...frontArgv("coffer", [], true), "sandbox", "--cwd", place.project, "--", "echo", "done"];
  const { stdout, stderr, exitCode } = await command(argv, {
    env: { HOME: place.home, CARGO_HOME: join(place.home, ".cargo") },
  });
  t.deepEqual({ stdout, stderr, exitCode }, { stdout: "done\n", stderr: "", exitCode: 0 });
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").trim().split(" ");
  const commands = children.filter(Boolean).map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  t.deepEqual(
    commands.filter((line) => line.includes("coffer-helper")),
    [],
  );
});

test.serial("a plan that is out of date makes nothing in the tree", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const place = makePlace(t);
  const guarded = join(place.project, ".envrc");
  writeFileSync(guarded, "");
  await settle(t, place, ["--rw"]);
  rmSync(guarded);
  const { stdout, known } = await run(place, ["sh", "-c", "ls -A; echo done"], ["--rw"]);
  t.deepEqual({ stdout, known }, { stdout: "done\n", known: false });
  t.deepEqual(readdirSync(place.project), []);
});

/** Processes with that word in their command line. */
function processesWith(word: string): readonly string[] {
  const lines = readdirSync("/proc").map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
      return "";
    }
  });
  return lines.filter((line) => line.split("\0").includes(word));
}

test.serial("a front that is killed before its word has run nothing, and its launcher ends", async (t) => {
  if (!(await needs(t, "root", "userns", "strace"))) return;
  const place = makePlace(t);
  const log = join(place.home, "log");
  const killer = ["strace", "-o", log, "-e", "trace=write", "-e", "inject=write:signal=SIGKILL:when=1"];
  const argv = [...frontArgv("coffer", [], true), "sandbox", "--cwd", place.project, "--rw", "--", "touch", "made"];
  const env = { HOME: place.home, CARGO_HOME: join(place.home, ".cargo") };
  // The first write is that of the plan, where the host is found as it was.
  for (let count = 0, first = ""; !first.includes("COFR"); count++) {
    t.true(count < mostCalls);
    await settle(t, place, ["--rw"], ["touch", "/tmp/elsewhere"]);
    t.not((await command([...killer, ...argv], { env })).exitCode, 0);
    first = readFileSync(log, "utf8").slice(0, 20);
  }
  await until("the launcher ends", () => processesWith(helperPath()).length === 0);
  t.deepEqual(readdirSync(place.project), []);
});

test.serial("a launcher whose caller is gone ends without a plan, and says nothing", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const script = `exec "$0" launch --plan-fd 3 --report-fd 4 3</dev/null 4>/dev/null`;
  const { stdout, stderr, exitCode } = await command(["sh", "-c", script, helperPath()], { timeoutMs: 5000 });
  t.deepEqual({ stdout, stderr, isFailure: exitCode !== 0 }, { stdout: "", stderr: "", isFailure: true });
});
