// Unix sockets of the host: who may name them, and what comes with them.
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { openSandbox, sandbox } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn } from "./table.ts";

/** Listens at a path, and says hello to everybody who connects. */
async function greetAt(t: ExecutionContext, path: string): Promise<string> {
  mkdirSync(dirname(path), { recursive: true });
  const server = createServer((stream) => void stream.on("error", () => {}).end("hello\n"));
  await new Promise((resolve) => server.listen(path, () => resolve(undefined)));
  t.teardown(() => void server.close());
  chmodSync(path, 0o777);
  return path;
}

const asks = (path: string): string =>
  `/usr/bin/python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("${path}"); print(s.recv(9).decode(), end="")'`;

/** A script of the sandbox, as a caller with variables of his own. */
const runner =
  (box: Box, who: Who, env: Readonly<Record<string, string>>) =>
  (words: readonly string[], script: string): ReturnType<typeof sandboxIn> =>
    sandboxIn(box, who, ["--tools", "none", ...words, "--", "sh", "-c", script], env);

const own = (box: Box) => ({ XDG_CONFIG_HOME: join(box.base, "beside/config") });

test.serial("a socket comes with the variables that name it, and with no others", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "user");
  const at = await greetAt(t, join(box.base, "beside/run/s"));
  const variables = {
    SSH_AUTH_SOCK: at,
    DOCKER_HOST: `unix://${at}`,
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${at},guid=7`,
    GPG_AGENT_INFO: `${at}:0:1`,
    XDG_RUNTIME_DIR: join(box.base, "beside/run"),
    WAYLAND_DISPLAY: "s",
    DISPLAY: ":7",
    OTHER: `${at}2`,
    TOKEN: "x",
  };
  const run = runner(box, "user", { ...env, ...variables });
  const { stdout, stderr } = await run(
    ["--socket", "../beside/run/s"],
    "env | grep -F /run/s | sort; env | grep -E '^(DISPLAY|OTHER|TOKEN)='",
  );
  t.deepEqual(
    stdout.trim().split("\n"),
    ["DBUS_SESSION_BUS_ADDRESS", "DOCKER_HOST", "GPG_AGENT_INFO", "SSH_AUTH_SOCK", "WAYLAND_DISPLAY"].map((name) =>
      name === "WAYLAND_DISPLAY"
        ? `${name}=${at}`
        : `${name}=${Object.entries(variables).find(([one]) => one === name)?.[1]}`,
    ),
    stderr,
  );
  t.is((await run(["--socket", at], asks(at))).stdout, "hello\n");
  t.is((await run(["--socket", at, "--env", "DOCKER_HOST=mine"], "echo $DOCKER_HOST")).stdout, "mine\n");
  for (const name of ["ssh-agent", "docker", "session-bus", "wayland"])
    t.is((await run(["--socket", name], asks(at))).stdout, "hello\n", name);
  t.is((await run(["--socket", at, "--deny", at], asks(at))).exitCode, 1);
  await nothingLeft(t, box, box.before);
});

for (const who of ["root", "user"] as const)
  test.serial(`as ${who}: a socket in the tree at which the host listens is hidden, unless it is named`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const leave = `python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("dead")'`;
    const { box, env } = await makePlace(t, who, `mkdir sub; ${leave}; echo '{"read": ["sub/s"]}' > coffer.json`);
    const at = await greetAt(t, join(box.path, "sub/s"));
    const run = runner(box, who, { ...env, ...own(box) });
    for (const words of [[], ["--rw"]])
      t.is((await run(words, `${asks(at)} 2>&1 | tail -1`)).stdout.includes("hello"), false);
    for (const word of ["--socket", "--read"]) t.is((await run([word, at], asks(at))).stdout, "hello\n", word);
    // Nobody listens there: whoever works in the tree replaces it.
    t.is((await run(["--rw"], "rm dead && echo gone; mv sub other")).stdout, "gone\n");
  });

