// Files of ordinary names that something else points at: hooks and other links, settings of the home directory, and settings of
// git that do not say a whole name.
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { name, written } from "./applying.ts";

const prepared = `git init -q .; mkdir -p scripts conf shared deep/x over tools dots; rm -rf .git/hooks/*
for n in pre-commit shared/post-merge; do echo '#!/bin/sh' > scripts/$(basename $n); chmod 755 scripts/$(basename $n); done
ln -s ../../scripts/pre-commit .git/hooks/pre-commit; git config core.hooksPath shared; ln -s ../scripts/post-merge shared/post-merge
ln -s ../scripts/missing shared/pre-push; echo e > conf/env; ln -s conf/env .envrc; ln -s ../conf/agents deep/AGENTS.md; ln -s conf/github .github
mkdir conf/github; git config submodule.x.update '!over/up'; git config url.'ext::over/helper %S'.insteadOf x:
git config filter.x.clean 'node tools/run'; git config alias.all '!sh tools/all/*.sh'; git config core.editor 'vim -u./over/rc'
git config diff.x.textconv 'npx show'; echo r > dots/bashrc; echo r > dots/profile; echo i > init.lua`;

const script = `for f in scripts/pre-commit scripts/post-merge scripts/missing conf/env conf/agents conf/github/w over/up over/helper over/rc tools/run.js
  do echo x > $f; done; mkdir tools/all node_modules; echo x > tools/all/a.sh; echo x > node_modules/cli.js; echo x > package.json
echo x > dots/bashrc; echo x > dots/profile; echo x > init.lua; echo x > conf/other; echo x > scripts/other; chmod 755 scripts/other`;

const held = [
  ...["conf/agents", "conf/env", "conf/github/w", "dots/bashrc", "init.lua", "node_modules", "node_modules/cli.js"],
  ...[
    "over/helper",
    "over/rc",
    "over/up",
    "package.json",
    "scripts/missing",
    "scripts/post-merge",
    "scripts/pre-commit",
  ],
  ...["tools/all", "tools/all/a.sh", "tools/run.js"],
];

test.serial("what is pointed at is held as if it had the name itself", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, ask } = await written(t, "root", prepared, script);
  const links = `ln -s ../${box.path.slice(box.base.length + 1)}/dots/bashrc .bashrc; mkdir -p .config/nvim
ln -s ${box.path}/init.lua .config/nvim/init.lua; ln -s ${box.path}/dots/profile plain`;
  execFileSync("sh", ["-ec", links], { cwd: join(box.base, "home") });
  const { stdout, stderr } = await ask("apply", "--json", name);
  const told: { readonly applied: number; readonly waiting: readonly { readonly path: string }[] } = JSON.parse(stdout);
  t.deepEqual(told.waiting.map(({ path }) => path).toSorted(), held, stderr);
  t.is(told.applied, 3);
  t.false(existsSync(join(box.path, "scripts/missing")));
  t.is(readFileSync(join(box.path, "scripts/pre-commit"), "utf8"), "#!/bin/sh\n");
});

test.serial("a directory that its owner cannot look into is said, with what to do", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { ask, store } = await written(t, "user", "echo f > f", "echo F > f; chmod 000 .");
  for (const verb of ["diff", "apply"]) {
    const { stderr, exitCode } = await ask(verb, name);
    t.not(exitCode, 0);
    t.regex(
      stderr,
      /has left its tree with the mode 0000: its owner cannot look into it.*chmod 700 \S+layers\/upper/s,
      verb,
    );
  }
  execFileSync("chmod", ["700", join(store, "layers/upper")]);
  t.regex((await ask("apply", name)).stdout, /^1 applied, 0 not$/m);
});

const access = `import os, struct; os.setxattr("a", "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *one)
  for one in [(1, 2, 0xffffffff), (2, 6, 1234), (4, 0, 0xffffffff), (16, 6, 0xffffffff), (32, 0, 0xffffffff)]))`;

test.serial("a file whose list of access its owner cannot read is never applied", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, ask } = await written(t, "user", `echo a > a; python3 -c '${access}'`, "rm a; echo n > a; chmod 660 a");
  const before = lstatSync(join(box.path, "a"));
  const { stdout } = await ask("apply", "--held", "a", name);
  t.regex(stdout, /^not applied: a: its owner cannot read what the tree has there/m);
  t.is(lstatSync(join(box.path, "a")).ino, before.ino);
});

test.serial("a sandbox that writes to the tree cannot change where hooks lead", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, env } = await written(t, "root", prepared, "true");
  const tried = `for f in pre-commit post-merge; do echo x > scripts/$f && echo changed $f; rm -f scripts/$f && echo gone $f; done
mv scripts moved && echo moved; echo x > scripts/other && echo free`;
  const words = ["sandbox", "--tools", "none", "--no-settings", "--rw", "--", "sh", "-c", tried];
  const { stdout, stderr } = await command([...cofferArgv(), ...words], { cwd: box.path, env });
  t.is(stdout, "free\n", stderr);
  t.is(readFileSync(join(box.path, "scripts/post-merge"), "utf8"), "#!/bin/sh\n");
});
