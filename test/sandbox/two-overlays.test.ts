// Two overlays of one tree: what one has applied over the other is undone in its order, and in the other order stays.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { listTree, name, written } from "./applying.ts";
import type { Who } from "./table.ts";
import { sandboxIn } from "./table.ts";

const prepare = "mkdir d; echo f > f; echo g > g; echo h > d/h";
const held = ["f", "n", "d/h"].flatMap((path) => ["--held", path]);

/** A tree over which two overlays are applied; `again` has the second applied, undone and applied once more. */
const undone = test.macro({
  exec: async (t, who: Who, isAgain: boolean) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, ask, env } = await written(t, who, prepare, "echo A > f; echo A > n; echo A > d/h");
    const before = listTree(box.path);
    const other = `${name}-b`;
    const words = ["--tools", "none", "--no-settings", "--overlay=keep", "--name", other, "--", "sh", "-ec"];
    const ran = await sandboxIn(box, who, [...words, "echo B > f; echo B > n; echo B > d/h; rm g"], env);
    t.is(ran.exitCode, 0, ran.stderr);
    t.regex((await ask("apply", name)).stdout, /^3 applied, 0 not$/);
    const first = listTree(box.path);
    for (let times = isAgain ? 2 : 1; times > 0; times -= 1) {
      t.regex((await ask("apply", ...held, other)).stdout, /^3 applied, 1 not$/m);
      if (times === 1) break;
      t.is((await ask("undo", other)).exitCode, 0);
      t.deepEqual(listTree(box.path), first);
    }
    const early = await ask("undo", name);
    t.is(early.exitCode, 1);
    t.regex(early.stdout, /^not undone: f: it has changed since/m);
    t.is(execFileSync("cat", ["f", "n"], { cwd: box.path, encoding: "utf8" }), "B\nB\n");
    t.is((await ask("undo", other)).exitCode, 0);
    t.deepEqual(listTree(box.path), first);
    t.is((await ask("undo", name)).exitCode, 0);
    t.deepEqual(listTree(box.path), before);
  },
  title: (_, who, isAgain) =>
    `as ${who}: two overlays are undone, the later apply first${isAgain ? ", once more" : ""}`,
});

for (const who of ["root", "user"] satisfies readonly Who[]) {
  test.serial(undone, who, false);
  test.serial(undone, who, true);
}

test.serial(
  "what the host changes between the two is the host's, and a broken overlay beside stops nothing",
  async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const { box, ask, env, store } = await written(t, "root", prepare, "echo A > f");
    const other = `${name}-b`;
    const words = [
      "--tools",
      "none",
      "--no-settings",
      "--overlay=keep",
      "--name",
      other,
      "--",
      "sh",
      "-ec",
      "echo B > f",
    ];
    t.is((await sandboxIn(box, "root", words, env)).exitCode, 0);
    t.is((await ask("apply", name)).exitCode, 0);
    execFileSync("sh", ["-ec", "touch -r f ../t; echo H > f; touch -r ../t f"], { cwd: box.path });
    t.regex((await ask("apply", "--held", "f", other)).stdout, /^1 applied/m);
    t.is((await ask("undo", other)).exitCode, 0);
    const { exitCode, stdout } = await ask("undo", name);
    t.is(exitCode, 1);
    t.regex(stdout, /^not undone: f: it has changed since/m);
    await command([
      "sh",
      "-ec",
      `echo x > ${join(store, `../${other}/applies/1/steps`)}; mkdir -p ${join(store, "../odd/applies/1")}`,
    ]);
    t.regex((await ask("undo", name)).stdout, /^not undone: f: it has changed since/m);
    t.is(execFileSync("cat", ["f"], { cwd: box.path, encoding: "utf8" }), "H\n");
  },
);
