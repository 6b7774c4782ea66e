// The objects of the image are never counted and never freed, and none of them counts as unshared.

/** Rows of ../edits.mjs. */
export const imageEdits = [
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
    "if (!image(sh) && !(front_is_warming && sh->prop_count <= 8 && sh->is_hashed && sh->header.ref_count == 1) && unlikely(--sh->header.ref_count <= 0))",
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
    "} else if (image(sh) || sh->header.ref_count != 1 || (front_is_warming && sh->prop_count < 8)) {",
  ],
  [
    "quickjs.c",
    "js_shape_prepare_update",
    "if (sh->header.ref_count != 1)",
    "if (image(sh) || sh->header.ref_count != 1)",
  ],
  // Collecting cycles: the image is not looked at, and all that it refers to is alive.
  ["quickjs.c", "gc_decref_child", "assert(p->ref_count > 0);", "if (image(p)) return;\n    assert(p->ref_count > 0);"],
  ["quickjs.c", "gc_scan_incref_child", "p->ref_count++;", "if (image(p)) return;\n    p->ref_count++;"],
  ["quickjs.c", "gc_scan_incref_child2", "p->ref_count++;", "if (image(p)) return;\n    p->ref_count++;"],
];
