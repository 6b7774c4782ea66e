// Bun and Deno have Node's modules: a program that uses the API gets the same answers on each of the three.
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { npm } from "../helpers/callers/npm.ts";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { helperPath } from "../helpers/peers/runtimes.ts";

const folder = join(repository, "test/packages/bun-deno");
const modules = join(folder, "node_modules");
const engines = {
  Node: [join(repository, `node_modules/node-linux-${process.arch}/bin/node`)],
  Bun: [join(modules, `bun-${process.arch}/bin/bun`)],
  Deno: [join(modules, `deno-${process.arch}/deno`), "run", "--allow-all"],
} as const;

type Engine = keyof typeof engines;

test.before("Bun and Deno are installed", async (t) => {
  t.timeout(600_000);
  if (Object.values(engines).every(([program]) => existsSync(program))) return;
  const { exitCode, stderr } = await npm(["ci", "--ignore-scripts"], { cwd: folder, timeoutMs: 600_000 });
  t.is(exitCode, 0, stderr);
});

/** What the program gets, by the names of its rows. */
async function toldOn(t: ExecutionContext, engine: Engine): Promise<Readonly<Record<string, unknown>>> {
  const box = makeBox(t);
  const argv = [...engines[engine], join(folder, "program.mjs"), box.state, box.rootfs];
  const { stdout, stderr, exitCode } = await command(argv, { cwd: box.path, timeoutMs: 120_000 });
  t.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" });
  await nothingLeft(t, box, box.before);
  const rows = stdout.trim().split("\n");
  return Object.fromEntries(rows.map((row) => JSON.parse(row)).map(({ name, told }) => [name, told]));
}

test.serial("on Node, Bun and Deno a program gets the same", async (t) => {
  t.timeout(400_000);
  if (!(await needs(t, "root", "userns"))) return;
  const expected = await toldOn(t, "Node");
  t.is(Object.keys(expected).length, 16);
  t.deepEqual(expected["a container"], { stdout: "inside\n", status: "created", left: 0 });
  t.like(expected["a network"], { denied: [{ target: "example.org:80" }] });
  for (const engine of ["Bun", "Deno"] as const) t.deepEqual(await toldOn(t, engine), expected, engine);
});

test.serial("a program that Bun has compiled uses the helper beside it, or says that it lacks one", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const [source, program] = [join(folder, "node_modules/.compiled.mjs"), join(box.base, "bin/program")];
  writeFileSync(
    source,
    'import { sandbox } from "@coffer/core";\nconsole.log((await sandbox("echo", ["hello"])).stdout);\n',
  );
  mkdirSync(join(box.base, "bin"));
  const built = await command([...engines.Bun, "build", "--compile", source, "--outfile", program]);
  t.is(built.exitCode, 0, built.stderr);
  const lacks = await command([program], { cwd: box.path });
  t.not(lacks.exitCode, 0);
  t.regex(
    lacks.stderr,
    /cannot execute the helper .*\/bin\/coffer-helper-\w+: put coffer-helper-\w+ of @coffer\/core\/native beside/,
  );
  copyFileSync(helperPath(), join(box.base, "bin", basename(helperPath())));
  t.like(await command([program], { cwd: box.path }), { exitCode: 0, stdout: "hello\n\n", stderr: "" });
});
