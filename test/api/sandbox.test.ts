// `sandbox` of the TypeScript API: a command of this host, with nothing of it but its programs and one directory.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CofferError, openRuntime, openSandbox, sandbox } from "@coffer/core";
import test from "ava";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

test.serial("a command runs in the directory that is named, which it may write only where that is said", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const options = {
    runtime: openRuntime({ root: box.state }),
    args: ["sh", "-c", "pwd; echo $A; cat; echo hi > made"],
    cwd: box.path,
    env: { A: "b" },
    input: "in\n",
  } as const;
  const refused = await sandbox(options);
  t.like(refused, { stdout: `${box.path}\nb\nin\n`, failed: true });
  t.regex(refused.stderr, /Read-only file system/i);
  t.false(existsSync(join(box.path, "made")));
  t.like(await sandbox({ ...options, writable: true }), { exitCode: 0, stderr: "" });
  t.is(readFileSync(join(box.path, "made"), "utf8"), "hi\n");
  await nothingLeft(t, box, box.before);
});

test.serial("a command can stand before the options, of a sandbox and of a session's command", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const options = { runtime: openRuntime({ root: box.state }), cwd: box.path, tools: "none" } as const;
  t.like(await sandbox("sh", ["-c", "echo $A"], { ...options, env: { A: "b" } }), { stdout: "b\n" });
  t.deepEqual(
    (await sandbox("echo", ["hi"], { ...options, encoding: "buffer" })).stdout,
    new TextEncoder().encode("hi\n"),
  );
  {
    await using session = await openSandbox(options);
    t.like(await session.exec("pwd"), { stdout: `${box.path}\n` });
    t.like(await session.exec("pwd", [], { cwd: "/" }), { stdout: "/\n" });
  }
  const wrong: unknown = "-c";
  const error = await Reflect.apply(sandbox, undefined, ["sh", wrong, options]).catch((thrown: unknown) => thrown);
  t.true(CofferError.is(error, "E_USAGE"));
  await nothingLeft(t, box, box.before);
});

test.serial("a profile counts, options count more, and a project's file is not read", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const file = join(box.base, "profile.json");
  writeFileSync(file, '{ "writable": true, "env": { "A": "1", "B": "1" } }');
  writeFileSync(join(box.path, "coffer.json"), '{ "writable": true }');
  const options = { runtime: openRuntime({ root: box.state }), cwd: box.path, tools: "none" } as const;
  const script = ["sh", "-c", "touch made && echo $A$B"];
  t.like(await sandbox({ ...options, args: script, profiles: [file], env: { B: "2" } }), { stdout: "12\n" });
  t.like(await sandbox({ ...options, args: script }), { failed: true });
});

test.serial("a timeout of a profile ends a sandbox, unless the call has its own", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const file = join(box.base, "profile.json");
  writeFileSync(file, '{ "limits": { "timeout": 1000 } }');
  const options = { runtime: openRuntime({ root: box.state }), cwd: box.path, profiles: [file] } as const;
  t.like(await sandbox({ ...options, args: ["sleep", "1000"] }), { timedOut: true, signal: "SIGKILL" });
  for (const timeoutMs of [0, 60_000])
    t.like(await sandbox({ ...options, args: ["sleep", "1.5"], timeoutMs }), { exitCode: 0, timedOut: false });
  const error = await openSandbox(options).catch((thrown: unknown) => thrown);
  t.true(CofferError.is(error, "E_USAGE"));
});

test.serial("a sandbox ends as a run does", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const options = { runtime: openRuntime({ root: box.state }), cwd: box.path } as const;
  t.like(await sandbox({ ...options, args: ["sleep", "1000"], timeoutMs: 2000 }), {
    timedOut: true,
    signal: "SIGKILL",
  });
  t.like(await sandbox({ ...options, args: ["sh", "-c", "exit 3"] }), { exitCode: 3, failed: true });
  const nowhere = await sandbox({ ...options, args: ["no-such-program"] }).catch((error: unknown) => error);
  t.true(CofferError.is(nowhere, "E_EXEC_NOT_FOUND"));
  const policy = { version: 1, namespaces: { own: ["time"] } };
  t.is(await sandbox({ ...options, args: ["true"], policy }).catch((error) => error.code), "E_POLICY");
  await nothingLeft(t, box, box.before);
});

test.serial("what a sandbox has left that programs of the host act upon is in the result", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const options = { runtime: openRuntime({ root: box.state }), cwd: box.path, writable: true };
  const args = ["sh", "-c", "touch .envrc && git init -q x && git --git-dir x/.git config core.fsmonitor ./x"];
  const { left } = await sandbox({ ...options, args });
  t.deepEqual(left, [
    { path: join(box.path, ".envrc"), why: ["programs of the host act upon it"], isEntered: false },
    { path: join(box.path, "x/.git"), why: ['"core.fsmonitor=./x"'], isEntered: false },
  ]);
  t.deepEqual((await sandbox({ ...options, args: ["true"] })).left, []);
  const session = await openSandbox(options);
  await session.exec({ args: ["sh", "-c", "git init -q y && git --git-dir y/.git config core.pager ./y"] });
  await session.close();
  t.deepEqual(
    (await session.ended).left.map(({ path }) => path),
    [join(box.path, "y/.git")],
  );
});
