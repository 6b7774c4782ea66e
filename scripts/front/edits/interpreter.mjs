// The interpreter does the usual case of an instruction where it stands: a property that needs no call, an element of an array, two
// texts that are compared. All else goes the engine's own way, as before.

/** Functions that are put before another one: file, function, text. */
export const insertions = [
  [
    "quickjs.c",
    "JS_CallInternal",
    `/* The value of a property that is found without a call: the object's own, or that of a prototype. */
static force_inline BOOL front_find_value(JSContext *ctx, JSValueConst obj, JSAtom atom, JSValue *ret_value)
{
    JSObject *p;
    JSProperty *pr;
    JSShapeProperty *prs;

    if (likely(JS_VALUE_GET_TAG(obj) == JS_TAG_OBJECT))
        p = JS_VALUE_GET_OBJ(obj);
    else if (JS_VALUE_GET_TAG(obj) == JS_TAG_STRING && atom != JS_ATOM_length && !__JS_AtomIsTaggedInt(atom))
        p = JS_VALUE_GET_OBJ(ctx->class_proto[JS_CLASS_STRING]);
    else
        return FALSE;
    for (;;) {
        prs = find_own_property(&pr, p, atom);
        if (prs) {
            if (unlikely(prs->flags & JS_PROP_TMASK))
                return FALSE;
            *ret_value = JS_DupValue(ctx, pr->u.value);
            return TRUE;
        }
        if (unlikely(p->is_exotic) && (p->class_id != JS_CLASS_ARRAY || __JS_AtomIsTaggedInt(atom)))
            return FALSE;
        p = p->shape->proto;
        if (!p) {
            *ret_value = JS_UNDEFINED;
            return TRUE;
        }
    }
}

/* An element of an array that has it, or a value by a name that is known to all: a number is no such name. */
static force_inline BOOL front_find_element(JSContext *ctx, JSValueConst obj, JSValue index, JSValue *ret_value)
{
    JSObject *p;
    uint32_t at;

    if (JS_VALUE_GET_TAG(obj) != JS_TAG_OBJECT)
        return FALSE;
    if (JS_VALUE_GET_TAG(index) == JS_TAG_STRING) {
        JSString *name = JS_VALUE_GET_STRING(index);
        if (name->atom_type != JS_ATOM_TYPE_STRING ||
            !front_find_value(ctx, obj, js_get_atom_index(ctx->rt, name), ret_value))
            return FALSE;
        JS_FreeValue(ctx, index);
        return TRUE;
    }
    if (JS_VALUE_GET_TAG(index) != JS_TAG_INT)
        return FALSE;
    p = JS_VALUE_GET_OBJ(obj);
    at = JS_VALUE_GET_INT(index);
    if (p->class_id != JS_CLASS_ARRAY || at >= p->u.array.count)
        return FALSE;
    *ret_value = JS_DupValue(ctx, p->u.array.u.values[at]);
    return TRUE;
}

/* Whether two texts are the same: both are given up. */
static force_inline BOOL front_same_text(JSContext *ctx, JSValue left, JSValue right)
{
    JSString *p1 = JS_VALUE_GET_STRING(left), *p2 = JS_VALUE_GET_STRING(right);
    BOOL is_same = p1 == p2 || (p1->len == p2->len && js_string_memcmp(p1, 0, p2, 0, p1->len) == 0);

    JS_FreeValue(ctx, left);
    JS_FreeValue(ctx, right);
    return is_same;
}

`,
  ],
];

