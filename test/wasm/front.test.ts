// The native front hands modules over to the front on Node, and says what is missing where that is not.
import { dirname } from "node:path";
import test from "ava";
import { native } from "../front/both.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { buildModule, cache } from "./module.ts";

test.serial("the native front runs a module as the front on Node", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "userns", "wasm2c", "native-front"))) return;
  const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, XDG_CACHE_HOME: cache };
  const outcome = await command([...native, "wasm", buildModule("words"), "--", "6"], { env, input: "" });
  t.like(outcome, { exitCode: 6, stdout: "arg 6\nFOO is not set\n", stderr: "to stderr\n" });
});

test.serial("without Node the native front says what a module needs", async (t) => {
  if (!(await needs(t, "root", "native-front"))) return;
  const outcome = await command([...native, "wasm", buildModule("words")], { env: { PATH: "/nowhere" } });
  t.like(outcome, { exitCode: 125, stdout: "" });
  t.regex(outcome.stderr, /^coffer: WebAssembly modules need Node[^\n]*\n$/);
});
