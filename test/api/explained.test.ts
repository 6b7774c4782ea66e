// Commands of a session that are explained, and what they leave running: its supervisor goes on
// (docs/decisions/0068-supervisors-of-what-is-left.md).
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SandboxSession, SessionOptions } from "@coffer/core";
import { exec, openRuntime, openSandbox, sandbox } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command, until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { linkOf, nothingLeft, textOf } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

const open = (box: Box, more: Partial<SessionOptions> = {}) =>
  openSandbox({ runtime: openRuntime({ root: box.state }), cwd: box.path, tools: "none", ...more });

const sh = (script: string, explain = true) => ({ args: ["sh", "-c", script], explain });

/** What a session's command was denied: operation, path beneath the box, and what allows it. */
const deniedIn = async (session: SandboxSession, box: Box, script: string) => {
  const { denied } = await session.exec(sh(script));
  return denied.map(({ op, target, add = "" }) => `${op} ${target}: ${add}`.replaceAll(box.base, "BASE"));
};

/** The supervisors in a mount namespace. */
function supervisorsIn(namespace: string): number {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter(
    (pid) =>
      textOf(`/proc/${pid}/cmdline`).startsWith("coffer-satellite") && linkOf(`/proc/${pid}/ns/mnt`) === namespace,
  ).length;
}

test.serial("commands of a session tell what they were denied, each by itself", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  mkdirSync(join(box.base, "beside"));
  mkdirSync(join(box.path, "w"));
  writeFileSync(join(box.base, "beside/hidden"), "x");
  {
    await using session = await open(box, { write: [join(box.path, "w")] });
    const hidden = `cat ${box.base}/beside/hidden`;
    t.deepEqual(await deniedIn(session, box, `${hidden} 2>&-; echo 1 >w/a; true`), [
      "read BASE/beside/hidden: --read BASE/beside/hidden",
    ]);
    t.deepEqual(await deniedIn(session, box, "echo 1 >w/a; echo 1 >made"), ["write BASE/bundle/made: --rw"]);
    t.deepEqual((await session.exec(sh(hidden, false))).denied, []);
    // What an earlier command has made is the session's own, although the host has it.
    t.deepEqual(
      await deniedIn(session, box, `mkdir -p ${box.base}/beside; echo 1 >${box.base}/beside/hidden; true`),
      [],
    );
    t.deepEqual(await deniedIn(session, box, `${hidden}; true`), []);
    await session.deny({ write: join(box.path, "w") });
    t.deepEqual(await deniedIn(session, box, "echo 1 >w/a; true"), ["write BASE/bundle/w/a: --write BASE/bundle/w/a"]);
    await session.allow({ write: join(box.path, "w") });
    t.deepEqual(await deniedIn(session, box, "echo 1 >w/a; true"), []);
    const error = await session.exec({ args: ["true"], ...{ explained: true } }).catch((thrown: Error) => thrown);
    t.regex(`${error}`, /no option "explained": known are .*explain/u);
  }
  await nothingLeft(t, box, box.before);
});

test.serial(
  "commands of a session tell what the kernel notes by itself: a network that is not there, and a guarded config",
  async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const box = makeBox(t);
    t.is((await command(["git", "init", "-q", box.path])).exitCode, 0);
    const config = `${box.path}/.git/config`;
    const wants = "getent hosts example.org; exit 3";
    const changes = "git config a.b c";
    {
      await using session = await open(box, { writable: true, name: "noted" });
      const tell = async (script: string) => (await session.exec(sh(script, false))).denied;
      const offline = { op: "connect", target: "a host", allowed: false };
      const hosts = { ...offline, why: "the sandbox has no network", add: "--allow HOST" };
      t.deepEqual(await tell(wants), [hosts]);
      t.deepEqual(await tell("exit 3"), [], "each command by itself");
      t.deepEqual(await tell("getent hosts example.org; true"), []);
      const [guarded, ...rest] = await tell(changes);
      t.like(guarded, { op: "write", target: config, allowed: false });
      t.regex(
        guarded?.why ?? "",
        /^guarded: programs of the host act upon it; `coffer why --rw --op write .* names the flag/,
      );
      t.deepEqual(rest, []);
      t.deepEqual(
        (await tell(`${changes}; ${wants}`)).map(({ op }) => op),
        ["write", "connect"],
      );
      const { denied } = await exec("noted", { args: ["sh", "-c", wants], runtime: openRuntime({ root: box.state }) });
      t.deepEqual(denied, [hosts], "also of who knows the name alone");
    }
    {
      await using session = await open(box, { writable: true, guards: false, network: { allow: [] } });
      t.deepEqual((await session.exec(sh(`${changes}; exit 3`, false))).denied, []);
    }
    await nothingLeft(t, box, box.before);
  },
);

test.serial("what cannot be explained is refused, and nothing runs", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  await using session = await open(box, { writable: true, unsafe: ["no-seccomp"] });
  await t.throwsAsync(() => session.exec(sh("touch ran")), { code: "E_USAGE", message: /no supervisor to explain/u });
  t.false(readdirSync(box.path).includes("ran"));
});

test.serial("what is explained is allowed by policies, which are about what a program gets", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  mkdirSync(join(box.path, "w"));
  const policy = { version: 1, egress: { allowed: [] } };
  const runtime = openRuntime({ root: box.state });
  const made = { args: ["sh", "-c", "echo 1 >made; true"], explain: true };
  const alone = await sandbox({ ...made, runtime, policy, cwd: box.path, tools: "none" });
  t.deepEqual(
    alone.denied.map(({ add }) => add),
    ["--rw"],
  );
  await using session = await open(box, { policy, write: [join(box.path, "w")] });
  await session.deny({ write: join(box.path, "w") });
  const { denied } = await session.exec(made);
  t.deepEqual(
    denied.map(({ add }) => add),
    ["--rw"],
  );
  await session.allow({ write: join(box.path, "w") });
});

const leaves = `(sleep 0.3; mkdir x; cat /etc/os-release >x/y; head -c 5 x/y >z) >/dev/null 2>&1 & true`;

async function goesOn(t: ExecutionContext, options: Partial<SessionOptions>, explain: boolean): Promise<void> {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const session = await open(box, { writable: true, ...options });
  const namespace = linkOf(`/proc/${session.pid}/ns/mnt`);
  const before = supervisorsIn(namespace);
  await session.exec(sh(leaves, explain));
  t.is(supervisorsIn(namespace), before + 1, "its supervisor is there");
  await until("what was left has done its work", () => textOf(join(box.path, "z")) !== "");
  t.is(textOf(join(box.path, "z")), "PRETT");
  await until("its supervisor has ended", () => supervisorsIn(namespace) === before);
  await session.exec(sh("sleep 1000 >/dev/null 2>&1 & true", explain));
  await session.close();
  await until("the session's end ends it", () => supervisorsIn(namespace) === 0);
  await nothingLeft(t, box, box.before);
}

test.serial("what an explained command leaves running goes on", (t) => goesOn(t, {}, true));
test.serial("what a command leaves running makes names behind the fence", (t) => goesOn(t, { fence: true }, false));

test.serial("what a command leaves running can ask without end, and keeps nobody waiting", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  await using session = await open(box);
  const asks = `sh -c 'i=0; while :; do i=$((i+1)); : </nowhere/$i; done' >/dev/null 2>&1 & sleep 0.1`;
  const { denied, exitCode, timedOut } = await session.exec({
    ...sh(`cat ${box.base}/config 2>&-; ${asks}`),
    timeoutMs: 20_000,
  });
  t.is(exitCode, 0);
  t.false(timedOut);
  t.deepEqual(denied, []);
});
