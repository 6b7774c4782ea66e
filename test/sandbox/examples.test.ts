// The examples, run as their readers run them.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/runtimes.ts";

const example = (name: string): string => join(repository, "examples", name);

/** What the action runs, as GitHub takes it out of the file. */
function scriptOf(file: string): string {
  const [, block = ""] = /\n {6}run: \|\n((?: {8}.*\n| *\n)+)/.exec(readFileSync(file, "utf8")) ?? [];
  return block.replaceAll(/^ {8}/gm, "");
}

test.serial("the action runs its command in the workspace, which it may write if that is said", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const script = scriptOf(join(example("github-action"), "action.yml"));
  t.regex(script, /sandbox/);
  const run = (given: Readonly<Record<string, string>>) =>
    command(["bash", "--norc", "-e", "-c", script], {
      cwd: box.path,
      env: { COFFER_PROGRAM: cofferArgv().join(" "), RUNNER_TEMP: box.base, GITHUB_TOKEN: "t0ken", ...given },
    });
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
  t.regex((await call("sleep 100", { timeoutMs: 300 })).content[0].text, /timed out/);
  t.like(await ask("tools/call", { name: "rm" }), { error: { code: -32603 } });
  t.like(await ask("constructor"), { error: { code: -32601 } });
  t.is(await end(), 0);
});
