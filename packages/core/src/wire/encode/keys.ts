// How many keys an object has. The native front counts without making the list: system/native/bytes/keys.ts.

/** How many own keys an object has that can be listed. */
export const countKeys = (object: object): number => Object.keys(object).length;
