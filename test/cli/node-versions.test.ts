// What is built runs on every release of Node that the packages promise, without a warning.
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { npm } from "../helpers/callers/npm.ts";
import type { CommandOptions } from "../helpers/command.ts";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser } from "../helpers/user.ts";

const releases = ["20", "22"] as const;
const folder = join(repository, "test/node");
const nodeOf = (release: string): string => join(folder, `node_modules/node-${release}-${process.arch}/bin/node`);

test.before("the releases are installed", async (t) => {
  t.timeout(600_000);
  if (releases.every((release) => existsSync(nodeOf(release)))) return;
  const { exitCode, stderr } = await npm(["ci", "--ignore-scripts"], { cwd: folder, timeoutMs: 600_000 });
  t.is(exitCode, 0, stderr);
});

test("an optional package that npm silently leaves out is an error that says why", async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), "cft-npm-"));
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }));
  for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(folder, name), join(cwd, name));
  const unreachable = { npm_config_registry: "http://127.0.0.1:1/", npm_config_fetch_retries: "0" };
  const env = { ...unreachable, npm_config_cache: join(cwd, "cache"), HOME: cwd };
  const { exitCode, stderr } = await npm(["ci"], { cwd, env });
  t.is(exitCode, 1);
  t.regex(stderr, /failed with ECONNREFUSED/);
  t.regex(stderr, /^npm ci left out node-20-\w+, node-22-\w+, which this machine needs/m);
});

test("npm gets the caller's variables, and the Node that npm belongs to", async (t) => {
  const base = mkdtempSync(join(tmpdir(), "cft-npm-"));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const told = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "npm_config_cafile", "HTTPS_PROXY"];
  const line = told.map((name) => `${name}=$${name}`).join(" ");
  writeFileSync(join(base, "npm"), `#!/bin/sh\necho "${line}"\nIFS=:\nfor one in $PATH; do echo "$one"; done\n`, {
    mode: 0o755,
  });
  const path = [join(repository, "node_modules/.bin"), base, process.env.PATH].join(":");
  const own = { ...Object.fromEntries(told.map((name) => [name, `own ${name}`])), PATH: path };
  const { stdout } = await npm(["config"], { cwd: folder, env: own });
  const [variables, ...directories] = stdout.trimEnd().split("\n");
  t.is(variables, told.map((name) => `${name}=own ${name}`).join(" "));
  t.is(directories[0], base);
  t.false(directories.some((directory) => directory.endsWith("node_modules/.bin")));
});

/** What a command prints that succeeds and has nothing to say on standard error. */
async function quiet(t: ExecutionContext, argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await command(argv, options);
  t.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" }, argv.join(" "));
  return stdout;
}

const program = (release: string, name: string): readonly string[] => [
  nodeOf(release),
  join(repository, `packages/cli/bin/${name}.js`),
];

const script = (bundle: string, root: string): string => `
import { openRuntime, run } from "@coffer/core";
const runtime = openRuntime({ root: ${JSON.stringify(root)} });
const { exitCode, stdout } = await run({ runtime, bundle: ${JSON.stringify(bundle)}, args: ["/probe", "echo", "hello"] });
console.log(exitCode, stdout.trim());
`;

const works = test.macro({
  async exec(t, release: string) {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t, { "/process/args": ["/probe", "echo", "hello"] });
    const coffer = (...words: readonly string[]) => quiet(t, [...program(release, "coffer"), ...words]);
    const oci = (...words: readonly string[]) =>
      quiet(t, [...program(release, "coffer-oci"), "--root", box.state, ...words]);
    t.regex(await quiet(t, [nodeOf(release), "--version"]), new RegExp(`^v${release}\\.`));
    t.regex(await coffer("--version"), /^coffer version /);
    mkdirSync(join(box.base, "new"));
    await coffer("spec", "--bundle", join(box.base, "new"));
    t.true(existsSync(join(box.base, "new/config.json")));
    t.is(await coffer("run", "--root", box.state, "--bundle", box.path, box.tag), "hello\n");
    await oci("create", "--bundle", box.path, box.tag);
    t.regex(await oci("state", box.tag), /"status": "created"/);
    await oci("start", box.tag);
    await oci("delete", "--force", box.tag);
    const argv = [nodeOf(release), "--input-type=module", "--eval", script(box.path, box.state)];
    t.is(await quiet(t, argv, { cwd: repository }), "0 hello\n");
    await nothingLeft(t, box, box.before);
  },
  title: (_, release: string) => `Node ${release}: the command lines and the API`,
});

for (const release of releases) test.serial(works, release);

test.serial("nothing is looked for in the caller's home directory", async (t) => {
  if (!(await needs(t, "root", "user"))) return;
  const home = mkdtempSync(join(tmpdir(), "cft-home-"));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  chmodSync(home, 0o700);
  t.regex(await quiet(t, [...asUser, ...cofferArgv(), "features"], { cwd: "/", env: { HOME: home } }), /ociVersionMin/);
});

test("ava under a Node that cannot run TypeScript says how the tests are run", async (t) => {
  const argv = [nodeOf("20"), join(repository, "node_modules/.bin/ava"), "test/support/kept.test.ts"];
  const { exitCode, stdout, stderr } = await command(argv, { cwd: repository });
  t.is(exitCode, 1);
  t.regex(stdout + stderr, /Node v20\.\S+ cannot run the tests, which are TypeScript: run `npx ava FILE`/);
});
