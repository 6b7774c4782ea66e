// What is changed in QuickJS's sources, which are not in this tree: the objects of the image are never counted and never freed,
// and none of them counts as unshared. Each row names a function, what is there, and what is put in its place.
// `image(p)` is true for an object of the image; engine.h defines it.

/** A row: file, function, text that is there once, text that takes its place. */
export const edits = [
  // Counting.
  ["quickjs.h", "JS_FreeValue", "if (--p->ref_count <= 0)", "if (!image(p) && --p->ref_count <= 0)"],
  ["quickjs.h", "JS_FreeValueRT", "if (--p->ref_count <= 0)", "if (!image(p) && --p->ref_count <= 0)"],
  ["quickjs.h", "JS_DupValue", "p->ref_count++;", "if (!image(p)) p->ref_count++;"],
  ["quickjs.h", "JS_DupValueRT", "p->ref_count++;", "if (!image(p)) p->ref_count++;"],
  [
    "quickjs.c",
    "js_free_string",
    "if (--str->header.ref_count <= 0)",
    "if (!image(str) && --str->header.ref_count <= 0)",
  ],
  ["quickjs.c", "JS_DupContext", "ctx->header.ref_count++;", "if (!image(ctx)) ctx->header.ref_count++;"],
  ["quickjs.c", "JS_FreeContext", "if (--ctx->header.ref_count > 0)", "if (image(ctx) || --ctx->header.ref_count > 0)"],
  ["quickjs.c", "JS_DupAtomRT", "p->header.ref_count++;", "if (!image(p)) p->header.ref_count++;"],
  ["quickjs.c", "JS_DupAtom", "p->header.ref_count++;", "if (!image(p)) p->header.ref_count++;"],
  [
    "quickjs.c",
    "__JS_NewAtom",
    "if (__JS_AtomIsConst(i))\n                str->",
    "if (__JS_AtomIsConst(i) && !image(str))\n                str->",
  ],
  [
    "quickjs.c",
    "__JS_NewAtom",
    "if (!__JS_AtomIsConst(i))\n                    p->",
    "if (!__JS_AtomIsConst(i) && !image(p))\n                    p->",
  ],
  [
    "quickjs.c",
    "__JS_FindAtom",
    "if (!__JS_AtomIsConst(i))\n                p->",
    "if (!__JS_AtomIsConst(i) && !image(p))\n                p->",
  ],
  ["quickjs.c", "__JS_FreeAtom", "if (--p->header.ref_count > 0)", "if (image(p) || --p->header.ref_count > 0)"],
  ["quickjs.c", "js_dup_shape", "sh->header.ref_count++;", "if (!image(sh)) sh->header.ref_count++;"],
  [
    "quickjs.c",
    "js_free_shape",
    "if (unlikely(--sh->header.ref_count <= 0))",
    "if (!image(sh) && unlikely(--sh->header.ref_count <= 0))",
  ],
  ["quickjs.c", "free_var_ref", "if (var_ref) {", "if (var_ref && !image(var_ref)) {"],
  [
    "quickjs.c",
    "JS_AutoInitProperty",
    "pr->u.var_ref->header.ref_count++;",
    "if (!image(pr->u.var_ref)) pr->u.var_ref->header.ref_count++;",
  ],
  [
    "quickjs.c",
    "get_var_ref",
    "            var_ref->header.ref_count++;",
    "            if (!image(var_ref)) var_ref->header.ref_count++;",
  ],
  [
    "quickjs.c",
    "get_var_ref",
    "var_ref->async_func->header.ref_count++;",
    "if (!image(var_ref->async_func)) var_ref->async_func->header.ref_count++;",
  ],
  ["quickjs.c", "js_closure2", "var_ref->header.ref_count++;", "if (!image(var_ref)) var_ref->header.ref_count++;"],
  ["quickjs.c", "JS_CallInternal", "var_ref->header.ref_count++;", "if (!image(var_ref)) var_ref->header.ref_count++;"],
  ["quickjs.c", "async_func_free", "if (--s->header.ref_count == 0)", "if (!image(s) && --s->header.ref_count == 0)"],
  ["quickjs.c", "js_async_function_resolve_create", "s->header.ref_count++;", "if (!image(s)) s->header.ref_count++;"],
  [
    "quickjs.c",
    "js_create_module_bytecode_function",
    "b->header.ref_count++;",
    "if (!image(b)) b->header.ref_count++;",
  ],
  // Changing in place what nobody else has.
  [
    "quickjs.c",
    "JS_ConcatStringInPlace",
    "if (p1->header.ref_count != 1)",
    "if (image(p1) || p1->header.ref_count != 1)",
  ],
  ["quickjs.c", "js_linearize_string_rope", "if (r->header.ref_count > 1)", "if (image(r) || r->header.ref_count > 1)"],
  [
    "quickjs.c",
    "add_property",
    "} else if (sh->header.ref_count != 1) {",
    "} else if (image(sh) || sh->header.ref_count != 1) {",
  ],
  [
    "quickjs.c",
    "js_shape_prepare_update",
    "if (sh->header.ref_count != 1)",
    "if (image(sh) || sh->header.ref_count != 1)",
  ],
  // A mistake of this version: of two negative numbers the larger in size was told to be the larger one.
  [
    "quickjs.c",
    "js_bigint_float64_cmp",
    "if (f < e)\n                return -1;\n            else\n                return 1;",
    "if (f < e)\n                return 2 * a_sign - 1;\n            else\n                return 1 - 2 * a_sign;",
  ],
  // Most texts that are compared are one object, or differ in length.
  [
    "quickjs.c",
    "js_strict_eq2",
    `res = (js_string_compare(ctx, JS_VALUE_GET_STRING(op1),
                                         JS_VALUE_GET_STRING(op2)) == 0);`,
    `JSString *p1 = JS_VALUE_GET_STRING(op1), *p2 = JS_VALUE_GET_STRING(op2);
                res = p1 == p2 || (p1->len == p2->len && js_string_memcmp(p1, 0, p2, 0, p1->len) == 0);`,
  ],
  // Texts in which nothing is to be escaped are written at once, and an index becomes a text only for what is called with it.
  [
    "quickjs.c",
    "js_json_to_str",
    `    case JS_TAG_STRING:
    case JS_TAG_STRING_ROPE:
`,
    `    case JS_TAG_STRING:
    case JS_TAG_STRING_ROPE:
        if (front_put_quoted(jsc->b, val)) {
            JS_FreeValue(ctx, val);
            return 0;
        }
`,
  ],
  [
    "quickjs.c",
    "js_json_to_str",
    `                    prop = JS_ToQuotedStringFree(ctx, prop);
                    if (JS_IsException(prop)) {
                        JS_FreeValue(ctx, v);
                        goto exception;
                    }
                    string_buffer_concat_value(jsc->b, sep);
                    string_buffer_concat_value(jsc->b, prop);`,
    `                    string_buffer_concat_value(jsc->b, sep);
                    if (!front_put_quoted(jsc->b, prop)) {
                        prop = JS_ToQuotedStringFree(ctx, prop);
                        if (JS_IsException(prop)) {
                            JS_FreeValue(ctx, v);
                            goto exception;
                        }
                        string_buffer_concat_value(jsc->b, prop);
                    }`,
  ],
  [
    "quickjs.c",
    "js_json_to_str",
    "prop = JS_ToStringFree(ctx, JS_NewInt64(ctx, i));",
    `prop = JS_UNDEFINED;
                if (JS_IsObject(v) || JS_IsBigInt(ctx, v) || !JS_IsUndefined(jsc->replacer_func))
                    prop = JS_ToStringFree(ctx, JS_NewInt64(ctx, i));`,
  ],
  [
    "quickjs.c",
    "js_json_to_str",
    "    indent1 = JS_UNDEFINED;\n",
    "    int front_put_quoted(StringBuffer *, JSValueConst);\n    indent1 = JS_UNDEFINED;\n",
  ],
  // Most names that are looked for in a text have one letter.
  [
    "quickjs.c",
    "js_string_includes",
    "    if (start >= 0 && start <= stop) {\n",
    `    if (magic == 0 && v_len == 1 && start >= 0 && start <= stop) {
        ret = string_indexof_char(p, string_get(p1, 0), start) >= 0;
    } else if (start >= 0 && start <= stop) {
`,
  ],
  // No code runs while the keys of an object are listed that is not exotic: none becomes another.
  [
    "quickjs.c",
    "JS_GetOwnPropertyNames2",
    "    if (JS_GetOwnPropertyNamesInternal(ctx, &atoms, &len, p, flags & ~JS_GPN_ENUM_ONLY))\n        goto exception;\n",
    `    BOOL is_settled = kind == JS_ITERATOR_KIND_KEY && !p->is_exotic;
    if (JS_GetOwnPropertyNamesInternal(ctx, &atoms, &len, p, is_settled ? flags : flags & ~JS_GPN_ENUM_ONLY))
        goto exception;
    if (is_settled)
        flags &= ~JS_GPN_ENUM_ONLY;
`,
  ],
  // As spec/src/json/json.ts writes bigints: with their digits. Elsewhere JSON.stringify is not given any.
  [
    "quickjs.c",
    "js_json_to_str",
    `        /* reject big numbers: use toJSON method to override */
        JS_ThrowTypeError(ctx, "Do not know how to serialize a BigInt");
        goto exception;`,
    "        goto concat_value;",
  ],
  // Nearly all properties that are defined are new ones of a plain object, in a literal.
  [
    "quickjs.c",
    "JS_DefinePropertyValue",
    "    int ret;\n",
    `    int ret;
    if (JS_VALUE_GET_TAG(this_obj) == JS_TAG_OBJECT && !(flags & ~(JS_PROP_C_W_E | JS_PROP_THROW))) {
        JSObject *p = JS_VALUE_GET_OBJ(this_obj);
        JSProperty *pr;
        if (p->class_id == JS_CLASS_OBJECT && p->extensible && !p->is_exotic && !find_own_property(&pr, p, prop)) {
            pr = add_property(ctx, p, prop, flags & JS_PROP_C_W_E);
            if (!pr) {
                JS_FreeValue(ctx, val);
                return -1;
            }
            pr->u.value = val;
            return TRUE;
        }
    }
`,
  ],
  // An object of a call that has more than two properties gets room for eight at once. Those of the image have no more than they need.
  [
    "quickjs.c",
    "resize_properties",
    "new_size = max_int(count, sh->prop_size * 3 / 2);",
    "new_size = max_int(front_image_end != 0 && count < 8 ? 8 : count, sh->prop_size * 3 / 2);",
  ],
  // The program prints no stack of an error, and many errors only say that a file is missing. While the image is made, there are stacks.
  [
    "quickjs.c",
    "build_backtrace",
    "    js_dbuf_init(ctx, &dbuf);",
    "    if (front_image_end != 0)\n        return;\n    js_dbuf_init(ctx, &dbuf);",
  ],
  // Collecting cycles: the image is not looked at, and all that it refers to is alive.
  ["quickjs.c", "gc_decref_child", "assert(p->ref_count > 0);", "if (image(p)) return;\n    assert(p->ref_count > 0);"],
  ["quickjs.c", "gc_scan_incref_child", "p->ref_count++;", "if (image(p)) return;\n    p->ref_count++;"],
  ["quickjs.c", "gc_scan_incref_child2", "p->ref_count++;", "if (image(p)) return;\n    p->ref_count++;"],
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
  for (const [, name] of cut.filter(([where]) => where === file)) {
    const [start] = findFunction(text, name);
    const head = "static ";
    if (!text.startsWith(head, start)) throw new Error(`${file}: ${name} is not static`);
    const other = `__attribute__((export_name("${cutPrefix}${name}"))) `;
    text = text.slice(0, start) + other + text.slice(start + head.length);
  }
  return text + (additions[file] ?? "");
}

/**
 * What is changed in wasm2c's output. Linear memory is at a constant place (helper-c/front/host/host.h). A load whose value
 * nobody uses may be left out: it could only trap.
 */
const translationEdits = [
  [
    "#define MEM_ADDR(mem, addr, n) &(mem)->data[addr]",
    "#define MEM_ADDR(mem, addr, n) ((uint8_t *)UINT64_C(0x10000000) + (addr))",
  ],
  ['#define FORCE_READ_INT(var) __asm__("" ::"r"(var));', "#define FORCE_READ_INT(var)"],
  ['#define FORCE_READ_FLOAT(var) __asm__("" ::"r"(var));\n#endif', "#define FORCE_READ_FLOAT(var)\n#endif"],
];

/** Makes the edits in a file of C that wasm2c has written. */
export function editTranslation(source) {
  let text = source;
  for (const [from, to] of translationEdits) {
    const found = text.split(from).length - 1;
    if (found !== 1) throw new Error(`wasm2c has written ${found} times: ${from}`);
    text = text.replace(from, () => to);
  }
  return text;
}
