// What an overlay has is applied to its tree, and undone, whatever happens meanwhile.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { command, pause } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { listTree, name, written } from "./applying.ts";
import type { Who } from "./table.ts";

const prepared = `mkdir -p d/e keep gone/in swap; echo a > d/a; echo b > d/e/b; echo f > f; echo s > same; ln -s f l; echo m > m
chmod 640 m; echo 1 > gone/1; echo 2 > gone/in/2; echo k > keep/k; echo s > swap/s; echo t > t; echo x > f2; echo r > from`;
const script = `echo new > new; mkdir nd; echo n > nd/n; echo F > f; echo s > same; ln -sf same l; chmod 600 m; rm -r gone
rm -r d; mkdir d; echo c > d/c; rm -r swap; echo now > swap; rm t; mkdir t; echo in > t/in; chmod 700 keep; mv from nd/to
truncate -s 4T sparse; python3 -c 'import os; os.setxattr("new", "user.mine", b"1")
for n in ["user.overlay.opaque", "user.containers.override_stat", "user.rsync.%stat", "user.virtfs.uid"]:
  try: os.setxattr("nd", n, b"y")
  except OSError: pass'
i=0; mkdir deep; cd deep; while [ $i -lt 100 ]; do mkdir d; cd d; i=$((i+1)); done; echo end > f`;

const roundTrip = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, ask, run } = await written(t, who, prepared, script);
    const before = listTree(box.path);
    const first = await ask("apply", name);
    t.is(first.exitCode, 0, first.stderr);
    const held = first.stdout.split("\n").slice(0, -1).toSorted();
    t.deepEqual(held, [
      `held: swap (and 1 change in it): it replaces a directory by a file: coffer apply --held swap ${name}`,
      `held: t (and 1 change in it): it replaces a file by a directory: coffer apply --held t ${name}`,
    ]);
    const second = await ask("apply", "--held", "swap", "--held", "t", name);
    t.is(second.stdout, "4 applied, 1 not", second.stderr);
    // A file of that size is never compared.
    t.is((await ask("diff", name)).stdout, "changed  file      sparse (the host has changed it since)");
    const after = listTree(box.path, false);
    t.true(after.some((line) => line.startsWith("b'./new' 0o100644 0 4") && line.endsWith("[('user.mine', b'1')]")));
    t.notRegex(after.join("\n"), /user\.(?!mine)/);
    const sparse = statSync(join(box.path, "sparse"));
    t.deepEqual([sparse.size, sparse.blocks], [2 ** 42, 0]);
    t.is((await run("cat new swap t/in nd/to d/c")).stdout, "new\nnow\nin\nr\nc\n");
    t.is((await ask("undo", name)).stdout, "4 undone");
    t.regex((await ask("undo", name)).stdout, /^\d+ undone$/);
    t.deepEqual(listTree(box.path), before);
    t.regex((await ask("undo", name)).stderr, /nothing of the overlay a-\d+ is applied/);
    const again = await ask("apply", "--held", "swap", "--held", "t", "--json", name, "swap", "t", "f");
    t.is(JSON.parse(again.stdout).applied, 5, again.stderr);
    t.is(readFileSync(join(box.path, "f"), "utf8"), "F\n");
    t.false(existsSync(join(box.path, "new")));
  },
  title: (_, who: Who) => `as ${who}: every kind of change is applied, and undone`,
});
test.serial(roundTrip, "root");
test.serial(roundTrip, "user");

const small = "mkdir d; echo a > d/a; echo f > f; echo g > g; mkdir keep";
const smallScript = "rm -r d; echo F > f; chmod 600 g; mkdir n; echo x > n/x; chmod 700 keep";

/** Ends the helper at one of its renames, before or after it. */
const killed = test.macro({
  exec: async (t, who: Who, verb: "apply" | "undo") => {
    if (!(await needs(t, "root", "user", "userns", "strace"))) return;
    const { box, ask, run, env, prefix } = await written(t, who, small, smallScript);
    const before = listTree(box.path);
    t.is((await ask("apply", name)).stdout, "7 applied, 0 not");
    const after = listTree(box.path, false);
    if (verb === "apply") t.is((await ask("undo", name)).stdout, "7 undone");
    const interrupt = (at: number, how: string) =>
      command(
        [
          ...prefix,
          "strace",
          "-f",
          "-o",
          "/dev/null",
          "-e",
          "trace=renameat2,fchmod",
          "-e",
          `inject=${how}:when=${at}`,
          ...cofferArgv(),
          verb,
          name,
        ],
        { cwd: "/", env },
      );
    for (let at = 1; at <= 6; at += 1) {
      // After the rename, and in its place.
      const how = at % 2 === 0 ? "renameat2:signal=KILL" : "renameat2:error=EIO:signal=KILL";
      const cut = await interrupt(at, how);
      t.not(cut.exitCode, 0, `${how} ${at}: ${cut.stdout}`);
      const refused = await run("true");
      t.regex(refused.stderr, /is not finished.*`coffer undo a-\d+` takes back/s, `${how} ${at}`);
      t.regex((await ask("overlay", "delete", name)).stderr, /is not finished/);
      const way = at % 4 < 2 ? "apply" : "undo";
      const finished = await ask(way, name);
      t.is(finished.exitCode, 0, `${how} ${at} ${cut.stderr} ${finished.stdout} ${finished.stderr}`);
      // What is half done is taken back, and then judged and applied again.
      const isApplied = way === "apply";
      t.deepEqual(listTree(box.path, !isApplied), isApplied ? after : before, `${how} ${at}`);
      if (isApplied) t.is((await ask("undo", name)).exitCode, 0);
      t.deepEqual(listTree(box.path), before);
      if (verb === "undo") t.is((await ask("apply", name)).stdout, "7 applied, 0 not");
    }
  },
  title: (_, who: Who, verb) => `as ${who}: ${verb} that is killed at a step goes on, or is taken back`,
});
for (const who of ["root", "user"] as const)
  for (const verb of ["apply", "undo"] as const) test.serial(killed, who, verb);

