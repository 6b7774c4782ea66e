// Bun and Deno have Node's modules: a program that uses the API gets the same answers on each of the three.
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
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

/** The words that bundle a program with esbuild. */
function bundle(source: string, file: string, format: "cjs" | "esm"): readonly string[] {
  const program = join(repository, "node_modules/.bin/esbuild");
  return [
    program,
    source,
    "--bundle",
    "--platform=node",
    `--format=${format}`,
    `--outfile=${file}`,
    "--log-level=error",
  ];
}

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
  t.is(Object.keys(expected).length, 17);
  t.deepEqual(expected["a container"], { stdout: "inside\n", status: "created", left: 0 });
  t.deepEqual(expected["the functions of srt"], { stdout: "hello\n", stderr: "", status: 4 });
  t.like(expected["a network"], { denied: [{ target: "example.org:80" }] });
  for (const engine of ["Bun", "Deno"] as const) t.deepEqual(await toldOn(t, engine), expected, engine);
});

/** What makes one file of a program, and how that is called. */
const bundled = {
  "Bun's compiler": (source: string, file: string) => [
    [...engines.Bun, "build", "--compile", source, "--outfile", file],
    [file],
  ],
  "a bundler, as a module": (source: string, file: string) => [
    bundle(source, `${file}.mjs`, "esm"),
    [...engines.Node, `${file}.mjs`],
  ],
  "a bundler, for require": (source: string, file: string) => [
    bundle(source, `${file}.cjs`, "cjs"),
    [...engines.Node, `${file}.cjs`],
  ],
} as const;

for (const [name, words] of Object.entries(bundled))
  test.serial(`a program from ${name} uses the helper beside it, or says that it lacks one`, async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const box = makeBox(t);
    const [source, place] = [join(modules, `.bundled-${box.tag}.mjs`), join(box.base, "bin")];
    t.teardown(() => rmSync(source));
    mkdirSync(place);
    writeFileSync(
      source,
      'import { sandbox } from "@coffer/core";\nsandbox("echo", ["hello"]).then(({ stdout }) => console.log(stdout));\n',
    );
    const [build = [], argv = []] = words(source, join(place, "program"));
    const built = await command(build);
    t.is(built.exitCode, 0, built.stderr);
    // A project that brings a helper of its own is not asked for one.
    const hostile = join(box.path, "node_modules/@coffer/core");
    mkdirSync(join(hostile, "native"), { recursive: true });
    writeFileSync(join(hostile, "package.json"), "{}");
    writeFileSync(join(hostile, "native", basename(helperPath())), `#!/bin/sh\ntouch ${box.base}/hostile\n`, {
      mode: 0o755,
    });
    const lacks = await command(argv, { cwd: box.path });
    t.false(existsSync(join(box.base, "hostile")));
    t.not(lacks.exitCode, 0);
    t.regex(
      lacks.stderr,
      /cannot execute the helper \S+\/bin\/coffer-helper-\w+: put coffer-helper-\w+ of @coffer\/core\/native beside/,
    );
    copyFileSync(helperPath(), join(place, basename(helperPath())));
    t.like(await command(argv, { cwd: box.path }), { exitCode: 0, stdout: "hello\n\n", stderr: "" });
  });
