/**
 * What these schemas refuse and the official JSON Schemas accept, by name, with the reason.
 * An issue that comes from one of them carries the name in `rule`.
 */
export const extraRules = {
  "oci-version": "only versions 1.x are understood: another major one could mean something else by a field",
  "no-nul": "the kernel ends a string at NUL, so the rest would be dropped silently",
  "no-lone-surrogate": "an unpaired surrogate has no UTF-8 form, so the kernel would be given another string",
  "absolute-path": "the spec's prose says MUST be absolute, and a relative one would depend on the working directory",
  "exact-integer": "beyond 64 bits, or written with a fraction or exponent beyond 2^53: the exact value is unknown",
  "safe-integer": "the field is small by nature (device numbers, sizes, seconds), so it is a number, at most 2^53 - 1",
  "map-key": 'an empty key is forbidden by the prose, and "__proto__" is not a name anyone needs',
  "newer-field": "fields of the 1.3 prose that its JSON Schema forgot have the type of the prose",
} as const;

/** The name of a rule in `extraRules`. */
export type ExtraRule = keyof typeof extraRules;

/**
 * What these schemas accept and the official JSON Schemas refuse, by name, with the reason.
 */
export const relaxedRules = {
  "file-mode-type-bits":
    "engines copy st_mode whole, with the file type in it; all but the permission bits are cut off, as in runc",
  "null-is-absent": "null for an optional property asks for nothing, as it does for programs in Go and C",
  "empty-is-absent": "as null: an empty rootfsPropagation",
  "recursive-propagation": "engines write rprivate, rslave and the like, which runc and crun take as rootfsPropagation",
  "pids-without-limit": "`pids` without its `limit` asks for nothing, as runc and crun read it",
} as const;

/** The name of a rule in `relaxedRules`. */
export type RelaxedRule = keyof typeof relaxedRules;
