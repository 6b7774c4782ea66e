// What is short in most calls is done at once, and what nobody asks for is left out.

/** Rows of ../edits.mjs. */
export const fastEdits = [
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
  // Nearly all properties that are defined are new ones of a plain object or a function.
  [
    "quickjs.c",
    "JS_DefinePropertyValue",
    "    int ret;\n",
    `    int ret;
    if (JS_VALUE_GET_TAG(this_obj) == JS_TAG_OBJECT && !(flags & ~(JS_PROP_C_W_E | JS_PROP_THROW))) {
        JSObject *p = JS_VALUE_GET_OBJ(this_obj);
        JSProperty *pr;
        if ((p->class_id == JS_CLASS_OBJECT || p->class_id == JS_CLASS_BYTECODE_FUNCTION) && p->extensible &&
            !p->is_exotic && !find_own_property(&pr, p, prop)) {
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
  // What is defined by a number is the next element of an array.
  [
    "quickjs.c",
    "JS_DefinePropertyValueValue",
    "    int ret;\n",
    `    int ret;
    if (JS_VALUE_GET_TAG(prop) == JS_TAG_INT && JS_VALUE_GET_TAG(this_obj) == JS_TAG_OBJECT &&
        (flags & ~JS_PROP_THROW) == JS_PROP_C_W_E) {
        JSObject *p = JS_VALUE_GET_OBJ(this_obj);
        if (p->class_id == JS_CLASS_ARRAY && p->fast_array && p->extensible &&
            (uint32_t)JS_VALUE_GET_INT(prop) == p->u.array.count)
            return add_fast_array_element(ctx, p, val, flags);
    }
`,
  ],
  // An array of a call grows to eight elements at once.
  [
    "quickjs.c",
    "expand_fast_array",
    "new_size = max_int(new_len, p->u.array.u1.size * 3 / 2);",
    "new_size = max_int(front_image_end != 0 && new_len < 8 ? 8 : new_len, p->u.array.u1.size * 3 / 2);",
  ],
  // The next element of an array that has it is no property to be looked for.
  [
    "quickjs.c",
    "js_array_iterator_next",
    "    p = JS_VALUE_GET_OBJ(it->obj);\n",
    `    p = JS_VALUE_GET_OBJ(it->obj);
    if (p->class_id == JS_CLASS_ARRAY && it->kind == JS_ITERATOR_KIND_VALUE && it->idx < p->u.array.count) {
        *pdone = FALSE;
        return JS_DupValue(ctx, p->u.array.u.values[it->idx++]);
    }
`,
  ],
  // An object of a call that has more than two properties gets room for eight at once. Those of the image have no more than they need.
  [
    "quickjs.c",
    "resize_properties",
    "new_size = max_int(count, sh->prop_size * 3 / 2);",
    "new_size = max_int((front_image_end != 0 || front_is_warming) && count < 8 ? 8 : count, sh->prop_size * 3 / 2);",
  ],
  // The program prints no stack of an error, and many errors only say that a file is missing. While the image is made, there are stacks.
  [
    "quickjs.c",
    "build_backtrace",
    "    js_dbuf_init(ctx, &dbuf);",
    "    if (front_image_end != 0)\n        return;\n    js_dbuf_init(ctx, &dbuf);",
  ],
];
