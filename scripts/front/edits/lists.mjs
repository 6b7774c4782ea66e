// Arrays and texts that are made of others. Each edit does the usual case at once; all else goes the engine's own way.

/** Functions that are put before another one: file, function, text. */
export const listInsertions = [
  [
    "quickjs.c",
    "JS_ArraySpeciesCreate",
    `/* Whether an array is of the constructor Array, which makes arrays of its own kind: nobody has changed either. */
static BOOL front_makes_arrays(JSContext *ctx, JSValueConst obj)
{
    JSProperty *pr;
    JSShapeProperty *prs;

    if (JS_VALUE_GET_TAG(obj) != JS_TAG_OBJECT || JS_VALUE_GET_OBJ(obj)->class_id != JS_CLASS_ARRAY ||
        JS_VALUE_GET_OBJ(obj)->shape != ctx->array_shape)
        return FALSE;
    prs = find_own_property(&pr, JS_VALUE_GET_OBJ(ctx->class_proto[JS_CLASS_ARRAY]), JS_ATOM_constructor);
    if (!prs || (prs->flags & JS_PROP_TMASK) || JS_VALUE_GET_TAG(pr->u.value) != JS_TAG_OBJECT ||
        JS_VALUE_GET_OBJ(pr->u.value) != JS_VALUE_GET_OBJ(ctx->array_ctor))
        return FALSE;
    prs = find_own_property(&pr, JS_VALUE_GET_OBJ(ctx->array_ctor), JS_ATOM_Symbol_species);
    return prs && (prs->flags & JS_PROP_TMASK) == JS_PROP_GETSET && pr->u.getset.getter &&
           JS_IsCFunction(ctx, JS_MKPTR(JS_TAG_OBJECT, pr->u.getset.getter), (JSCFunction *)js_get_this, 0);
}

`,
  ],
  [
    "quickjs.c",
    "js_string_concat",
    `/* Short texts and whole numbers as one text; undefined for other values. */
static JSValue front_concat(JSContext *ctx, JSValueConst first, int argc, JSValueConst *argv)
{
    char digits[16];
    JSString *str;
    uint8_t *to;
    size_t size = 0;

    for (int i = -1; i < argc; i++) {
        JSValueConst value = i < 0 ? first : argv[i];
        if (JS_VALUE_GET_TAG(value) == JS_TAG_STRING && !JS_VALUE_GET_STRING(value)->is_wide_char)
            size += JS_VALUE_GET_STRING(value)->len;
        else if (i >= 0 && JS_VALUE_GET_TAG(value) == JS_TAG_INT)
            size += i32toa(digits, JS_VALUE_GET_INT(value));
        else
            return JS_UNDEFINED;
        if (size > JS_STRING_ROPE_SHORT_LEN)
            return JS_UNDEFINED;
    }
    if (size == 0)
        return JS_AtomToString(ctx, JS_ATOM_empty_string);
    str = js_alloc_string(ctx, size, 0);
    if (!str)
        return JS_EXCEPTION;
    to = str->u.str8;
    for (int i = -1; i < argc; i++) {
        JSValueConst value = i < 0 ? first : argv[i];
        if (JS_VALUE_GET_TAG(value) == JS_TAG_INT) {
            size = i32toa(digits, JS_VALUE_GET_INT(value));
            memcpy(to, digits, size);
            to += size;
        } else {
            memcpy(to, JS_VALUE_GET_STRING(value)->u.str8, JS_VALUE_GET_STRING(value)->len);
            to += JS_VALUE_GET_STRING(value)->len;
        }
    }
    *to = 0;
    return JS_MKPTR(JS_TAG_STRING, str);
}

`,
  ],
];

