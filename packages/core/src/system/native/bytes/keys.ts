// The engine knows how many properties an object has. No object of a plan has one that cannot be listed.

/** How many own keys an object has. */
export const countKeys = (object: object): number => host.countKeys(object);
