// The examples, run as their readers run them.
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";

const example = (name: string): string => join(repository, "examples", name);

/** What the action runs, as GitHub takes it out of the file. */
function scriptOf(file: string): string {
  const [, block = ""] = /\n {6}run: \|\n((?: {8}.*\n| *\n)+)/.exec(readFileSync(file, "utf8")) ?? [];
  return block.replaceAll(/^ {8}/gm, "");
}

/** The inputs that have a default, as the variables of the script. */
function defaultsOf(file: string): Readonly<Record<string, string>> {
  const text = readFileSync(file, "utf8");
  const inputs = [...text.matchAll(/^ {2}(\w+):\n {4}description: .*\n {4}default: (.*)$/gm)];
  const values = new Map(inputs.map(([, name = "", value = ""]) => [name, value.replaceAll('"', "")]));
  const names = [...text.matchAll(/^ {8}(\w+): \$\{\{ inputs\.(\w+) \}\}$/gm)];
  return Object.fromEntries(names.map(([, variable = "", name = ""]) => [variable, values.get(name) ?? ""]));
}

const action = join(example("github-action"), "action.yml");
const runAction = (cwd: string, given: Readonly<Record<string, string>>) =>
  command(["bash", "--norc", "-e", "-c", scriptOf(action)], { cwd, env: { ...defaultsOf(action), ...given } });

/** A program of one line, which can be run. */
function putScript(path: string, lines: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
}

test.serial("the action runs its command in the workspace, which it may write if that is said", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  t.regex(scriptOf(action), /sandbox/);
  const program = join(box.base, "coffer");
  putScript(program, `exec ${cofferArgv().join(" ")} "$@"`);
  const run = (given: Readonly<Record<string, string>>) =>
    runAction(box.path, { COFFER_PROGRAM: program, RUNNER_TEMP: box.base, GITHUB_TOKEN: "t0ken", ...given });
  const first = await run({ COMMAND: "env | grep -c GITHUB_TOKEN || touch made", ALLOW: "", WRITABLE: "false" });
  t.is(first.stdout, "0\n", first.stderr);
  t.not(first.exitCode, 0);
  const hosts = "a.org:443\n\n*.b.org\n";
  const second = await run({ COMMAND: "touch made; env | grep -c PROXY", ALLOW: hosts, WRITABLE: "true" });
  t.is(second.exitCode, 0, second.stderr);
  t.true(existsSync(join(box.path, "made")));
  const hostile = await run({ COMMAND: "true", ALLOW: '$(touch pwned)"; touch pwned; "', WRITABLE: "true" });
  t.not(hostile.exitCode, 0);
  t.false(existsSync(join(box.path, "pwned")));
  t.regex(readFileSync(join(box.base, "coffer-events.jsonl"), "utf8"), /"event":"end"/);
  t.not((await run({ COMMAND: "true", COFFER_PROGRAM: "./coffer" })).exitCode, 0);
});