/** Rows of ../edits.mjs. */
export const listEdits = [
  // What map, filter and slice make of an array of the constructor Array is an array.
  [
    "quickjs.c",
    "JS_ArraySpeciesCreate",
    "    res = JS_IsArray(ctx, obj);\n",
    `    if (JS_VALUE_GET_TAG(len_val) == JS_TAG_INT && JS_VALUE_GET_INT(len_val) >= 0 && front_makes_arrays(ctx, obj)) {
        ret = JS_NewArray(ctx);
        if (!JS_IsException(ret))
            JS_VALUE_GET_OBJ(ret)->prop[0].u.value = JS_NewInt32(ctx, JS_VALUE_GET_INT(len_val));
        return ret;
    }
    res = JS_IsArray(ctx, obj);
`,
  ],
  // An array is spread without an iterator, if iterators of arrays are the engine's.
  [
    "quickjs.c",
    "js_append_enumerate",
    "    enumobj = JS_GetIterator(ctx, sp[-1], FALSE);\n",
    `    if (is_array_iterator && js_get_fast_array(ctx, sp[-1], &arrp, &count32)) {
        JSValueConst length = JS_VALUE_GET_OBJ(sp[-1])->prop[0].u.value;
        method = JS_GetProperty(ctx, ctx->class_proto[JS_CLASS_ARRAY_ITERATOR], JS_ATOM_next);
        if (JS_IsException(method))
            return -1;
        is_array_iterator = JS_IsCFunction(ctx, method, (JSCFunction *)js_array_iterator_next, 0);
        JS_FreeValue(ctx, method);
        if (is_array_iterator && JS_VALUE_GET_TAG(length) == JS_TAG_INT && JS_VALUE_GET_INT(length) == count32) {
            for (i = 0; i < count32; i++) {
                if (JS_DefinePropertyValueUint32(ctx, sp[-3], pos++, JS_DupValue(ctx, arrp[i]), JS_PROP_C_W_E) < 0)
                    return -1;
            }
            sp[-2] = JS_NewInt32(ctx, pos);
            return 0;
        }
    }
    enumobj = JS_GetIterator(ctx, sp[-1], FALSE);
`,
  ],
  // The next element of an array is put behind the last, and the length follows.
  [
    "quickjs.c",
    "js_array_push",
    "    obj = JS_ToObject(ctx, this_val);\n",
    `    if (!unshift && argc > 0 && JS_VALUE_GET_TAG(this_val) == JS_TAG_OBJECT) {
        JSObject *p = JS_VALUE_GET_OBJ(this_val);
        if (p->class_id == JS_CLASS_ARRAY && p->fast_array && p->extensible &&
            JS_VALUE_GET_TAG(p->prop[0].u.value) == JS_TAG_INT && JS_VALUE_GET_INT(p->prop[0].u.value) == p->u.array.count &&
            p->u.array.count < INT32_MAX - argc) {
            len = p->u.array.count;
            for (i = 0; i < argc; i++) {
                if (JS_SetPropertyValue(ctx, this_val, JS_NewInt32(ctx, len + i), JS_DupValue(ctx, argv[i]), JS_PROP_THROW) < 0)
                    return JS_EXCEPTION;
            }
            if (!p->fast_array || JS_VALUE_GET_TAG(p->prop[0].u.value) != JS_TAG_INT ||
                JS_VALUE_GET_INT(p->prop[0].u.value) != len + argc) {
                if (JS_SetProperty(ctx, this_val, JS_ATOM_length, JS_NewInt64(ctx, len + argc)) < 0)
                    return JS_EXCEPTION;
            }
            return JS_NewInt64(ctx, len + argc);
        }
    }
    obj = JS_ToObject(ctx, this_val);
`,
  ],
  // The pieces of a template are put together at once.
  [
    "quickjs.c",
    "js_string_concat",
    "    r = JS_ToStringCheckObject(ctx, this_val);\n",
    `    r = front_concat(ctx, this_val, argc, argv);
    if (!JS_IsUndefined(r))
        return r;
    r = JS_ToStringCheckObject(ctx, this_val);
`,
  ],
];