test.serial("what is no socket, or no service of the session, is refused", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "user");
  const run = runner(box, "user", { ...env, DISPLAY: "elsewhere:1", SSH_AUTH_SOCK: join(box.base, "beside/run") });
  const told = async (...words: readonly string[]): Promise<string> => {
    const { exitCode, stderr } = await run(words, "true");
    t.is(exitCode, 125, words.join(" "));
    return stderr;
  };
  t.regex(await told("--socket", "../beside"), /--socket "\.\.\/beside": it is no unix socket/);
  t.regex(await told("--socket", "/proc/1/cwd/x"), /--socket "\/proc\/1\/cwd\/x": [^\n]*permission/i);
  t.regex(await told("--socket", "x11"), /--socket "x11": your variables name no socket of it/);
  t.regex(await told("--socket", "ssh-agent"), /--socket "ssh-agent": there is no socket ".*\/beside\/run"/);
  const at = await greetAt(t, join(box.base, "beside/run/s"));
  t.regex(await told("--socket", at, "--reduced"), /--reduced has no sockets of the host/);
});

function writeSettings(box: Box, settings: object): void {
  mkdirSync(join(box.base, "beside/config/coffer"), { recursive: true });
  writeFileSync(join(box.base, "beside/config/coffer/sandbox.json"), JSON.stringify(settings));
}

for (const who of ["root", "user"] as const)
  test.serial(`as ${who}: a project's sockets are those that its caller lets projects have`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(
      t,
      who,
      "mkdir -p ../beside/config/coffer; echo {} > ../beside/config/coffer/sandbox.json; echo {} > coffer.json",
    );
    const at = await greetAt(t, join(box.base, "beside/run/s"));
    const run = runner(box, who, { ...env, ...own(box), SSH_AUTH_SOCK: at });
    const project = (sockets: readonly string[]): void =>
      writeFileSync(join(box.path, "coffer.json"), JSON.stringify({ sockets }));
    const isRefused = async (what: string): Promise<void> => {
      const { exitCode, stderr, stdout } = await run([], "echo ran");
      t.is(stdout, "", what);
      t.is(exitCode, 125, what);
      t.regex(stderr, /coffer\.json" asks for more than projects may have: "sockets" (?:ssh-agent|.*\/run\/s)/, what);
    };
    for (const word of [at, "../beside/run/s", "ssh-agent"]) {
      project([word]);
      for (const projects of [{}, { read: [join(box.base, "beside/run")] }, { write: [at] }, { sockets: ["docker"] }]) {
        writeSettings(box, { projects });
        await isRefused(`${word} ${JSON.stringify(projects)}`);
      }
      for (const sockets of [[at], ["ssh-agent"]]) {
        writeSettings(box, { projects: { sockets } });
        const { stdout, stderr } = await run([], `echo $SSH_AUTH_SOCK; ${asks(at)}`);
        t.is(stdout, `${at}\nhello\n`, stderr);
      }
      writeSettings(box, {});
      t.is((await run(["--profile", "coffer.json"], asks(at))).stdout, "hello\n", "the file is accepted by its name");
    }
    // A link of the project's own tree is what it leads to.
    symlinkSync(await greetAt(t, join(box.base, "beside/other/run/s")), join(box.path, "link"));
    project(["link"]);
    await isRefused("a link");
  });

test.serial("the caller's own settings name services, of which a session need not have any", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "user");
  writeSettings(box, { sockets: ["ssh-agent", "x11"] });
  const none = runner(box, "user", { ...env, ...own(box) });
  t.is((await none([], "echo [$SSH_AUTH_SOCK]")).stdout, "[]\n");
  const at = await greetAt(t, join(box.base, "beside/run/s"));
  const one = runner(box, "user", { ...env, ...own(box), SSH_AUTH_SOCK: at });
  t.is((await one([], `echo $SSH_AUTH_SOCK; ${asks(at)}`)).stdout, `${at}\nhello\n`);
  t.is((await one(["--no-settings"], "echo [$SSH_AUTH_SOCK]")).stdout, "[]\n");
  t.regex((await one(["--reduced"], "true")).stderr, /--reduced has no sockets of the host/);
});

