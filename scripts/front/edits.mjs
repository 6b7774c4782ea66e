// What is changed in QuickJS's sources, which are not in this tree: edits/ has the rows. Each names a function, what is there, and
// what is put in its place. `image(p)` is true for an object of the image; engine.h defines it.
import { callEdits, callInsertions } from "./edits/calls.mjs";
import { fastEdits } from "./edits/fast.mjs";
import { imageEdits } from "./edits/image.mjs";
import { insertions, interpreterEdits } from "./edits/interpreter.mjs";
import { listEdits, listInsertions } from "./edits/lists.mjs";

/** A row: file, function, text that is there once, text that takes its place. */
export const edits = [
  ...imageEdits,
  ...fastEdits,
  ...interpreterEdits,
  ...callEdits,
  ...listEdits,
  // A mistake of this version: of two negative numbers the larger in size was told to be the larger one.
  [
    "quickjs.c",
    "js_bigint_float64_cmp",
    "if (f < e)\n                return -1;\n            else\n                return 1;",
    "if (f < e)\n                return 2 * a_sign - 1;\n            else\n                return 1 - 2 * a_sign;",
  ],
];

/** Functions, by their files, that only the making of the image calls: ship.mjs cuts them from the program. */
const cut = [["quickjs.c", "__JS_EvalInternal"]];

/** How the names begin by which they are exported, so that ship.mjs finds them. */
export const cutPrefix = "cut";

/** What is added at the end of a file. */
export const additions = {
  "quickjs.c": `
/* The objects that there are now are the image's: no collection looks at them. */
void front_forget_objects(JSRuntime *rt);
void front_forget_objects(JSRuntime *rt)
{
    init_list_head(&rt->gc_obj_list);
}

/* Writes a text as JSON has it, if it has nothing to be escaped. */
int front_put_quoted(StringBuffer *b, JSValueConst value);
int front_put_quoted(StringBuffer *b, JSValueConst value)
{
    JSString *p = JS_VALUE_GET_STRING(value);
    if (JS_VALUE_GET_TAG(value) != JS_TAG_STRING || p->is_wide_char)
        return FALSE;
    for (uint32_t i = 0; i < p->len; i++)
        if (p->u.str8[i] < 32 || p->u.str8[i] == '"' || p->u.str8[i] == '\\\\')
            return FALSE;
    string_buffer_putc8(b, '"');
    string_buffer_write8(b, p->u.str8, p->len);
    string_buffer_putc8(b, '"');
    return TRUE;
}

/* Writes a text that is ASCII at a place with so much room, if there is room for it: how many bytes it has; -1 for other texts. */
int32_t front_put_ascii(JSValueConst text, uint8_t *target, size_t room);
int32_t front_put_ascii(JSValueConst text, uint8_t *target, size_t room)
{
    JSString *p = JS_VALUE_GET_STRING(text);
    uint8_t all = 0;
    if (JS_VALUE_GET_TAG(text) != JS_TAG_STRING || p->is_wide_char)
        return -1;
    for (uint32_t i = 0; i < p->len; i++)
        all |= p->u.str8[i];
    if (all >= 0x80)
        return -1;
    if (p->len <= room)
        memcpy(target, p->u.str8, p->len);
    return (int32_t)p->len;
}

/* How many properties a plain object has; -1 for other values. */
int32_t front_count_keys(JSValueConst value);
int32_t front_count_keys(JSValueConst value)
{
    JSObject *p = JS_VALUE_GET_OBJ(value);
    if (JS_VALUE_GET_TAG(value) != JS_TAG_OBJECT || p->class_id != JS_CLASS_OBJECT || p->is_exotic)
        return -1;
    return p->shape->prop_count - p->shape->deleted_prop_count;
}

/* eval and the constructors of functions throw: the program that is shipped has no compiler. */
void front_forget_compiler(JSContext *ctx);
void front_forget_compiler(JSContext *ctx)
{
    ctx->eval_internal = NULL;
}
`,
};

/** Places that count and are as they must be, by file: a newer QuickJS may have others, which somebody must look at. */
export const countedPlaces = { "quickjs.h": 5, "quickjs.c": 143 };

/** Where a function's definition is: from its name up to the brace that ends it. */
function findFunction(text, name) {
  const heads = [...text.matchAll(new RegExp(`^[A-Za-z_][^;{}()\\n]*\\b${name}\\([^;{}]*\\)\\n?\\s*\\{`, "gm"))];
  if (heads.length !== 1) throw new Error(`${heads.length} functions are named ${name}`);
  const start = heads[0].index;
  const end = text.indexOf("\n}", start);
  return [start, end];
}

/** Makes the edits in the text of a file; throws where one does not apply. */
export function editSource(file, source) {
  const count = source.split("ref_count").length - 1;
  if (count !== countedPlaces[file])
    throw new Error(`${file} has ${count} places with a count, not ${countedPlaces[file]}`);
  let text = source;
  for (const [, name, from, to] of edits.filter(([where]) => where === file)) {
    const [start, end] = findFunction(text, name);
    const body = text.slice(start, end);
    const found = body.split(from).length - 1;
    if (found !== 1) throw new Error(`${file}: ${name} has ${found} times: ${from}`);
    text = text.slice(0, start) + body.replace(from, () => to) + text.slice(end);
  }
  for (const [, name, before] of [...insertions, ...callInsertions, ...listInsertions].filter(
    ([where]) => where === file,
  )) {
    const [start] = findFunction(text, name);
    text = text.slice(0, start) + before + text.slice(start);
  }
  for (const [, name] of cut.filter(([where]) => where === file)) {
    const [start] = findFunction(text, name);
    const head = "static ";
    if (!text.startsWith(head, start)) throw new Error(`${file}: ${name} is not static`);
    const other = `__attribute__((export_name("${cutPrefix}${name}"))) `;
    text = text.slice(0, start) + other + text.slice(start + head.length);
  }
  return text + (additions[file] ?? "");
}