/** The case of a comparison whose result is negated or not. */
const compare = (code, isNegated) => [
  "quickjs.c",
  "JS_CallInternal",
  `            OP_CMP(${code}, ${isNegated ? "!=" : "=="}, js_strict_eq_slow(ctx, sp, ${isNegated ? 1 : 0}));\n`,
  `        CASE(${code}):
            if (JS_VALUE_IS_BOTH_INT(sp[-2], sp[-1])) {
                sp[-2] = JS_NewBool(ctx, (JS_VALUE_GET_INT(sp[-2]) == JS_VALUE_GET_INT(sp[-1])) ^ ${isNegated ? 1 : 0});
            } else if (JS_VALUE_GET_TAG(sp[-2]) == JS_TAG_STRING && JS_VALUE_GET_TAG(sp[-1]) == JS_TAG_STRING) {
                sp[-2] = JS_NewBool(ctx, front_same_text(ctx, sp[-2], sp[-1]) ^ ${isNegated ? 1 : 0});
            } else {
                sf->cur_pc = pc;
                js_strict_eq_slow(ctx, sp, ${isNegated ? 1 : 0});
            }
            sp--;
            BREAK;
`,
];

/** The case of an instruction that reads a property: what it does with the value, and the instruction behind it in the source. */
const read = (uses, next) => {
  const rest = `                ${uses}
            }
            BREAK;

        CASE(${next}):`;
  return [
    "quickjs.c",
    "JS_CallInternal",
    `                val = JS_GetProperty(ctx, sp[-1], atom);
                if (unlikely(JS_IsException(val)))
                    goto exception;
${rest}`,
    `                if (unlikely(!front_find_value(ctx, sp[-1], atom, &val))) {
                    val = JS_GetProperty(ctx, sp[-1], atom);
                    if (unlikely(JS_IsException(val)))
                        goto exception;
                }
${rest}`,
  ];
};

/** Rows of ../edits.mjs. */
export const interpreterEdits = [
  read("JS_FreeValue(ctx, sp[-1]);\n                sp[-1] = val;", "OP_get_field2"),
  read("*sp++ = val;", "OP_put_field"),
  [
    "quickjs.c",
    "JS_CallInternal",
    `                val = JS_GetPropertyValue(ctx, sp[-2], sp[-1]);
                JS_FreeValue(ctx, sp[-2]);
                sp[-2] = val;
                sp--;
                if (unlikely(JS_IsException(val)))
                    goto exception;`,
    `                if (!front_find_element(ctx, sp[-2], sp[-1], &val))
                    val = JS_GetPropertyValue(ctx, sp[-2], sp[-1]);
                JS_FreeValue(ctx, sp[-2]);
                sp[-2] = val;
                sp--;
                if (unlikely(JS_IsException(val)))
                    goto exception;`,
  ],
  [
    "quickjs.c",
    "JS_CallInternal",
    `        CASE(OP_post_dec):
            sf->cur_pc = pc;`,
    `        CASE(OP_post_dec):
            if (JS_VALUE_GET_TAG(sp[-1]) == JS_TAG_INT && JS_VALUE_GET_INT(sp[-1]) > INT32_MIN && JS_VALUE_GET_INT(sp[-1]) < INT32_MAX) {
                sp[0] = JS_NewInt32(ctx, JS_VALUE_GET_INT(sp[-1]) + (opcode == OP_post_inc ? 1 : -1));
                sp++;
                BREAK;
            }
            sf->cur_pc = pc;`,
  ],
  [
    "quickjs.c",
    "JS_CallInternal",
    "            *sp++ = JS_AtomToValue(ctx, get_u32(pc));\n            pc += 4;\n            BREAK;\n        CASE(OP_undefined):",
    `            {
                JSAtom atom = get_u32(pc);
                JSAtomStruct *p = __JS_AtomIsTaggedInt(atom) ? NULL : ctx->rt->atom_array[atom];
                if (p && p->atom_type == JS_ATOM_TYPE_STRING)
                    *sp++ = JS_DupValue(ctx, JS_MKPTR(JS_TAG_STRING, p));
                else
                    *sp++ = JS_AtomToValue(ctx, atom);
            }
            pc += 4;
            BREAK;
        CASE(OP_undefined):`,
  ],
  compare("OP_strict_eq", false),
  compare("OP_strict_neq", true),
];