test.serial("what the user changes after an apply is kept, and so is what was there before", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, ask, run } = await written(t, "root", small, `${smallScript}; echo y > n/y`);
  t.is((await ask("apply", name)).exitCode, 0);
  writeFileSync(join(box.path, "f"), "the user's");
  writeFileSync(join(box.path, "n/own"), "the user's too");
  writeFileSync(join(box.path, "d"), "in the way");
  const { stdout, exitCode } = await ask("undo", name);
  t.is(exitCode, 1);
  t.is(readFileSync(join(box.path, "f"), "utf8"), "the user's");
  t.is(readFileSync(join(box.path, "n/own"), "utf8"), "the user's too");
  t.is(readFileSync(join(box.path, "d"), "utf8"), "in the way");
  const copies = [...stdout.matchAll(/^not undone: (\S+): it has changed since(?:; .* is (\S+))?$/gm)].map(
    ([, path, copy]) => [path, copy],
  );
  t.deepEqual(copies.map(([path]) => path).toSorted(), ["d", "d/a", "f", "n"]);
  const copyOf = (path: string): string => copies.find(([one]) => one === path)?.[1] ?? "";
  t.is(readFileSync(copyOf("f"), "utf8"), "f\n");
  t.is(readFileSync(copyOf("d/a"), "utf8"), "a\n");
  t.is((await run("true")).exitCode, 0);
});

const seen = (lines: readonly string[], path: string): readonly string[] =>
  lines.filter((line) => !line.startsWith(`b'./${path}'`));

/** What the host does after the helper has looked at the name `step`, and before the helper renames it. */
const races: readonly (readonly [title: string, step: string, path: string, script: string])[] = [
  ["replaces a file that is to go", "a", "d/a", "echo own > own; mv own d/a"],
  ["puts a file into a directory that is to go", "d", "d/own", "echo own > d/own"],
  ["replaces a file that is to change", "f", "f", "echo own > own; mv own f"],
  ["writes to a file that is to change", "f", "f", "echo own >> f"],
  ["puts a link in place of a file", "g", "g", "rm g; ln -s /etc/passwd g"],
  ["makes a directory of that name", "n", "n", "mkdir n"],
];

const raced = test.macro({
  exec: async (t, step: string, path: string, action: string) => {
    if (!(await needs(t, "root", "userns", "strace"))) return;
    const { box, ask, env, store } = await written(t, "root", small, smallScript);
    const before = listTree(box.path);
    const log = join(box.base, "log");
    const apply = (...inject: readonly string[]) =>
      command(["strace", "-f", "-o", log, "-e", "trace=renameat2", ...inject, ...cofferArgv(), "apply", name], {
        cwd: "/",
        env,
      });
    const calls = () =>
      existsSync(log)
        ? readFileSync(log, "utf8")
            .split("\n")
            .filter((line) => line.includes("renameat2("))
        : [];
    // The order is that of the directory.
    t.is((await apply()).exitCode, 0);
    const at = calls().findIndex((line) => line.includes(`"${step}"`)) + 1;
    t.true(at > 0, calls().join("\n"));
    t.is((await ask("undo", name)).exitCode, 0);
    t.deepEqual(listTree(box.path), before);
    rmSync(log);
    const running = apply("-e", `inject=renameat2:delay_enter=2000000:when=${at}`);
    for (let tries = 0; calls().length < at && tries < 400; tries += 1) await pause(50);
    execFileSync("sh", ["-ec", action], { cwd: box.path });
    const own = listTree(box.path).filter((line) => line.startsWith(`b'./${path}'`));
    t.is(own.length, 1);
    const { stderr, exitCode } = await running;
    t.not(exitCode, 0);
    t.regex(stderr, /nothing is applied: /);
    t.deepEqual(seen(listTree(box.path), path), seen(before, path));
    t.deepEqual(
      listTree(box.path).filter((line) => line.startsWith(`b'./${path}'`)),
      own,
    );
    t.is(readFileSync(join(store, "applies/2/state"), "utf8").trim(), "undone");
  },
  title: (title = "") => `nothing is applied, and nothing lost, if the host meanwhile ${title}`,
});
for (const [title, step, path, action] of races) test.serial(title, raced, step, path, action);

test.serial("a tree on another mount is refused, and nothing is done", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, env } = await written(t, "root", small, smallScript);
  const before = listTree(box.path);
  const inside = ["unshare", "-m", "sh", "-ec", `mount --bind ${box.path} ${box.path}; cd /; exec "$@"`, "sh"];
  const { stderr, exitCode } = await command([...inside, ...cofferArgv(), "apply", name], { cwd: "/", env });
  t.not(exitCode, 0);
  t.regex(stderr, /is not on the file system and mount of the tree .*set XDG_STATE_HOME/s);
  t.deepEqual(listTree(box.path), before);
});
