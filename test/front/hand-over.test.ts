// What the native front has no sockets for is done by the front on Node, which it becomes.
import { dirname } from "node:path";
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
  await nothingLeft(t, box, box.before);
});
