// `coffer wasm inspect`: the names of a module are a stranger's, and are printed.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { moduleOf, command as sections, text, vector } from "../../packages/core/src/wasm/testing/modules.ts";
import { emptyDir, wasm } from "./module.ts";

/** Sets the title of a terminal, has a control of one byte, turns the direction of text, begins a line. */
const hostile = "\u001b]0;owned\u0007\u009b31m\u202e\nimports: nothing";

/** A module that exports the name, and has a custom section of the name. */
function write(t: ExecutionContext): string {
  const file = join(emptyDir(t), "app.wasm");
  const exports = vector([...text("memory"), 2, 0], [...text("_start"), 0, 0], [...text(hostile), 0, 0]);
  const name = text(hostile);
  writeFileSync(file, Uint8Array.from([...moduleOf({ ...sections, 7: exports }), 0, name.length, ...name]));
  return file;
}

test("a name of a module cannot speak to the terminal", async (t) => {
  const { stdout, exitCode } = await wasm(["inspect", write(t)]);
  t.is(exitCode, 0);
  const line = "exports: memory _start \\x1b]0;owned\\x07\\u009b31m\\u202e\\x0aimports: nothing";
  t.is(stdout.split("\n")[3], line);
  t.is(stdout.trim().split("\n").length, 6);
});

test("a name of a module is the same in JSON, which has no control either", async (t) => {
  const { stdout, exitCode } = await wasm(["--json", "inspect", write(t)]);
  t.is(exitCode, 0);
  t.regex(stdout, /^[\t\n -~]*$/);
  const found = JSON.parse(stdout);
  t.is(found.exports[2].name, hostile);
  t.deepEqual(found.custom, [hostile]);
});
