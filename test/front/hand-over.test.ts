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
  for (const flag of ["--explain", "--hints", "--learn=learnt"]) {
    const outcome = await command([...native, "sandbox", flag, "--", "true"], { cwd: box.path, env: { PATH: "" } });
    t.like(outcome, { exitCode: 125, stdout: "" }, flag);
    const [name = ""] = flag.split("=");
    t.regex(outcome.stderr, new RegExp(`^coffer: ${name} needs Node[^\\n]*: install Node[^\\n]*\\n$`));
  }
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
