// What is odd in a document is a warning, and is an error only if the caller asks for that.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { openRuntime, plan, run } from "../../packages/core/src/index.ts";
import { frontArgv } from "../helpers/callers/front.ts";
import { command } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { create, fails, makeBox, ok } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

const odd = {
  "/process/args": ["/probe", "echo", "ran"],
  "/process/noNewPriviledges": true,
  "/linux/seccomp": {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["mount", "mout", "s390_pci_mmio_read"], action: "SCMP_ACT_ERRNO" }],
  },
};
const field = "/process/noNewPriviledges: is no field of the spec: ignored";
const call = '/linux/seccomp/syscalls/0/names/1: "mout" is no system call of Linux: ignored';

async function makeOdd(t: ExecutionContext): Promise<Box | undefined> {
  return (await needs(t, "root")) ? makeBox(t, odd) : undefined;
}

test.serial("an unknown field and an unknown system call are told on standard error, and ignored", async (t) => {
  const box = await makeOdd(t);
  if (box === undefined) return;
  const { stdout, stderr } = await ok(t, box, "run", ["--bundle", box.path, box.tag]);
  t.is(stdout, "ran\n");
  t.is(stderr, `coffer: warning: config: ${field}\ncoffer: warning: config: ${call}\n`);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("with a log file the warnings are lines of it, and nothing else is printed", async (t) => {
  const box = await makeOdd(t);
  if (box === undefined) return;
  const log = join(box.base, "log.json");
  const globals = ["--root", box.state, "--log", log, "--log-format", "json"];
  const argv = [...frontArgv("coffer-oci"), ...globals, "run", "--bundle", box.path, box.tag];
  const { stdout, stderr, exitCode } = await command(argv);
  t.deepEqual([exitCode, stdout, stderr], [0, "ran\n", ""]);
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  const told = lines.map((line) => JSON.parse(line)).map(({ level, msg }) => `${level}: ${msg}`);
  t.deepEqual(told, [`warning: config: ${field}`, `warning: config: ${call}`]);
});

test.serial("--strict and a strict policy refuse them before there is any effect", async (t) => {
  const box = await makeOdd(t);
  if (box === undefined) return;
  const policy = join(box.base, "policy.json");
  writeFileSync(policy, '{"version":1,"strict":true}');
  for (const verb of ["run", "create"]) {
    const words = ["--bundle", box.path, box.tag];
    await fails(t, box, verb, ["--strict", ...words], /^coffer: invalid config: \/process\/noNewPriviledges: .*"mout"/);
    await fails(
      t,
      box,
      verb,
      ["--policy", policy, ...words],
      /rule \/strict: \/process\/noNewPriviledges: is no field/,
    );
  }
  t.false(existsSync(join(box.state, box.tag)));
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("plan and audit print them", async (t) => {
  const box = await makeOdd(t);
  if (box === undefined) return;
  t.true((await ok(t, box, "plan", [box.path])).stdout.includes(`\nwarning: ${field}\nwarning: ${call}\n`));
  const json = JSON.parse((await ok(t, box, "plan", ["--json", box.path])).stdout);
  t.is(json.warnings.length, 2);
  await fails(t, box, "plan", ["--strict", box.path], /invalid config: \/process\/noNewPriviledges/);
  const { stdout } = await ok(t, box, "audit", ["--fail-on", "critical", box.path]);
  t.true(stdout.includes(`warning   ${field}\nwarning   ${call}\n`), stdout);
});

test.serial("exec --process and update --resources tell them too", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "60"] });
  await create(t, box);
  await ok(t, box, "start", [box.tag]);
  const process = join(box.base, "process.json");
  writeFileSync(process, '{"cwd":"/","args":["/probe","echo","joined"],"user":{"uid":0,"gid":0,"gidd":1}}');
  const joined = await ok(t, box, "exec", ["--process", process, box.tag]);
  t.is(joined.stdout, "joined\n");
  t.is(joined.stderr, "coffer: warning: process: /user/gidd: is no field of the spec: ignored\n");
  await fails(t, box, "exec", ["--strict", "--process", process, box.tag], /invalid process: \/user\/gidd/);
  const resources = join(box.base, "resources.json");
  writeFileSync(resources, '{"memmory":{"limit":1}}');
  const updated = await ok(t, box, "update", ["--resources", resources, box.tag]);
  t.is(updated.stderr, "coffer: warning: resources: /memmory: is no field of the spec: ignored\n");
  await fails(t, box, "update", ["--strict", "--resources", resources, box.tag], /invalid resources: \/memmory/);
  await ok(t, box, "delete", ["--force", box.tag]);
});

test.serial("programs are told by warn, and refused by strict", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const told: string[] = [];
  const options = {
    rootfs: box.rootfs,
    config: { ociVersion: "1.0.0", root: { path: "rootfs" }, process: { cwd: "/" }, x: 1 },
  };
  const runtime = openRuntime({ root: box.state, warn: ({ message }) => told.push(message) });
  const { exitCode } = await run({ ...options, args: ["/probe", "echo", "x"], runtime });
  t.is(exitCode, 0);
  t.deepEqual(told, ["config: /x: is no field of the spec: ignored"]);
  const strict = openRuntime({ root: box.state, strict: true });
  const error = { code: "E_CONFIG_INVALID", message: /\/x: is no field/ };
  await t.throwsAsync(run({ ...options, args: ["/probe", "echo", "x"], runtime: strict }), error);
  t.throws(() => plan({ ...options, args: ["/probe", "echo", "x"], runtime: strict }), error);
});
