// Directories of the caller's PATH that a sandbox can write: what hides a program of the host is reported, and npm's own is not.
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { asUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn } from "./table.ts";

interface Case {
  readonly title: string;
  /** In front of the caller's other directories. */
  readonly path: string;
  readonly prepare?: string;
  /** In the sandbox. `EVIL PATH` has a program there. */
  readonly script: string;
  /** Where the caller calls `ls` afterwards. */
  readonly from?: string;
  /** Without it nothing is reported, and the host runs its own. */
  readonly told?: RegExp;
}

const hides = (path: string): RegExp =>
  new RegExp(`the sandbox made or changed "\\S*/${path}": your shell finds it by PATH before "/\\S*bin/ls"`);

const cases: readonly Case[] = [
  { title: "an absolute entry", path: "DIR/bin", script: "EVIL bin/ls", told: hides("bin/ls") },
  {
    title: "a relative entry",
    path: "./node_modules/.bin",
    script: "EVIL node_modules/.bin/ls",
    told: hides("node_modules/\\.bin/ls"),
  },
  { title: "an entry of the directory itself", path: ".", script: "EVIL a/b/ls", from: "a/b", told: hides("a/b/ls") },
  { title: "an empty entry", path: "", script: "EVIL ls", told: hides("ls") },
  {
    title: "a program behind a link that was there",
    path: "DIR/bin",
    prepare: "mkdir bin; cp $(command -v ls) own; ln -s ../own bin/ls; sleep 10.5",
    script: "EVIL own",
    told: hides("bin/ls"),
  },
  { title: "a directory behind the host's own", path: "/usr/bin:/bin:DIR/bin", script: "EVIL bin/ls" },
  { title: "programs of other names", path: "DIR/node_modules/.bin", script: "EVIL node_modules/.bin/own-tool" },
  { title: "a file that nobody can execute", path: "DIR/bin", script: "mkdir bin; echo x > bin/ls" },
  { title: "a directory elsewhere", path: "BESIDE/bin", script: "EVIL bin/ls" },
];

for (const who of ["root", "user"] satisfies readonly Who[])
  for (const { title, path, prepare, script, from = ".", told } of cases)
    test.serial(`as ${who}: PATH in a writable tree: ${title}`, async (t) => {
      if (!(await needs(t, "root", "user", "userns"))) return;
      const { box, env } = await makePlace(t, who, prepare);
      const put = (text: string): string => text.replaceAll("BESIDE", `${box.base}/beside`).replaceAll("DIR", box.path);
      const hit = `${box.base}/beside/hit`;
      const evil = `evil() { mkdir -p $(dirname $1); printf '#!/bin/sh\\ntouch ${hit}\\n' > $1; chmod 755 $1; }; `;
      const words = ["--rw", "--tools", "none", "--", "sh", "-ec", evil + script.replaceAll("EVIL ", "evil ")];
      const all = { ...env, PATH: `${put(path)}:${process.env.PATH}` };
      const { stderr, exitCode } = await sandboxIn(box, who, words, all);
      t.is(exitCode, 0, stderr);
      t.regex(stderr, told ?? /^$/);
      const prefix = who === "user" ? asUser : [];
      const argv = [...prefix, "/bin/sh", "-c", `cd ${from}; PATH="$1"; export PATH; ls`, "sh", all.PATH];
      await command(argv, { cwd: box.path, env });
      t.is((await command(["/bin/ls", hit], { cwd: "/" })).exitCode === 0, told !== undefined);
    });
