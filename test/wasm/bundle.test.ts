// OCI bundles whose program is a module: by annotation, by name, and what is refused.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { buildModule, cache, emptyDir } from "./module.ts";

type Change = {
  readonly args?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly rlimits?: readonly object[];
  readonly seccomp?: object;
};

/** Makes a bundle with the module `words` at /app.wasm and /bin/app. */
async function makeBundle(t: ExecutionContext, { annotations, seccomp, ...process }: Change): Promise<string> {
  const base = emptyDir(t);
  await command([...cofferArgv(), "spec", "--bundle", base]);
  const file = join(base, "config.json");
  const config = JSON.parse(readFileSync(file, "utf8"));
  const root = join(base, "rootfs");
  for (const name of ["bin", "dev", "proc", "sys"]) mkdirSync(join(root, name), { recursive: true });
  copyFileSync(buildModule("words"), join(root, "app.wasm"));
  copyFileSync(buildModule("words"), join(root, "bin/app"));
  const own = { ...config.process, terminal: false, env: ["FOO=bar"], args: ["/app.wasm", "3"], ...process };
  const linux = { ...config.linux, ...(seccomp === undefined ? {} : { seccomp }) };
  writeFileSync(file, JSON.stringify({ ...config, annotations, process: own, linux }));
  return base;
}

const env = { XDG_CACHE_HOME: cache };
const coffer = (words: readonly string[]) =>
  command([...cofferArgv(), ...words], { env, timeoutMs: 120_000, input: "" });

/** Runs such a bundle. */
async function run(t: ExecutionContext, process: Change, prepare = (_root: string) => {}) {
  const base = await makeBundle(t, process);
  prepare(join(base, "rootfs"));
  const words = ["run", "--root", join(base, "state"), "--bundle", base, `m${process.args?.length ?? 0}`];
  const done = await coffer(words);
  t.deepEqual(existsSync(join(base, "state")) ? readdirSync(join(base, "state")) : [], [], "no state is left");
  return done;
}

const hasTools = (t: ExecutionContext): Promise<boolean> => needs(t, "root", "userns", "wasm2c");

test.serial("a program that is named .wasm and is a module is run", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const { stdout, stderr, exitCode } = await run(t, {});
  t.is(stderr, "to stderr\n");
  t.is(stdout, "arg 3\nFOO bar\n");
  t.is(exitCode, 3);
});

test.serial("a program of any name is run if an annotation says that it is a module", async (t) => {
  if (!(await hasTools(t))) return;
  const { exitCode } = await run(t, { args: ["/bin/app", "5"], annotations: { "run.oci.handler": "wasm" } });
  t.is(exitCode, 5);
});

test.serial("a limit of addresses selects the build that checks each access", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const bytes = 256 * 1024 * 1024;
  const { exitCode, stderr } = await run(t, { rlimits: [{ type: "RLIMIT_AS", soft: bytes, hard: bytes }] });
  t.is(exitCode, 3, stderr);
});

test.serial("a call that the config's own filter denies stays denied", async (t) => {
  if (!(await hasTools(t))) return;
  const seccomp = {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["writev"], action: "SCMP_ACT_ERRNO", errnoRet: 1 }],
  };
  const { stdout, exitCode } = await run(t, { seccomp });
  t.is(stdout, "");
  t.is(exitCode, 3);
});

test.serial("a module is not looked for through links", async (t) => {
  if (!(await hasTools(t))) return;
  const annotations = { "run.oci.handler": "wasm" };
  const link = (root: string): void => symlinkSync("bin", join(root, "link"));
  const { stderr, exitCode } = await run(t, { args: ["/link/app"], annotations }, link);
  t.regex(stderr, /the module is not looked for through links: "link" is one/);
  t.is(exitCode, 125);
});

test.serial("a config that demands a module gets nothing else", async (t) => {
  if (!(await hasTools(t))) return;
  const annotations = { "module.wasm.image/variant": "compat" };
  const native = (root: string): void => writeFileSync(join(root, "bin/app"), "#!/bin/sh\n");
  const { stderr, exitCode } = await run(t, { args: ["/bin/app"], annotations }, native);
  t.regex(stderr, /the module is no WebAssembly: it does not begin with its magic number \(offset 0x0\)/);
  t.is(exitCode, 125);
});

test.serial("a module that is missing is a program that is missing", async (t) => {
  if (!(await hasTools(t))) return;
  const annotations = { "run.oci.handler": "wasm" };
  const { stderr, exitCode } = await run(t, { args: ["/none.wasm"], annotations });
  t.is(exitCode, 127);
  t.regex(stderr, /exec: "\/none\.wasm": stat \/none\.wasm: no such file or directory\n$/);
});

test.serial("plan, explain and audit show what is launched", async (t) => {
  if (!(await hasTools(t))) return;
  const base = await makeBundle(t, {});
  const { stdout: plan } = await coffer(["plan", base]);
  t.regex(plan, /exec args=\[\/app\.wasm, 65536, 1, \/, \/, \/app\.wasm/);
  t.regex((await coffer(["explain", base])).stdout, /a filter lets \d\d of \d+ system calls through/);
  const { findings } = JSON.parse((await coffer(["audit", "--json", base])).stdout);
  const checks = findings.map(({ check }: { readonly check: string }) => check);
  t.deepEqual(checks.toSorted(), ["bind-through-links", "memory-unlimited", "pids-unlimited"]);
});

test.serial("exec runs the module of a container", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const base = await makeBundle(t, { args: ["/app.wasm", "wait"] });
  const at = ["--root", join(base, "state")];
  const id = `wasm-exec-${process.pid}`;
  t.teardown(() => coffer(["delete", ...at, "--force", id]));
  t.is((await coffer(["create", ...at, "--bundle", base, id])).exitCode, 0);
  const { stdout, stderr, exitCode } = await coffer(["exec", ...at, id, "app.wasm", "4", "two"]);
  t.is(stdout, "arg 4\narg two\nFOO bar\n", stderr);
  t.is(exitCode, 4);
});
