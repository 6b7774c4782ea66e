// RACER for the path flags of a sandbox: a name that is given is exchanged with a link into a place of secrets while sandboxes are
// made. Each run shows what was named, or is an error; the secret is never shown, and nothing appears on the host.
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser, testUser } from "../helpers/user.ts";
import type { Who } from "../sandbox/table.ts";

const isNightly = process.env.COFFER_TESTS === "nightly";
const runs = isNightly ? 1000 : 8;
const seconds = isNightly ? 800 : 60;

/** The words of a sandbox that is to show `name`, and the script that looks at it. */
type RaceRow = readonly [title: string, flags: (name: string) => readonly string[], script: (name: string) => string];

const rows: readonly RaceRow[] = [
  ["--read", (name) => ["--read", name], (name) => `cat ${name}/file`],
  ["--write", (name) => ["--write", name], (name) => `cat ${name}/file; : > ${name}/file.new`],
  ["--bind", (name) => ["--bind", `${name}:/data:rw`], () => "cat /data/file; : > /data/file.new"],
  ["--cwd", (name) => ["--cwd", name], () => "cat file"],
  ["--tmp", (name) => ["--write", join(name, ".."), "--tmp", name], (name) => `echo named; : > ${name}/made`],
];

const secret = "the secret";

async function makeField(t: ExecutionContext, who: Who) {
  const made = makeBox(t);
  const home = join(made.base, "home");
  const [one, two] = [join(home, "work", "one"), join(home, "work", "two")] as const;
  mkdirSync(join(home, ".ssh"), { recursive: true });
  mkdirSync(one, { recursive: true });
  writeFileSync(join(one, "file"), "named\n");
  writeFileSync(join(home, ".ssh", "file"), secret);
  symlinkSync("../.ssh", two);
  const env = who === "user" ? giveToUser(made) : {};
  if (who === "user") await command(["chown", "-hR", testUser, home]);
  return { box: { ...made, before: snapshot(made) }, home, one, two, env: { ...env, HOME: home } };
}

const isShown = test.macro({
  exec: async (t, who: Who, [, flags, script]: RaceRow) => {
    t.timeout((seconds + 60) * 1000);
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, home, one, two, env } = await makeField(t, who);
    const sandbox = [...cofferArgv(), "sandbox", ...flags(one), "--", "sh", "-c", script(one)];
    const words = [...(who === "user" ? asUser : []), ...sandbox];
    const raced = await command([tools(), "race", one, two, `${runs}`, `${seconds}`, "--", ...words], {
      cwd: box.path,
      env,
      timeoutMs: (seconds + 30) * 1000,
    });
    t.is(raced.exitCode, 0, raced.stderr);
    t.notRegex(raced.stdout, new RegExp(secret), "the secret was shown");
    const { outcomes }: { outcomes: readonly { status: number; text: string }[] } = JSON.parse(raced.stdout);
    t.true(outcomes.length > 0);
    for (const { status, text } of outcomes) if (status === 0) t.is(text, "named\n");
    t.deepEqual(readdirSync(join(home, ".ssh")), ["file"]);
    t.is(readFileSync(join(home, ".ssh", "file"), "utf8"), secret);
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, who: Who, [title]: RaceRow) => `as ${who}: ${title} of a name that is exchanged`,
});

for (const row of rows) for (const who of ["root", "user"] as const) test.serial(isShown, who, row);
