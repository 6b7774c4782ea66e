// `--overlay=ask`: what becomes of an overlay at the end of its sandbox, and how a long apply shows itself.
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { command, start } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, testUser } from "../helpers/user.ts";
import { name, written } from "./applying.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn } from "./table.ts";

async function makeHome(t: ExecutionContext, who: Who) {
  const { box, env } = await makePlace(t, who, "echo f > f");
  const home = join(box.base, "home");
  mkdirSync(home, { mode: 0o700 });
  if (who === "user") await command(["chown", testUser, home]);
  const overlays = join(home, ".local/state/coffer/overlays");
  const kept = (): readonly string[] => (existsSync(overlays) ? readdirSync(overlays) : []);
  return { box, env: { ...env, HOME: home }, kept };
}

const flags = ["--tools", "none", "--no-settings", "--overlay=ask"];
const script = "echo F > f; echo e > .envrc; exit 7";

/** An answer, what is said then, whether the overlay is still there, and what the file has. */
const answers: readonly (readonly [answer: string, said: RegExp, isKept: boolean, file: string])[] = [
  ["apply", /held: \.envrc: .*1 applied, 1 not.*coffer undo \S+ takes that back/s, true, "F\n"],
  ["keep", /2 changes are kept: coffer diff (\S+), coffer apply \1/, true, "f\n"],
  ["", /2 changes are kept/, true, "f\n"],
  ["a\ry\r?", /2 changes are kept/, true, "f\n"],
  ["y\rapply", /1 applied, 1 not/, true, "F\n"],
  ["y\rdiscard", /^(?!.*kept)/s, false, "f\n"],
  ["discard", /discard\s*$/, false, "f\n"],
];

const asks = test.macro({
  exec: async (t, who: Who, answer: string, said: RegExp, isKept: boolean, file: string) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env, kept } = await makeHome(t, who);
    const argv = [...(who === "user" ? asUser : []), ...cofferArgv(), "sandbox", ...flags, "--", "sh", "-c", script];
    const running = start([tools(), "pty", "24x80", "--", ...argv], { cwd: box.path, env, keepStdin: true });
    await running.saw("[keep] ");
    running.write(`${answer}\r`);
    const { exitCode, stdout } = await running.done;
    t.is(exitCode, 7, stdout);
    const asked = stdout.split("[keep] ");
    const [before = "", after = ""] = [asked[0], asked.at(-1)];
    t.regex(before, /^changed {2}file {6}f\r?$/m);
    t.regex(after.replaceAll("\r", ""), said);
    t.is(kept().length, isKept ? 1 : 0);
    t.is(readFileSync(join(box.path, "f"), "utf8"), file);
    t.false(existsSync(join(box.path, ".envrc")));
  },
  title: (_, who: Who, answer: string) => `as ${who}: ${answer === "" ? "no answer" : answer}`,
});
for (const who of ["root", "user"] as const)
  for (const [answer, said, isKept, file] of answers) test.serial(asks, who, answer, said, isKept, file);

test.serial("without a terminal the overlay is kept, and nothing is where nothing was changed or ran", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, env, kept } = await makeHome(t, "root");
  const run = (...words: readonly string[]) => sandboxIn(box, "root", [...flags, "--", ...words], env);
  t.deepEqual([(await run("true")).exitCode, kept().length], [0, 0]);
  t.is((await run("/is-not-there")).exitCode, 127);
  t.is(kept().length, 0);
  const { stderr, exitCode } = await run("sh", "-c", script);
  t.is(exitCode, 7);
  t.regex(stderr, /2 changes are kept: coffer diff sandbox-/);
  const [one = ""] = kept();
  t.true(stderr.includes(one));
  const apply = await command([...cofferArgv(), "apply", one], { cwd: "/", env });
  t.regex(apply.stdout, /^1 applied, 1 not$/m);
});

test.serial("a hundred thousand files are applied and undone, and a terminal shows how far that is", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  t.timeout(900_000);
  const many = "i=0; while [ $i -lt 100 ]; do mkdir d$i; (cd d$i; seq 1000 | xargs touch); i=$((i+1)); done; rm -r old";
  const { box, env, ask } = await written(t, "root", "mkdir old; cd old; seq 1000 | xargs touch", many);
  const running = start([tools(), "pty", "24x80", "--", ...cofferArgv(), "apply", name], {
    cwd: "/",
    env,
    keepStdin: true,
    timeoutMs: 600_000,
  });
  const { stdout, exitCode } = await running.done;
  t.is(exitCode, 0, stdout.slice(-500));
  t.regex(stdout, /coffer: copying \d+ %/);
  t.regex(stdout, /101101 applied, 0 not\s*$/);
  const namesOf = (pattern: RegExp): number => readdirSync(box.path).filter((one) => pattern.test(one)).length;
  t.deepEqual([namesOf(/^d\d+$/), namesOf(/^old$/)], [100, 0]);
  t.is(readdirSync(join(box.path, "d99")).length, 1000);
  const { stdout: undone } = await command([...cofferArgv(), "undo", name], { cwd: "/", env, timeoutMs: 600_000 });
  t.is(undone, "101101 undone\n");
  t.deepEqual([namesOf(/^d\d+$/), namesOf(/^old$/)], [0, 1]);
  t.is(readdirSync(join(box.path, "old")).length, 1000);
  t.is((await ask("diff", name)).exitCode, 0);
});
