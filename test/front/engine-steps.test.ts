// Single steps are in the engine what they are in Node: edits of its interpreter do the usual case of a step where it stands.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { editDispatch } from "../../scripts/front/edits/translation.mjs";
import { evaluateIn } from "../../scripts/front/image.mjs";
import { repository } from "../helpers/build.ts";
import { needs } from "../helpers/needs.ts";

const values = [
  ..."[]|[1, 2, 3]|[1, , 3]|Object.freeze([1, 2])|new Uint8Array([5, 6])|new Uint32Array([2 ** 32 - 1])".split("|"),
  ..."'text'|'7'|''|'é€'|'re' + String('st')|{ a: 1, b: 2 }|{ get a() { return this.b; }, b: 4 }|{ set a(to) {} }".split(
    "|",
  ),
  ..."Object.create({ a: 9 })|Object.create(null)|Object.assign([4], { a: 2, '-1': 3 })|new Proxy({}, { get: () => 'p' })".split(
    "|",
  ),
  "new (class { constructor() { this.a = 1; } get b() { return 2; } c() {} })()",
  "(function () { return arguments; })(1, 2)",
  ..."class { static a = 4 }|function a(b) {}|new Map([[1, 2]])|new String('abc')|new Array(4294967295)".split("|"),
  ..."null|undefined|5|5.5|NaN|-0|2147483647|-2147483648|10n|true|Symbol.iterator|/a/".split("|"),
];

const keys = [
  ..."'a'|'b'|'c'|'length'|'0'|'1'|'-1'|'007'|'4294967294'|'4294967295'|'push'|'at'|'constructor'|'__proto__'|'name'".split(
    "|",
  ),
  ..."0|1|-1|1.5|2 ** 31|2 ** 32|Symbol.iterator|'le' + 'ngth'|String(1)|null|undefined|true|1n|['a']".split("|"),
];

/** What is done with one value. */
const steps = [
  ..."v.a|v.b|v.c()|v.length|v.push|v.includes|v.at(0)|v.at(-1)|v.name|v.__proto__ === null|v === v|v !== v".split("|"),
  "(() => { let x = v; const y = x++; return [typeof y, String(y), String(x)]; })()",
  "(() => { let x = v; const y = x--; return [typeof y, String(y), String(x)]; })()",
  ..."[...v]|Object.keys(v)|v.map((x) => x)|v.filter(() => true)|v.concat([1])|v.map((x, at) => [at, x])".split("|"),
  "(() => { const all = []; for (const x of v) { all.push(x); if (all.length > 9) break; } return all; })()",
];

