// Programs of a sandbox that make namespaces of their own (docs/decisions/0076-namespaces-of-a-sandbox.md).
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser } from "../helpers/user.ts";
import { makePlace, sandboxIn } from "./table.ts";

const none = ["--tools", "none"] as const;
const own = ["--unsafe-user-namespaces"] as const;
const bubblewrap = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev"] as const;

test.serial("a program makes namespaces where that is said, and a guess names the flag", async (t) => {
  if (!(await needs(t, "root", "user", "userns", "bwrap"))) return;
  const { box, env } = await makePlace(t, "user");
  const ask = (...words: readonly string[]) => sandboxIn(box, "user", [...none, ...words], env);
  const refused = await ask("--hints", "--", ...bubblewrap, "true");
  t.not(refused.exitCode, 0);
  t.regex(refused.stderr, /guess: denied: make a namespace: [^\n]*: add --unsafe-user-namespaces$/m);
  t.like(await ask(...own, "--", ...bubblewrap, "echo", "within"), { stdout: "within\n", stderr: "", exitCode: 0 });
  t.is(
    (await ask(...own, "--hints", "--", "sh", "-c", "echo 'No usable sandbox!' >&2; exit 1")).stderr,
    "No usable sandbox!\n",
  );
  // A new procfs would show what masks cover.
  t.regex((await ask(...own, "--", ...bubblewrap, "--proc", "/proc", "true")).stderr, /mount proc/);
  t.is((await ask(...own, "--unsafe-no-masks", "--", ...bubblewrap, "--proc", "/proc", "true")).exitCode, 0);
  const asRoot = await sandboxIn(box, "root", [...none, ...own, "--", "true"]);
  t.regex(asRoot.stderr, /can give a user namespace no ids: call coffer as an ordinary user\n$/);
  await nothingLeft(t, box, box.before);
});

/** A repository of the test's own, whose hooks are guarded, and a way to move them. */
async function makeRepository(t: Parameters<typeof makeBox>[0]) {
  const made = makeBox(t);
  const env = giveToUser(made);
  await command(["git", "init", "--quiet", "."], { cwd: made.path });
  mkdirSync(join(made.path, "sub"));
  writeFileSync(join(made.path, "sub/.env"), "KEY=1\n");
  await command(["chown", "-R", "--reference", made.path, "."], { cwd: made.path });
  const box = { ...made, before: snapshot(made) };
  const ask = (verb: readonly string[], words: readonly string[], ...loosened: readonly string[]) =>
    command(
      [
        ...asUser,
        ...cofferArgv(),
        ...verb,
        ...none,
        "--rw",
        "--read",
        tools(),
        ...words,
        "--",
        tools(),
        "loosen",
        ...loosened,
      ],
      { cwd: box.path, env },
    );
  return { box, ask };
}

const warned = /a program that makes namespaces can move what is guarded or hidden where it may write/;
const replaced = /\.git\/hooks" may be the sandbox's/;

test.serial(
  "what is guarded is moved by a program that lets go of its mounts: the start, the end and the audit say so",
  async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, ask } = await makeRepository(t);
    for (const words of [own, ["--unsafe-no-seccomp"]]) {
      const { stdout, stderr } = await ask(["sandbox"], words, ".git", "hooks");
      t.is(stdout, "Resource busy\nmoved\n", stderr);
      t.regex(stderr, warned);
      t.regex(stderr, replaced);
      t.regex((await ask(["audit", "sandbox"], words, ".git", "hooks")).stdout, /\[mounts-movable;/);
      await command(["sh", "-c", "rmdir hooks && mv hooks.moved hooks"], { cwd: join(box.path, ".git") });
    }
    await nothingLeft(t, box, box.before);
  },
);

test.serial(
  "what is hidden and moved is named at the end, and an overlay that is forgotten is no reason to warn",
  async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, ask } = await makeRepository(t);
    const { stdout, stderr } = await ask(["sandbox"], own, "sub", ".env");
    t.is(stdout, "Resource busy\nmoved\n", stderr);
    t.regex(stderr, /sub\/\.env" was hidden, and is there no more: the sandbox may have given it another name/);
    await command(["sh", "-c", "rmdir .env && mv .env.moved .env"], { cwd: join(box.path, "sub") });
    t.is((await ask(["sandbox"], [...own, "--rw=false", "--overlay"], "sub", ".env")).stderr, "");
    const kept = await ask(["sandbox"], [...own, "--rw=false", "--overlay=keep", "--name", box.tag], "sub", ".env");
    t.regex(kept.stderr, warned);
    await nothingLeft(t, box, box.before);
  },
);

test.serial("without that flag, and behind the fence, nothing that is guarded or hidden is moved", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, ask } = await makeRepository(t);
  for (const [dir, name] of [
    [".git", "hooks"],
    ["sub", ".env"],
  ] as const) {
    t.regex((await ask(["sandbox"], [], dir, name)).stderr, /^unshare: Operation not permitted\n$/);
    const { stdout, stderr } = await ask(["sandbox"], [...own, "--fence"], dir, name);
    // The program has other mounts than the supervisor, which makes nothing for it: Landlock answers.
    t.is(stdout, "Permission denied\nheld: Operation not permitted\nPermission denied\n", stderr);
    t.is(stderr, "");
  }
  t.deepEqual(readdirSync(join(box.path, "sub")), [".env"]);
  await nothingLeft(t, box, box.before);
});