test.serial("a socket of the project's own tree is the project's", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "user", 'echo \'{"sockets": ["s"]}\' > coffer.json');
  const at = await greetAt(t, join(box.path, "s"));
  t.is((await runner(box, "user", { ...env, DB: at })([], `echo $DB; ${asks(at)}`)).stdout, `${at}\nhello\n`);
});

test.serial("a socket of the host is connected to if it is named itself, and not with its directory", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "user", "mkdir sub");
  const run = runner(box, "user", env);
  const [at, beside] = [await greetAt(t, join(box.path, "sub/s")), await greetAt(t, join(box.base, "beside/s"))];
  const both = `${asks(at)}; ${asks(beside)}`;
  t.is((await run(["--read", beside], both)).stdout, "hello\n");
  t.is((await run(["--read", beside, "--socket", at], both)).stdout, "hello\nhello\n");
  t.is((await run(["--read", join(box.base, "beside")], both)).stdout, "");
  for (const flags of [[], ["--rw"]]) {
    const denied = await run([...flags, "--socket", at, "--deny", at, "--deny", beside], both);
    t.is(denied.stdout, "");
    t.regex(denied.stderr, /refused|denied/i);
  }
});

test.serial("sockets are told: by why, by an audit, by an explanation and by what was learnt", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "user");
  const at = await greetAt(t, join(box.base, "beside/run/s"));
  const hidden = await greetAt(t, join(box.base, "beside/run/agent"));
  const told = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await command([...asUser, ...cofferArgv(), ...words], {
      cwd: box.path,
      env: { ...env, SSH_AUTH_SOCK: hidden },
    });
    return stdout;
  };
  t.is(
    await told("why", at),
    `denied: connect ${at}: a file system of the sandbox's own: the host's is not there: add --socket ${at}\n`,
  );
  t.is(await told("why", at, "--socket", at), `allowed: connect ${at}: --socket\n`);
  t.regex(await told("why", hidden, "--read", "../beside"), /^denied: connect .*: hidden: .*: add --socket /);
  t.regex(await told("why", hidden, "--read", "../beside", "--socket", "ssh-agent"), /^allowed: connect /);
  const audited = ["audit", "sandbox", "--json", "--fail-on", "critical"];
  t.notRegex(await told(...audited, "--", "true"), /host-sockets/);
  t.regex(await told(...audited, "--socket", at, "--", "true"), /host-sockets[\s\S]*the socket .*\/run\/s of the host/);
  const shown = ["sandbox", "--socket", at, "--show", "explain", "--", "true"];
  t.regex((await told(...shown)).replaceAll(/\s+/g, " "), /it can connect to .*\/run\/s of the host/);
  const learning = [
    "sandbox",
    "--tools",
    "none",
    "--socket",
    "../beside/run/s",
    "--socket",
    "ssh-agent",
    "--learn",
    "p.json",
  ];
  await told(...learning, "--", "true");
  t.regex(readFileSync(join(box.path, "p.json"), "utf8"), new RegExp(`"sockets": \\["${at}","ssh-agent"\\]`));
  t.regex(await told("why", at, "--profile", "./p.json"), /^allowed: connect /);
});

test.serial("the API has the same sockets", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box } = await makePlace(t, "root");
  const at = await greetAt(t, join(box.base, "beside/run/s"));
  const place = { cwd: box.path, tools: "none" as const, sockets: [at] };
  const args = ["sh", "-c", asks(at)];
  t.is((await sandbox({ ...place, args })).stdout, "hello\n");
  t.true((await sandbox({ ...place, sockets: [], args })).failed);
  await using session = await openSandbox(place);
  t.is((await session.exec({ args })).stdout, "hello\n");
  await t.throwsAsync(async () => sandbox({ ...place, sockets: [box.path], args }), {
    message: /it is no unix socket/,
    code: "E_USAGE",
  });
  await t.throwsAsync(async () => sandbox({ ...place, isolation: "reduced", args }), { message: /has no sockets/ });
});