/** A registry that has one package. Gives its address. */
async function serveRegistry(t: ExecutionContext, name: string, tarball: Buffer): Promise<string> {
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  const server = createServer((request, response) => {
    if (request.url?.endsWith(".tgz")) return response.end(tarball);
    const dist = { tarball: `http://${request.headers.host}/p.tgz`, integrity };
    const versions = { "0.1.0": { name, version: "0.1.0", bin: { coffer: "coffer" }, dist } };
    return response.end(JSON.stringify({ name, "dist-tags": { latest: "0.1.0" }, versions }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const at = server.address();
  return `http://127.0.0.1:${typeof at === "object" && at !== null ? at.port : 0}/`;
}

/** A package whose program says whose it is. */
function packCoffer(dir: string, name: string): Buffer {
  putScript(join(dir, "package/coffer"), `echo ${dir.slice(dir.lastIndexOf("/") + 1)}`);
  const manifest = { name, version: "0.1.0", bin: { coffer: "coffer" } };
  writeFileSync(join(dir, "package/package.json"), JSON.stringify(manifest));
  execFileSync("tar", ["czf", join(dir, "p.tgz"), "-C", dir, "package"]);
  return readFileSync(join(dir, "p.tgz"));
}

test.serial("nothing of a hostile workspace chooses the program that the action runs", async (t) => {
  const base = mkdtempSync(join(tmpdir(), "coffer-action-"));
  t.teardown(() => rmSync(base, { recursive: true }));
  const [work, home, temp] = [join(base, "work"), join(base, "home"), join(base, "temp")];
  for (const dir of [work, home, temp]) mkdirSync(dir);
  const name = "@coffer/cli";
  writeFileSync(
    join(home, ".npmrc"),
    `registry=${await serveRegistry(t, name, packCoffer(join(base, "good"), name))}\n`,
  );
  // The workspace has a package of that name, a program, and a registry of its own.
  const evil = await serveRegistry(t, name, packCoffer(join(base, "evil"), name));
  writeFileSync(
    join(work, ".npmrc"),
    `registry=${evil}\nscript-shell=${join(work, "sh")}\nnode-options=--require=${work}/evil.cjs\n`,
  );
  writeFileSync(join(work, "package.json"), JSON.stringify({ name: "work", bin: { coffer: "coffer" } }));
  writeFileSync(join(work, "evil.cjs"), 'console.log("evil");\n');
  for (const path of ["coffer", "npm", "sh", "node_modules/.bin/coffer", `node_modules/${name}/coffer`])
    putScript(join(work, path), "echo evil");
  writeFileSync(
    join(work, "node_modules", name, "package.json"),
    readFileSync(join(base, "evil/package/package.json")),
  );
  const env = { HOME: home, RUNNER_TEMP: temp, PATH: process.env.PATH ?? "", COMMAND: "true" };
  const said = await runAction(work, { ...env, PACKAGE: `${name}@0.1.0` });
  t.is(said.stdout, "good\n", said.stderr);
  t.is(said.exitCode, 0);
  for (const PACKAGE of ["", name, `${name}@latest`, `${name}@^0.1.0`, "./p.tgz", "--prefix=.", `file:${work}`]) {
    const refused = await runAction(work, { ...env, PACKAGE });
    t.is(refused.exitCode, 2, PACKAGE);
    t.is(refused.stdout, "", PACKAGE);
  }
});

/** Speaks with a server, line by line. */
function speak(t: ExecutionContext, argv: readonly string[]) {
  const [file = "", ...args] = argv;
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"], cwd: join(repository, "packages/core") });
  t.teardown(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let id = 0;
  return {
    ask: async (method: string, params: object = {}) => {
      id += 1;
      child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
      const { value } = await lines.next();
      return JSON.parse(value ?? "");
    },
    end: async (): Promise<number | null> => {
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      child.stdin.end();
      return ended;
    },
  };
}

test.serial("the MCP server runs commands in one sandbox, and says what was denied", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  if (Number(process.versions.node.split(".")[0]) < 24) return void t.log("skipped: await using needs Node 24");
  const box = makeBox(t);
  // As a package that has the API finds it.
  const server = join(repository, "packages/core", ".example-server.mjs");
  const work = join(box.base, "work");
  mkdirSync(work);
  writeFileSync(server, readFileSync(join(example("mcp-server"), "server.mjs")));
  t.teardown(() => command(["rm", "-f", server]));
  const { ask, end } = speak(t, [process.execPath, server, work, "a.org"]);
  t.like(await ask("initialize", {}), { result: { capabilities: { tools: {} } } });
  t.is((await ask("tools/list")).result.tools[0].name, "run_command");
  const call = async (line: string, more = {}) =>
    (await ask("tools/call", { name: "run_command", arguments: { command: line, ...more } })).result;
  t.like(await call("echo hi > made; echo kept > /tmp/x; id -u"), { isError: false });
  t.is(readFileSync(join(work, "made"), "utf8"), "hi\n");
  t.regex((await call("cat /tmp/x")).content[0].text, /^kept\n/);
  const script =
    "exec 3<>/dev/tcp/127.0.0.1/31280; printf 'CONNECT b.org:443 HTTP/1.1\\r\\n\\r\\n' >&3; cat <&3; exit 1";
  const answer = await call(script);
  t.true(answer.isError);
  t.regex(answer.content[0].text, /denied by the sandbox: "b\.org" port 443: not allowed/);
  t.regex(
    (await call("touch /opt/x 2>/dev/null")).content[0].text,
    /denied by the sandbox: write "\/opt\/x": .*only be read/,
  );
  t.regex((await call("sleep 100", { timeoutMs: 300 })).content[0].text, /timed out/);
  t.like(await ask("tools/call", { name: "rm" }), { error: { code: -32603 } });
  t.like(await ask("constructor"), { error: { code: -32601 } });
  t.is(await end(), 0);
});