/** What is done with arrays, objects and texts as they grow. */
const programs = [
  "const a = [1, 2, 3], all = []; for (const x of a) { all.push(x); if (x === 2) a.push(9); if (x === 9) a.length = 0; } return all;",
  "const a = [1, 2, 3], all = []; for (const x of a) { all.push(x); if (x === 1) delete a[1]; } return [all, a.length, 1 in a];",
  "const a = [1, 2]; a[5] = 7; a.push(8); return [a.length, Object.keys(a), a.map((x) => x + 1)];",
  "const a = Object.freeze([1]); const all = [...a, 2]; try { a.push(3); } catch (error) { all.push(error.constructor.name); } return all;",
  "const a = Object.seal([1]); try { a.push(3); } catch (error) { return [a, error.constructor.name]; }",
  "const a = Object.preventExtensions([]); try { Array.prototype.push.call(a, 3); } catch (error) { return [a, error.constructor.name]; }",
  "const a = []; Object.defineProperty(a, 'length', { writable: false }); try { a.push(1); } catch (error) { return [a, error.constructor.name]; }",
  "class Own extends Array {} const a = Own.from([1, 2]).map((x) => x * 2); return [a instanceof Own, a.length, a.concat([3]).length];",
  "const a = Array.from({ length: 40 }, (_, at) => at).filter((x) => x % 3); a[a.length] = 'end'; return a;",
  "const a = { b: 1 }; Object.defineProperty(a, 'c', { get: () => 2, enumerable: false }); return [Object.keys(a), a.c, { ...a }];",
  "const a = function () {}; a.own = 1; Object.defineProperty(a, 'name', { value: 'other' }); return [a.name, a.length, Object.keys(a)];",
  "const make = (at) => ({ a: at, b: at, c: at }); const all = [0, 1, 2].map(make); delete all[1].b; all[2].d = 4; return all;",
  "const make = (at) => { const one = {}; for (const key of 'abcdefghijkl') one[key + at] = at; return one; }; return [make(1), make(2)];",
  "const a = Object.create({ get b() { return this.c; } }); a.c = 7; return [a.b, a['b'], 'b' in a];",
  "let all = ''; for (const x of new Map([[1, 'a'], [2, 'b']])) all += x; for (const x of new Set('xyx')) all += x; return all;",
  "const long = 'ab'.repeat(3000); let rope = ''; for (let at = 0; at < 3000; at++) rope += 'ab'; return [rope === long, rope !== long + 'b'];",
  "Array.prototype[7] = 'far'; const all = [[1][7], [, 2][0], [][7]]; delete Array.prototype[7]; return all;",
  "String.prototype.own = 5; const all = ['a'.own, 'a'['own']]; delete String.prototype.own; return [...all, 'a'.own];",
  // Arrays that are made of arrays, where something is not the engine's own.
  "const a = [1, 2]; a.constructor = undefined; return [a.map((x) => x), a.filter(() => true).constructor === Array];",
  "const a = [1, 2]; a.constructor = { [Symbol.species]: function (size) { this.made = size; } }; return [a.map((x) => x).made, a.filter(() => true)[0]];",
  "const own = Object.getOwnPropertyDescriptor(Array, Symbol.species); Object.defineProperty(Array, Symbol.species, { value: class extends Array { own = 1 }, configurable: true }); try { return [1].map((x) => x).own; } finally { Object.defineProperty(Array, Symbol.species, own); }",
  "Array.prototype.constructor = class extends Array { own = 2 }; try { return [[1].slice(0).own, [1].concat([2]).own]; } finally { Array.prototype.constructor = Array; }",
  "const a = [1, , 3]; return [a.map((x) => x), a.map((x) => x).length, 1 in a.map((x) => x), a.slice(1), a.filter(() => true), [].map((x) => x)];",
  "const own = Array.prototype[Symbol.iterator]; Array.prototype[Symbol.iterator] = function* () { yield 'own'; }; try { return [...[1, 2]]; } finally { Array.prototype[Symbol.iterator] = own; }",
  "const walk = Object.getPrototypeOf([][Symbol.iterator]()); const own = walk.next; walk.next = () => ({ done: true }); try { return [...[1, 2]]; } finally { walk.next = own; }",
  "const a = [1, , 3]; a.length = 5; return [[...a], [0, ...a, ...[], ...'xy', ...new Set([7])], Math.max(...[1, 5, 2]), ((...all) => all)(...a, 4)];",
  "const a = [1]; const all = [a.push(2, 3), a.push(), a.push(...a)]; a.length = 9; return [...all, a.push('x'), a, Array.prototype.push.call({ length: 3, 3: 0 }, 1)];",
  "const all = []; Object.defineProperty(Array.prototype, '1', { set(x) { all.push(x); }, configurable: true }); try { const a = [0]; return [a.push('seen'), a.length, all]; } finally { delete Array.prototype[1]; }",
  // Texts of pieces: `#{` stands for the begin of one.
  "const a = 'é', b = '€'; return [`#{1}#{-2147483648}x#{a}`, `#{b}#{1}`, `#{null}#{undefined}#{true}`, `#{0}`, `#{''}#{''}`, `#{-0}#{1e21}#{5n}`, ''.concat(), 'a'.concat(1, [2, 3])];",
  "const all = []; const o = { toString() { all.push('text'); return 'o'; }, valueOf() { return 4; } }; try { all.push(`#{o}#{1}#{o}`, `#{'x'.repeat(600)}#{1}`, `#{'y'.repeat(500)}#{'z'.repeat(12)}`, `#{'y'.repeat(500)}#{'z'.repeat(13)}`, `#{'a'}#{Symbol.iterator}`); } catch (error) { all.push(error.constructor.name); } return all;",
  "return [String.prototype.concat.call(5, 'a'), (() => { try { return String.prototype.concat.call(null); } catch (error) { return error.constructor.name; } })()];",
  // Functions that are made, and called.
  "'use strict'; const a = (x, y = 1, ...z) => x; const b = function named() {}; const all = [a, b, () => {}, async () => {}, function* () {}].map((f) => [f.name, f.length, Reflect.ownKeys(f).map(String)]); return all;",
  "const make = () => (x) => x; const a = make(), b = make(); delete a.name; Object.defineProperty(b, 'length', { value: 9 }); b.own = 1; const c = make(); return [[a, b, c].map((f) => [f.name, f.length, f.own, Reflect.ownKeys(f)]), 'name' in a];",
  "const make = () => function (x) { this.x = x; }; const A = make(), B = make(); A.prototype.y = 2; return [new A(1).y, new B(3).x, new B(3).y, A.prototype === B.prototype, new A(1) instanceof B];",
  "'use strict'; const f = () => {}; try { f.name = 'other'; } catch (error) { return [error.constructor.name, f.name]; } return f.name;",
  "const all = []; for (const f of [5, {}, Map, Symbol, 'a'.x]) { try { all.push(typeof f()); } catch (error) { all.push(error.constructor.name); } } return all;",
  "return [parseInt('12'), Math.max(), ['1', '2', '3'].map(parseInt), [3, 1, 2].sort((a, b) => b - a), [1].includes(), Reflect.apply(Math.min, null, [4, 2]), Math.min.bind(null, 3)(7)];",
  "const deep = (n) => [0].map(() => deep(n + 1)); try { deep(0); } catch (error) { return error instanceof RangeError || error.constructor.name === 'InternalError'; }",
  "const a = { 1: 'one', '-1': 'less', '01': 'zero' }; return ['1', '-1', '01', 1, -1].map((key) => a[key]);",
];

