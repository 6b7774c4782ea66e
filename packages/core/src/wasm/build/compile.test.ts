// Which modules tcc may compile: those whose frames cannot skip the guard of a quick program's stack.
import test from "ava";
import type { Module } from "../module/module.ts";
import { readModule } from "../module/read.ts";
import { command, moduleOf, vector } from "../testing/modules.ts";
import { compileWords } from "./compile.ts";
import type { BuildOptions } from "./flags.ts";

const tools = { wasm2c: "/wasm2c", tcc: "/tcc", compiler: ["/cc"], linker: ["/ld"], exact: "-exact", dirs: [] };
const quick: BuildOptions = { checked: false, arch: "x86_64", tier: "quick" };
const plain = readModule(moduleOf(command));

const asksTcc = test.macro({
  exec: (t, module: Module, options: BuildOptions, expected: string) => {
    const words = compileWords(tools, "/home", { module, imports: [], pages: 1 }, options);
    t.is(words[5], expected);
    t.deepEqual(words.slice(6, 13), ["_start", "", "0", "", "-exact", "/cc", "--"]);
  },
  title: (title) => `tcc: ${title}`,
});

test("a quick program", asksTcc, plain, quick, "/tcc");
test("not the best program", asksTcc, plain, { ...quick, tier: "best" }, "");
test("not one that compares each access", asksTcc, plain, { ...quick, checked: true }, "");
test("a long function", asksTcc, { ...plain, longestBody: 8 * 2 ** 20 }, quick, "/tcc");
test("not a longer one", asksTcc, { ...plain, longestBody: 8 * 2 ** 20 + 1 }, quick, "");
const tuples = vector([0x60, 0, 0], [0x60, 0, 2, 0x7f, 0x7f]);
test("not calls of several results", asksTcc, readModule(moduleOf({ ...command, 1: tuples })), quick, "");

test("the longest function of a module is known", (t) => {
  t.is(plain.longestBody, 2);
});
