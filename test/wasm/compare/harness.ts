// A program of a module and of calls of its exports: each is made, and its result is compared with what is expected.
import type { Action, Command, Value } from "./script.ts";

const letters = { i32: "i", i64: "j", f32: "f", f64: "d", v128: "o", externref: "e", funcref: "r" } as const;

/** The declarations of wasm2c's header, by the names of imports or exports. */
function declared(header: string, kind: "import" | "export"): ReadonlyMap<string, string> {
  const found = header.matchAll(new RegExp(`/\\* ${kind}: '([^\\n]*)' \\*/\\n([^;{(]*\\([^;{]*);`, "g"));
  return new Map(Array.from(found, ([, name = "", text = ""]) => [name, text.replaceAll("\n", " ")]));
}

/** What the specification's scripts may import. */
function importsOf(header: string): string {
  const values: Readonly<Record<string, string>> = { u32: "666", u64: "666", f32: "666.6f", f64: "666.6" };
  return Array.from(declared(header, "import").values(), (text) => {
    const [, type = "", pointer = ""] = /^(?:extern )?(\w+)\s*(\*?)/.exec(text) ?? [];
    if (pointer === "") return `${text} {}`;
    if (type === "wasm_rt_memory_t")
      return `static ${type} memory; ${text} { if (!memory.data) wasm_rt_allocate_memory(&memory, 1, 2, false); return &memory; }`;
    if (type === "wasm_rt_funcref_table_t")
      return `static ${type} table; ${text} { if (!table.data) wasm_rt_allocate_funcref_table(&table, 10, 20); return &table; }`;
    const name = /(\w+)\(/.exec(text)?.[1] ?? "";
    return `static ${type} value_${name} = ${values[type] ?? "0"}; ${text} { return &value_${name}; }`;
  }).join("\n");
}

const lanes: Readonly<Record<string, readonly [string, number]>> = {
  i8: ["u8", 16],
  i16: ["u16", 8],
  i32: ["u32", 4],
  i64: ["u64", 2],
  f32: ["u32", 4],
  f64: ["u64", 2],
};

function literal({ type, value = "0", lane_type: lane = "i32" }: Value): string {
  if (type === "v128") {
    const [of = "u32", count = 4] = lanes[lane] ?? [];
    const all = typeof value === "string" ? [] : value;
    return `({ const ${of} lanes[${count}] = {${all.map((one) => `(${of})${one}ull`).join(", ")}}; v128 r; memcpy(&r, lanes, 16); r; })`;
  }
  if (type === "i32") return `${value}u`;
  if (type === "i64") return `${value}ull`;
  if (type === "externref") return value === "null" ? "(void *)0" : `(void *)(${value}ull + 1)`;
  if (type === "funcref") return "wasm_rt_funcref_null_value";
  return `as_${type}(${value}ull)`;
}

/** Whether a value, which may be a NaN of some kind, is that. */
function same(type: string, at: string, value: string): string {
  if (value.startsWith("nan:")) return `is_${value.slice(4)}_${type}(${at})`;
  return `${at} == (u64)${value}ull`;
}

function matches(expression: string, { type, value = "0", lane_type: lane = "i32" }: Value): string {
  if (type === "v128") {
    const [of = "u32"] = lanes[lane] ?? [];
    const all = typeof value === "string" ? [] : value;
    const each = all.map((one, index) => same(lane, `((${of} *)&r)[${index}]`, one));
    return `({ v128 r = ${expression}; ${each.join(" && ")}; })`;
  }
  if (type === "externref") return `${expression} == ${literal({ type, value })}`;
  if (type === "funcref") return `((${expression}).func == NULL) == ${value === "null"}`;
  if (typeof value !== "string") return "false";
  return type === "f32" || type === "f64"
    ? same(type, `bits_${type}(${expression})`, value)
    : `${expression} == ${literal({ type, value })}`;
}

/** The call of an action; undefined where the export is not known. */
function callOf(exports: ReadonlyMap<string, string>, { type, field, args = [] }: Action): string | undefined {
  const name = /(\w+)\(/.exec(exports.get(field) ?? "")?.[1];
  if (name === undefined) return undefined;
  return type === "get" ? `*${name}(&guest)` : `${name}(${["&guest", ...args.map(literal)].join(", ")})`;
}

function assertOf(
  exports: ReadonlyMap<string, string>,
  { type, action, expected = [] }: Command,
  index: number,
): string {
  const call = action === undefined ? undefined : callOf(exports, action);
  if (call === undefined) return `tell(${index}, false);`;
  if (type === "assert_trap" || type === "assert_exhaustion")
    return `begin(${index}); if (is_child()) { (void)(${call}); leave(); }`;
  if (type === "action" || expected.length === 0) return `(void)(${call}); tell(${index}, true);`;
  const [first] = expected;
  if (expected.length === 1 && first !== undefined) return `tell(${index}, ${matches(call, first)});`;
  const type_ = `struct wasm_multi_${expected.map((one) => letters[one.type]).join("")}`;
  const each = expected.map((one, at) => matches(`r.${letters[one.type]}${at}`, one));
  return `{ ${type_} r = ${call}; tell(${index}, ${each.join(" && ")}); }`;
}

/** tcc knows no registers by name: the harness is left to the other compiler, and the module is not. */
const support = `
#ifdef __TINYC__
#error
#endif
static long call(long n, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long answer;
	__asm__ volatile("syscall" : "=a"(answer) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return answer;
}
static void say(char kind, u32 number, bool good)
{
	char line[16] = {kind, ' '};
	u32 size = 2, digit = 1000000;
	for (; digit > 0; digit /= 10) line[size++] = (char)('0' + number / digit % 10);
	line[size++] = ' '; line[size++] = good ? '1' : '0'; line[size++] = '\\n';
	call(1, 2, (long)line, size, 0);
}
static void tell(u32 number, bool good) { say('C', number, good); }
static void begin(u32 number) { say('T', number, true); }
static bool is_child(void)
{
	int status = 0;
	long pid = call(57, 0, 0, 0, 0);
	if (pid == 0) {
		call(157, 1, 9, 0, 0); /* PR_SET_PDEATHSIG: a call without end ends with its parent */
		return true;
	}
	call(61, pid, (long)&status, 0, 0);
	say('S', (u32)status >> 8, true);
	return false;
}
static void leave(void) { call(231, 0, 0, 0, 0); }
static f32 as_f32(u64 bits) { u32 low = (u32)bits; f32 r; memcpy(&r, &low, 4); return r; }
static f64 as_f64(u64 bits) { f64 r; memcpy(&r, &bits, 8); return r; }
static u64 bits_f32(f32 value) { u32 r; memcpy(&r, &value, 4); return r; }
static u64 bits_f64(f64 value) { u64 r; memcpy(&r, &value, 8); return r; }
#define is_canonical_f32(x) (((x) & 0x7fffffff) == 0x7fc00000)
#define is_arithmetic_f32(x) (((x) & 0x7fc00000) == 0x7fc00000)
#define is_canonical_f64(x) (((x) & 0x7fffffffffffffffull) == 0x7ff8000000000000ull)
#define is_arithmetic_f64(x) (((x) & 0x7ff8000000000000ull) == 0x7ff8000000000000ull)
`;

/** What is compiled beside the translation of a module, in the place of helper-c/wasm/guest/entry.c. */
export function harnessOf(header: string, asserts: readonly Command[]): string {
  const exports = declared(header, "export");
  const modules = new Set(Array.from(header.matchAll(/\/\* import: '(.*?)' /g), ([, name]) => name));
  const instances = Array.from(modules, () => ", 0").join("");
  return `#include "guest-impl.h"
static w2c_guest guest;
struct function_name { const void *at; const char *name; const char *exported; };
const bool guest_is_checked = false;
const u64 guest_stack_size = (u64)GUEST_STACK_MIB << 20;
const u64 guest_guard_size = (u64)GUEST_GUARD_MIB << 20;
${support}
${importsOf(header)}
void guest_run(void)
{
	wasm2c_guest_instantiate(&guest${instances});
	say('I', 0, true);
${asserts.map((one, index) => `\t${assertOf(exports, one, index)}`).join("\n")}
}
`;
}
