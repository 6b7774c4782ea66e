// RACER for the front: the name of a directory that the caller works in, or keeps state in, is exchanged by another user
// while verbs run. 2000 runs of a third nightly, others each night; a few in `npm test`.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { tools } from "../helpers/build.ts";
import type { Bundle } from "../helpers/bundle.ts";
import { makeBundle } from "../helpers/bundle.ts";
import type { CommandOptions } from "../helpers/command.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { ofDay } from "../helpers/runner/daily.ts";
import { asUser, userIds } from "../helpers/user.ts";

/** The id of the other user, to whom the parent belongs. */
const anothers = 23_456;

type Who = "root" | "user";
type RaceOutcome = { readonly status: number; readonly count: number; readonly text: string };
type Length = { readonly runs: number; readonly seconds: number };
type Raced = { readonly runs: number; readonly exchanges: number; readonly outcomes: readonly RaceOutcome[] };

const callers = ["user", "root"] as const;
const places = ["--root", "XDG_RUNTIME_DIR", "XDG_RUNTIME_DIR, in a user namespace"] as const;

const tonight: readonly string[] =
  process.env.COFFER_TESTS === "nightly" ? ofDay<string>([...callers, ...places], 3) : [];
const lengthOf = (name: string): Length =>
  tonight.includes(name) ? { runs: 2000, seconds: 1700 } : { runs: 6, seconds: 100 };

/** Two directories whose names are exchanged, in a parent of somebody else than who calls. */
function makePair(bundle: Bundle, who: Who): readonly [string, string] {
  const parent = join(bundle.base, "parent");
  const pair = [join(parent, "one"), join(parent, "two")] as const;
  mkdirSync(parent);
  for (const path of pair) mkdirSync(path);
  execFileSync("chown", [`${anothers}`, parent]);
  if (who === "user") execFileSync("chown", [`${userIds().uid}`, ...pair]);
  return pair;
}

async function race(
  t: ExecutionContext,
  { runs, seconds }: Length,
  [one, two]: readonly [string, string],
  words: readonly string[],
  options: CommandOptions = {},
): Promise<Raced> {
  const argv = [tools(), "race", one, two, `${runs}`, `${seconds}`, "--", ...words];
  const outcome = await command(argv, { ...options, timeoutMs: (seconds + 60) * 1000 });
  t.is(outcome.exitCode, 0, outcome.stderr);
  const raced: Raced = JSON.parse(outcome.stdout);
  t.true(raced.exchanges > raced.runs, "the names were exchanged");
  t.log(outcome.stdout.trim());
  return raced;
}

const ownDirectory = test.macro({
  exec: async (t, who: Who) => {
    const length = lengthOf(who);
    t.timeout((length.seconds + 120) * 1000);
    if (!(await needs(t, "root", "user", "userns"))) return;
    const bundle = makeBundle(t);
    const pair = makePair(bundle, who);
    const inode = `${statSync(pair[0]).ino}`;
    const verb = [...cofferArgv(), "sandbox", "--rw", "--", "sh", "-c", "touch written; echo $(ls -di)"];
    const { outcomes } = await race(t, length, pair, [...(who === "user" ? asUser : []), ...verb], { cwd: pair[0] });
    const isClean = ({ status, text }: RaceOutcome): boolean =>
      status === 0
        ? text === `${inode} .\n`
        : /^coffer: cannot work in "[^"]+": its name leads to another directory: enter it again\n$/.test(text);
    t.deepEqual(
      outcomes.filter((outcome) => !isClean(outcome)),
      [],
    );
    const other = pair.find((path) => `${statSync(path).ino}` !== inode) ?? "";
    t.false(existsSync(join(other, "written")), "the other directory was written to");
  },
  title: (_provided, who: Who) =>
    `a sandbox of ${who} works in the directory that it was called in, whatever has its name`,
});

for (const who of callers) test.serial(ownDirectory, who);

/** A record as a container that has ended leaves it, whose poststop hook leaves a mark. */
function forge(state: string, id: string, mark: string): void {
  mkdirSync(join(state, id), { recursive: true });
  const hook = { path: "/bin/sh", args: ["sh", "-c", `echo ran >> ${mark}`] };
  const config = { ociVersion: "1.2.0", hooks: { poststop: [hook] } };
  const record = {
    version: 1,
    id,
    bundle: "/",
    rootfs: "/",
    created: "2026-01-01T00:00:00Z",
    uid: 0,
    cgroups: [],
    config,
  };
  writeFileSync(join(state, id, "state.json"), JSON.stringify(record));
}

/** Where the state is, and who calls. The kernel shows a user namespace no owner that has no id in it. */
const roots = {
  "--root": { who: "root", prefix: [], named: (path: string) => ({ flags: ["--root", `${path}/coffer`], env: {} }) },
  XDG_RUNTIME_DIR: {
    who: "user",
    prefix: asUser,
    named: (path: string) => ({ flags: [], env: { XDG_RUNTIME_DIR: path } }),
  },
  "XDG_RUNTIME_DIR, in a user namespace": {
    who: "root",
    prefix: ["unshare", "-U", "--map-root-user"],
    named: (path: string) => ({ flags: [], env: { XDG_RUNTIME_DIR: path } }),
  },
} as const;

const noHook = test.macro({
  exec: async (t, name: keyof typeof roots) => {
    const length = lengthOf(name);
    t.timeout((length.seconds + 120) * 1000);
    if (!(await needs(t, "root", "user", "userns"))) return;
    const bundle = makeBundle(t);
    const { who, prefix, named } = roots[name];
    const pair = makePair(bundle, who);
    const mark = join(bundle.base, "mark");
    for (const path of pair) mkdirSync(join(path, "coffer"), { mode: 0o700 });
    if (who === "user") execFileSync("chown", ["-R", `${userIds().uid}`, pair[0]]);
    forge(join(pair[1], "coffer"), bundle.tag, mark);
    execFileSync("chown", ["-R", `${anothers}`, pair[1]]);
    const { flags, env } = named(pair[0]);
    const verb = [...cofferArgv(), "delete", ...flags, "--force", bundle.tag];
    const { outcomes } = await race(t, length, pair, [...prefix, ...verb], { env });
    t.false(existsSync(mark), "the hook of the other directory ran");
    const isRefused = ({ status, text }: RaceOutcome): boolean =>
      status === 1 && /^coffer: cannot keep state in [^\n]+\n$/.test(text);
    // Where the parent's owner cannot be told, that of the directory itself decides: there is no such container in the own.
    const isOwn = ({ status, text }: RaceOutcome): boolean => prefix[0] === "unshare" && status === 0 && text === "";
    t.deepEqual(
      outcomes.filter((outcome) => !isRefused(outcome) && !isOwn(outcome)),
      [],
    );
  },
  title: (_provided, name: string) => `delete reads no state through a parent of another user (${name})`,
});

for (const name of places) test.serial(noHook, name);
