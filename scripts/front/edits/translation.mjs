// What is changed in the C that wasm2c has written. Each edit fails where the text is another than it expects.

/**
 * Linear memory is at a constant place (helper-c/front/host/host.h). A load whose value nobody uses may be left out: it could only
 * trap. The table of functions is `front_functions`, below.
 */
const headerEdits = [
  [
    "#define MEM_ADDR(mem, addr, n) &(mem)->data[addr]",
    "#define MEM_ADDR(mem, addr, n) ((uint8_t *)UINT64_C(0x10000000) + (addr))",
  ],
  ['#define FORCE_READ_INT(var) __asm__("" ::"r"(var));', "#define FORCE_READ_INT(var)"],
  ['#define FORCE_READ_FLOAT(var) __asm__("" ::"r"(var));\n#endif', "#define FORCE_READ_FLOAT(var)\n#endif"],
  [
    "#define CALL_INDIRECT(table, t, ft, x, ...) \\\n  (CHECK_CALL_INDIRECT(table, ft, x),       \\\n   DO_CALL_INDIRECT(table, t, x, __VA_ARGS__))",
    `struct front_function { int32_t at; uint32_t type; };
extern const struct front_function front_functions[] __attribute__((visibility("hidden")));
extern const uint32_t front_function_count __attribute__((visibility("hidden")));
#define CALL_INDIRECT(t, ft, x, ...) \\
  ((void)((LIKELY((x) < front_function_count && front_functions[x].type == (ft))) || TRAP(CALL_INDIRECT)), \\
   ((t)(uintptr_t)((const char *)front_functions + front_functions[x].at))(__VA_ARGS__))`,
  ],
];

function replaceOnce(text, from, to) {
  const found = text.split(from).length - 1;
  if (found !== 1) throw new Error(`wasm2c has written ${found} times: ${from}`);
  return text.replace(from, () => to);
}

/** Makes the edits in the header that all files of C include. */
export const editHeader = (header) => headerEdits.reduce((text, [from, to]) => replaceOnce(text, from, to), header);

/** The switch on the next instruction, in C that wasm2c has written: a byte, less one. */
const dispatch =
  /i32_load8_u\([^\n]*\n\s*(var_l\d+) = var_i0;\n\s*var_i1 = 4294967295u;\n\s*var_i0 \+= var_i1;\n\s*switch \(var_i0\) \{((?:\n\s*case \d+: goto var_[BL]\d+;){200,})\n\s*default: goto (var_[BL]\d+);\n\s*\}/g;

/**
 * Has the interpreter go from one instruction to the next by a table of places: the compiler puts that step behind each instruction,
 * and a processor learns which follows which.
 *
 * @throws {Error} where the files have none of these switches, or several.
 */
export function editDispatch(sources) {
  let found = 0;
  const edited = sources.map((source) =>
    source.replace(dispatch, (all, byte, cases, otherwise) => {
      found++;
      const places = Array.from({ length: 256 }, () => otherwise);
      for (const [, index, place] of cases.matchAll(/case (\d+): goto (var_[BL]\d+);/g))
        places[Number(index) + 1] = place;
      const rows = places.map((place) => `&&${place}`).join(", ");
      const table = `static const void *const places[256] = {${rows}};`;
      return `${all.slice(0, all.indexOf("switch"))}{ ${table} goto *places[(u8)${byte}]; }`;
    }),
  );
  if (found !== 1) throw new Error(`wasm2c has written ${found} switches on an instruction`);
  return edited;
}

const elements = /\nconst wasm_elem_segment_expr_t elem_segment_exprs_w2c_front_e0\[\] = \{\n((?: .*\n)+)\};\n/;
const element = /^ {2}\{RefFunc, w2c_front_t(\d+), \(wasm_rt_function_ptr_t\)(w2c_front_\w+), \{NULL\}, 0\},$/;
const filling =
  /\n {2}wasm_rt_allocate_funcref_table\(&instance->w2c_T0, (\d+), \1\);\n {2}funcref_table_init\(&instance->w2c_T0, elem_segment_exprs_w2c_front_e0, (\d+), 1u, 0, \2, instance\);/;
const freeing = "\n  wasm_rt_free_funcref_table(&instance->w2c_T0);";
const indirect =
  /CALL_INDIRECT\(instance->w2c_T0, ([^;]*?), w2c_front_t(\d+), (var_i\d+), instance->w2c_T0\.data\[\3\]\.module_instance/g;

/** A type of functions; 0 is that of no function. */
const typeNumber = (type) => Number(type) + 1;

/** The table in assembly: how far each function is from the table, and its type. Nothing of it has to be relocated. */
function printTable(rows) {
  const entries = rows.map(([, type, name]) => `.long ${name} - front_functions, ${typeNumber(type)}`);
  return [
    '.section .rodata.front_functions, "a", %progbits',
    ".balign 8",
    ".globl front_functions, front_function_count",
    ".hidden front_functions, front_function_count",
    "front_functions: .long 0, 0",
    ...entries,
    `front_function_count: .long ${rows.length + 1}`,
    '.section .note.GNU-stack, "", %progbits',
    "",
  ].join("\n");
}

/**
 * Puts a constant table in the place of the one that is filled at the start: that was a thousand relocations, and eight pages that
 * each process copied or filled.
 */
export function editTable(sources) {
  const [, list = ""] = sources.map((source) => elements.exec(source)).find((found) => found !== null) ?? [];
  const rows = list
    .trimEnd()
    .split("\n")
    .map((line) => element.exec(line));
  if (rows.includes(null)) throw new Error("wasm2c has written another table of functions");
  const edited = sources.map((source) =>
    source
      .replace(elements, "")
      .replace(filling, (all, size, count) =>
        Number(count) === rows.length && Number(size) === rows.length + 1 ? "" : all,
      )
      .replace(freeing, "")
      .replace(
        indirect,
        (_, signature, type, index) => `CALL_INDIRECT(${signature}, ${typeNumber(type)}, ${index}, instance`,
      ),
  );
  const left = edited.find((source) => source.includes("w2c_T0"));
  if (left !== undefined) throw new Error(`wasm2c uses its table otherwise: ${/.*w2c_T0.*/.exec(left)?.[0]}`);
  return { sources: edited, table: printTable(rows) };
}

const definition = /^[a-z]\w* w2c_front_f(\d+)\(w2c_front\* instance.*\{\n(?:.*\n)*?\}\n/gm;

/**
 * Takes the functions that calls use out of their files. They come into files of their own, as many as `count`: the program has them
 * side by side, so that fewer pages of it are mapped.
 *
 * @param used numbers of functions
 */
export function gatherUsed(sources, used, count) {
  const gathered = [];
  const left = sources.map((source) =>
    source.replace(definition, (text, number) => {
      if (!used.has(Number(number))) return text;
      gathered.push(text);
      return "";
    }),
  );
  // The few that are exported have names, and stay.
  if (gathered.length < used.size / 2)
    throw new Error(`wasm2c has written ${gathered.length} of the ${used.size} functions that calls use`);
  const most = Math.ceil(gathered.reduce((sum, { length }) => sum + length, 0) / count);
  const files = Array.from({ length: count }, () => ['#include "front-impl.h"\n']);
  let size = 0;
  for (const text of gathered) {
    files[Math.min(count - 1, Math.floor(size / most))].push(text);
    size += text.length;
  }
  return { left, gathered: files.map((parts) => parts.join("\n")) };
}
