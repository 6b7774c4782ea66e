// What the native front has no sockets for is done by the front on Node, which it becomes.
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "ava";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { native } from "./both.ts";

const words = ["sandbox", "--tools", "none", "--allow", "example.org", "--", "sh", "-c", "echo $https_proxy; exit 7"];

test.serial("the network of a sandbox is the front on Node's", async (t) => {
  if (!(await needs(t, "root", "userns", "native-front"))) return;
  const box = makeBox(t);
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  const outcome = await command([...native, ...words], { cwd: box.path, env: { PATH: path } });
  t.like(outcome, { exitCode: 7, stdout: "http://127.0.0.1:31280\n", stderr: "" });
  await nothingLeft(t, box, box.before);
});

test.serial("without Node the native front says what is missing, and runs nothing", async (t) => {
  if (!(await needs(t, "root", "userns", "native-front"))) return;
  const box = makeBox(t);
  for (const path of ["", "/nowhere", "relative:.", dirname(box.path)]) {
    const outcome = await command([...native, ...words], { cwd: box.path, env: { PATH: path } });
    t.like(outcome, { exitCode: 125, stdout: "" });
    t.regex(outcome.stderr, /^coffer: the network of a sandbox needs Node[^\n]*\n$/);
  }
  const learn = [...native, "sandbox", "--learn=learnt", "--", "true"];
  const outcome = await command(learn, { cwd: box.path, env: { PATH: "" } });
  t.like(outcome, { exitCode: 125, stdout: "" });
  t.regex(outcome.stderr, /^coffer: --learn needs Node[^\n]*: install Node[^\n]*\n$/);
  await nothingLeft(t, box, box.before);
});

/** A sandbox of the native front, where there is no Node. */
const without = (cwd: string, flag: string, script: string) =>
  command([...native, "sandbox", "--tools", "none", flag, "--", "/bin/sh", "-c", script, "sh"], {
    cwd,
    env: { PATH: "" },
  });

test.serial("denials are explained without Node, and programs have the library that makes that cheap", async (t) => {
  if (!(await needs(t, "root", "userns", "native-front"))) return;
  const box = makeBox(t);
  writeFileSync(join(box.path, ".env"), "KEY=1\n");
  const script = "/bin/cat .env 2>/dev/null; echo $LD_PRELOAD; exit 3";
  const outcome = await without(box.path, "--explain", script);
  t.like(outcome, {
    exitCode: 3,
    stderr: `coffer: denied: read ${box.path}/.env: hidden: most files of that name hold keys\n`,
  });
  t.regex(outcome.stdout, /\/coffer-quiet-\w+\.so\n$/);
  await nothingLeft(t, box, box.before);
});

test.serial("denials are guessed without Node, and all that a command complains of passes", async (t) => {
  if (!(await needs(t, "root", "userns", "native-front"))) return;
  const box = makeBox(t);
  const script = "/usr/bin/head -c 300000 /dev/zero | /usr/bin/tr '\\0' x >&2; echo >&2; echo x >made; exit 4";
  const { exitCode, stderr } = await without(box.path, "--hints", script);
  t.is(exitCode, 4);
  const [long = "", complaint, guess, ...rest] = stderr.split("\n");
  t.is(long, "x".repeat(300_000));
  t.regex(complaint ?? "", /cannot create made: Read-only file system$/);
  t.regex(
    guess ?? "",
    /^coffer: guess: denied: write \S+\/made: the tree that is worked in: can only be read: add --rw$/,
  );
  t.deepEqual(rest, [""]);
  await nothingLeft(t, box, box.before);
});

test.serial("an empty argument stays one, and makes no variable of the environment of what follows it", async (t) => {
  if (!(await needs(t, "root", "userns", "native-front"))) return;
  const box = makeBox(t);
  const loaded = join(box.path, "loaded.cjs");
  writeFileSync(loaded, `require("node:fs").writeFileSync("${box.path}/seen", "");`);
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  const print = 'printf "%s|" "$@"; test ! -e seen';
  const argv = [
    "--allow",
    "example.org",
    "--",
    "sh",
    "-c",
    print,
    "sh",
    "",
    `NODE_OPTIONS=--require=${loaded}`,
    "",
    "b",
  ];
  const outcome = await command([...native, "sandbox", "--tools", "none", ...argv], {
    cwd: box.path,
    env: { PATH: path },
  });
  t.like(outcome, { exitCode: 0, stdout: `|NODE_OPTIONS=--require=${loaded}||b|`, stderr: "" });
});

test.serial("a program that lies elsewhere executes no front that lies where a checkout would have one", async (t) => {
  if (!(await needs(t, "root", "userns", "native-front"))) return;
  const box = makeBox(t);
  const program = join(box.path, "unpacked/coffer-1.0/coffer");
  mkdirSync(dirname(program), { recursive: true });
  copyFileSync(native[0] ?? "", program);
  chmodSync(program, 0o755);
  mkdirSync(join(box.path, "bin"));
  writeFileSync(join(box.path, "bin/coffer.js"), 'console.log("hostile");');
  const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
  const outcome = await command([program, ...words], { cwd: box.path, env });
  t.like(outcome, { exitCode: 125, stdout: "" });
  t.regex(outcome.stderr, /^coffer: [^\n]*\n$/);
});
