// Calls of functions, comparisons, and functions that are made. Each edit does the usual case at once; all else goes the engine's own
// way.

/** Functions that are put before another one: file, function, text. */
export const callInsertions = [
  [
    "quickjs.c",
    "JS_CallInternal",
    `/* Calls a function: one of C without the steps that only a frame of bytecode needs. */
static force_inline JSValue front_call(JSContext *ctx, JSValueConst func_obj, JSValueConst this_obj, int argc, JSValue *argv)
{
    if (JS_VALUE_GET_TAG(func_obj) == JS_TAG_OBJECT && JS_VALUE_GET_OBJ(func_obj)->class_id == JS_CLASS_C_FUNCTION)
        return js_call_c_function(ctx, func_obj, this_obj, argc, (JSValueConst *)argv, 0);
    return JS_CallInternal(ctx, func_obj, this_obj, JS_UNDEFINED, argc, argv, 0);
}

`,
  ],
  [
    "quickjs.c",
    "js_strict_eq_slow",
    `/* Whether two values are the same, of which none is a number and not both are texts; -1 for others. */
static int front_same(JSValueConst left, JSValueConst right)
{
    int tag = JS_VALUE_GET_TAG(left), other = JS_VALUE_GET_TAG(right);
    const uint32_t plain = 1 << (JS_TAG_OBJECT + 8) | 1 << (JS_TAG_STRING + 8) | 1 << (JS_TAG_BOOL + 8) |
                           1 << (JS_TAG_NULL + 8) | 1 << (JS_TAG_UNDEFINED + 8);

    if ((uint32_t)(tag + 8) > 15 || (uint32_t)(other + 8) > 15 || !(plain >> (tag + 8) & plain >> (other + 8) & 1))
        return -1;
    if (tag != other)
        return 0;
    if (tag == JS_TAG_STRING)
        return -1;
    if (tag == JS_TAG_OBJECT)
        return JS_VALUE_GET_OBJ(left) == JS_VALUE_GET_OBJ(right);
    return tag == JS_TAG_BOOL ? JS_VALUE_GET_BOOL(left) == JS_VALUE_GET_BOOL(right) : 1;
}

`,
  ],
  [
    "quickjs.c",
    "js_closure",
    `/* The shape of functions that have their length and their name, and nothing else. */
static JSShape *front_function_shape;

`,
  ],
];

/** Rows of ../edits.mjs. */
export const callEdits = [
  [
    "quickjs.c",
    "JS_CallInternal",
    `                ret_val = JS_CallInternal(ctx, call_argv[-1], JS_UNDEFINED,
                                          JS_UNDEFINED, call_argc, call_argv, 0);`,
    "                ret_val = front_call(ctx, call_argv[-1], JS_UNDEFINED, call_argc, call_argv);",
  ],
  [
    "quickjs.c",
    "JS_CallInternal",
    `                ret_val = JS_CallInternal(ctx, call_argv[-1], call_argv[-2],
                                          JS_UNDEFINED, call_argc, call_argv, 0);`,
    "                ret_val = front_call(ctx, call_argv[-1], call_argv[-2], call_argc, call_argv);",
  ],
  [
    "quickjs.c",
    "JS_CallInternal",
    "                val = JS_GetProperty(ctx, sp[-1], JS_ATOM_length);\n",
    `                if (JS_VALUE_GET_TAG(sp[-1]) == JS_TAG_STRING)
                    val = JS_NewInt32(ctx, JS_VALUE_GET_STRING(sp[-1])->len);
                else if (JS_VALUE_GET_TAG(sp[-1]) == JS_TAG_OBJECT && JS_VALUE_GET_OBJ(sp[-1])->class_id == JS_CLASS_ARRAY)
                    val = JS_DupValue(ctx, JS_VALUE_GET_OBJ(sp[-1])->prop[0].u.value);
                else
                    val = JS_GetProperty(ctx, sp[-1], JS_ATOM_length);
`,
  ],
  [
    "quickjs.c",
    "js_strict_eq_slow",
    "    res = js_strict_eq2(ctx, sp[-2], sp[-1], JS_EQ_STRICT);\n",
    `    int is_same = front_same(sp[-2], sp[-1]);
    if (is_same >= 0) {
        JS_FreeValue(ctx, sp[-2]);
        JS_FreeValue(ctx, sp[-1]);
        res = is_same;
    } else {
        res = js_strict_eq2(ctx, sp[-2], sp[-1], JS_EQ_STRICT);
    }
`,
  ],
  // A function of a call begins with the properties that all functions have.
  [
    "quickjs.c",
    "js_closure",
    "    func_obj = JS_NewObjectClass(ctx, func_kind_to_class_id[b->func_kind]);\n",
    `    BOOL is_usual = b->func_kind == JS_FUNC_NORMAL && front_function_shape;
    func_obj = is_usual ? JS_NewObjectFromShape(ctx, js_dup_shape(front_function_shape), JS_CLASS_BYTECODE_FUNCTION)
                        : JS_NewObjectClass(ctx, func_kind_to_class_id[b->func_kind]);
`,
  ],
  [
    "quickjs.c",
    "js_closure",
    "    func_obj = js_closure2(ctx, func_obj, b, cur_var_refs, sf);\n",
    `    if (is_usual) {
        JSProperty *props = JS_VALUE_GET_OBJ(func_obj)->prop;
        props[0].u.value = JS_NewInt32(ctx, b->defined_arg_count);
        props[1].u.value = JS_AtomToString(ctx, b->func_name == JS_ATOM_NULL ? JS_ATOM_empty_string : b->func_name);
    }
    func_obj = js_closure2(ctx, func_obj, b, cur_var_refs, sf);
`,
  ],
  [
    "quickjs.c",
    "js_closure",
    `    js_function_set_properties(ctx, func_obj, name_atom,
                               b->defined_arg_count);
`,
    `    if (!is_usual) {
        js_function_set_properties(ctx, func_obj, name_atom,
                                   b->defined_arg_count);
        if (b->func_kind == JS_FUNC_NORMAL && JS_VALUE_GET_OBJ(func_obj)->shape->is_hashed)
            front_function_shape = js_dup_shape(JS_VALUE_GET_OBJ(func_obj)->shape);
    }
`,
  ],
];