const show = `const show = (make) => {
  try {
    const found = make();
    if (typeof found === "function") return "function " + found.name;
    if (typeof found === "object" && found !== null && !Array.isArray(found)) return Object.prototype.toString.call(found);
    return Array.isArray(found) ? JSON.stringify(found, (_, x) => (typeof x === "bigint" ? x + "n" : x)) : typeof found + " " + String(found);
  } catch (error) {
    return error.constructor.name;
  }
};`;

const sources = [
  ...values.flatMap((value) => steps.map((step) => `((v) => ${step})(${value})`)),
  ...values.flatMap((value) => keys.map((key) => `((v) => v[${key}])(${value})`)),
  ...values.flatMap((left) => values.map((right) => `((v, w) => [v === w, v !== w])(${left}, ${right})`)),
  ...programs.map((program) => `(() => { ${program.replaceAll("#{", "\u0024{")} })()`),
  // The largest array is not walked.
].filter((source) => !/new Array/.test(source) || /v\[|v === w|v\.length/.test(source));

test("each step with each value gives what it gives in Node", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const engine = readFileSync(join(repository, ".cache/front/engine.wasm"));
  const told = `[${sources.map((source) => `show(() => ${source})`).join(",\n")}]`;
  const text = evaluateIn(engine, `${show} host.write(1, host.encode(JSON.stringify(${told})), 0);`);
  const seen: readonly string[] = JSON.parse(text);
  const expected: readonly string[] = new Function(`${show} return ${told};`)();
  const other = sources.flatMap((source, at) =>
    seen[at] === expected[at] ? [] : [`${source}: ${seen[at]}, in Node ${expected[at]}`],
  );
  t.deepEqual(other.slice(0, 20), []);
  t.true(expected.filter((one) => one !== "TypeError").length > 2000);
});

test("a translation without the interpreter's one switch ends the build", (t) => {
  const row = (index: number): string => `\n  case ${index}: goto var_B${index % 7};`;
  const rows = Array.from({ length: 247 }, (_, index) => row(index)).join("");
  const load = "var_i0 = i32_load8_u(&memory, var_i0);\nvar_l21 = var_i0;\nvar_i1 = 4294967295u;\nvar_i0 += var_i1;\n";
  const one = `${load}switch (var_i0) {${rows}\n  default: goto var_B9;\n}\n`;
  const [edited = ""] = editDispatch([one]);
  const places = /places\[256\] = \{(.*)\};/.exec(edited)?.[1]?.split(", ") ?? [];
  t.is(places.length, 256);
  t.deepEqual(
    [places[0], places[1], places[247], places[248], places[255]],
    ["&&var_B9", "&&var_B0", "&&var_B1", "&&var_B9", "&&var_B9"],
  );
  t.true(edited.includes("goto *places[(u8)var_l21];"));
  t.throws(() => editDispatch(["int a;", "int b;"]), { message: /0 switches/ });
  t.throws(() => editDispatch([one, one]), { message: /2 switches/ });
});
