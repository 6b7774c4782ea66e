// What is changed in the engine's module, and in the C that wasm2c writes of it. Text that is another than expected ends the build.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { editHeader, editTable, gatherUsed } from "../../scripts/front/edits/translation.mjs";
import { findUsed } from "../../scripts/front/image.mjs";
import { cutCompiler } from "../../scripts/front/wasm/ship.mjs";
import { repository } from "../helpers/build.ts";
import { needs } from "../helpers/needs.ts";

const cache = join(repository, ".cache/front");

const definition = (name: string): string => `u32 ${name}(w2c_front* instance, u32 var_p0) {\n  return var_p0;\n}\n`;

const elements = (...rows: readonly string[]): string =>
  `\nconst wasm_elem_segment_expr_t elem_segment_exprs_w2c_front_e0[] = {\n${rows.join("\n")}\n};\n`;

const row = (type: number, name: string): string =>
  `  {RefFunc, w2c_front_t${type}, (wasm_rt_function_ptr_t)${name}, {NULL}, 0},`;

const filling = (count: number): string =>
  `
  wasm_rt_allocate_funcref_table(&instance->w2c_T0, ${count + 1}, ${count + 1});
  funcref_table_init(&instance->w2c_T0, elem_segment_exprs_w2c_front_e0, ${count}, 1u, 0, ${count}, instance);
  wasm_rt_free_funcref_table(&instance->w2c_T0);
`;

const call =
  "var_i0 = CALL_INDIRECT(instance->w2c_T0, u32 (*)(void*, u32), w2c_front_t3, var_i1, instance->w2c_T0.data[var_i1].module_instance, var_i0);\n";

test("a table of functions is constant: how far each is, and its type", (t) => {
  const first = `${elements(row(3, "w2c_front_f9"), row(0, "w2c_front_named"))}${filling(2)}`;
  const { sources, table } = editTable([first, call]);
  t.true(table.includes("front_functions: .long 0, 0\n.long w2c_front_f9 - front_functions, 4\n"));
  t.true(table.includes(".long w2c_front_named - front_functions, 1\nfront_function_count: .long 3\n"));
  t.is(sources[0]?.trim(), "");
  t.is(sources[1], "var_i0 = CALL_INDIRECT(u32 (*)(void*, u32), 4, var_i1, instance, var_i0);\n");
});

const others: Readonly<Record<string, readonly string[]>> = {
  "no table": [call],
  "an entry that is no function": [elements("  {RefNull, NULL, NULL, {NULL}, 0},"), call],
  "an entry of another instance": [elements(row(1, "w2c_front_f1").replace(" 0}", " offsetof(w2c_front, other)}"))],
  "more than the entries": [`${elements(row(1, "w2c_front_f1"))}${filling(2)}`],
  "a table that changes": [`${elements(row(1, "w2c_front_f1"))}${filling(1)}funcref_table_set(&instance->w2c_T0);`],
};

for (const [title, sources] of Object.entries(others))
  test(`another table of functions ends the build: ${title}`, (t) => {
    t.throws(() => editTable(sources), { message: /wasm2c/ });
  });

test("another header ends the build", (t) => {
  t.throws(() => editHeader("#define CALL_INDIRECT(x) x\n"), { message: /wasm2c has written 0 times/ });
});

test("functions that calls use are side by side, and none is lost", (t) => {
  const names = [1, 2, 3, 4, 5].map((number) => `w2c_front_f${number}`);
  const sources = [names.slice(0, 3), names.slice(3)].map((some) => some.map(definition).join("\n"));
  const { left, gathered } = gatherUsed(sources, new Set([1, 3, 4]), 2);
  const namesIn = (texts: readonly string[]) =>
    texts.flatMap((text) => [...text.matchAll(/w2c_front_f\d/g)].map(([name]) => name));
  t.deepEqual(namesIn(gathered), ["w2c_front_f1", "w2c_front_f3", "w2c_front_f4"]);
  t.deepEqual(namesIn(left), ["w2c_front_f2", "w2c_front_f5"]);
  t.throws(() => gatherUsed(sources, new Set([7, 8]), 2), { message: /0 of the 2 functions/ });
});

test("what calls use of the engine is less than half of it", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const [engine, image] = ["engine.wasm", "front.image"].map((name) => readFileSync(join(cache, name)));
  if (engine === undefined || image === undefined) return t.fail();
  const used = findUsed(cutCompiler(engine), image);
  const translated = readdirSync(join(cache, "translated")).filter((name) => name.endsWith(".c"));
  const count = (names: readonly string[]): number =>
    names
      .map((name) => readFileSync(join(cache, "translated", name), "utf8"))
      .reduce((sum, text) => sum + [...text.matchAll(/^\w+ w2c_front_f\d+\(w2c_front\* instance.*\{$/gm)].length, 0);
  const gathered = count(translated.filter((name) => name.startsWith("used_")));
  t.true(gathered > 200 && gathered <= used.size && used.size - gathered < 20, `${gathered} of ${used.size}`);
  t.true(gathered < count(translated) / 2);
  // Twice the same: two builds are identical.
  t.deepEqual(findUsed(cutCompiler(engine), image), used);
});
